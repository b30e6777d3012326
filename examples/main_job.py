"""The whole job in Python: check the examples, train, compare with the base model, register the result, ask it.

    python examples/main_job.py [DATASET [MODEL [REGISTRY]]]
"""

import sys

import pmtune as pm

QUESTION = "Explain the difference between OKRs and KPIs"


def main(dataset: str = "examples/dataset.jsonl", model: str | None = None, registry: str = "models",
         suite: str = "product-management") -> int:
    check = pm.Dataset.check(dataset)
    print(check)
    if not check.ok:
        return 1
    data = pm.Dataset.load(dataset)

    base = pm.Model.load(model or pm.fetch("smollm2-135m-instruct"))
    print(base)

    config = pm.TrainConfig.suggest(base, data, "balanced", name="PM-Assistant")
    print(config.suggestion)
    trainer = pm.LoraTrainer(base, config)
    print(trainer.plan(data))

    result = trainer.train(data, progress=True)
    for finding in result.diagnosis:
        print(finding["message"], finding["fix"])

    report = pm.Evaluator(suite).compare(base, result.model, progress=True)
    print(report.verdict.sentence)
    report.save_html("report.html")

    store = pm.ModelRegistry(registry)
    version = store.add(result, report=report, notes="first version")
    store.set_alias("primary", version)
    print(version)
    print(store.open(f"{version.name}@primary").chat(QUESTION))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:5]))
    except pm.Error as error:
        sys.exit(f"main_job: {error}")
