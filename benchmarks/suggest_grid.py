"""The measurements behind TrainConfig.suggest: held-out loss over learning rate and epoch, on SmolLM2-135M and examples/dataset.jsonl.

    .venv/bin/python benchmarks/suggest_grid.py [--seeds 2] > grid.txt

A quarter of the examples is held out, a different one for each seed; off-task text (general knowledge, arithmetic, a story) shows what is
forgotten. Results and the rule drawn from them: docs/suggest.md.
"""

import argparse
import statistics
import time

import pmtune as pm

OFF_TASK = [
    ("What is the capital of France?", "The capital of France is Paris."),
    ("What is 12 times 8?", "12 times 8 is 96."),
    ("Explain photosynthesis in one sentence.", "Photosynthesis is how plants use sunlight, water and carbon dioxide to make sugar and oxygen."),
    ("Tell me a short story about a fox.", "A fox lived at the edge of a forest. One winter it shared its den with a lost hare, and in spring they parted as friends."),
    ("Write a Python function that adds two numbers.", "def add(a, b):\n    return a + b"),
]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--rates", type=float, nargs="+", default=[2e-4, 5e-4, 1e-3, 2e-3])
    arguments = parser.parse_args()
    data = pm.Dataset.load("examples/dataset.jsonl")
    base = pm.Model.load(pm.fetch("smollm2-135m-instruct"))
    off_task = pm.Dataset.from_list([{"messages": [{"role": "user", "content": q}, {"role": "assistant", "content": a}]} for q, a in OFF_TASK])
    before = base.loss(off_task)
    print(f"{len(data)} examples, batch 4, rank 16, {arguments.seeds} seeds; off-task loss of the base {before:.2f}")
    for rate in arguments.rates:
        courses, forgotten, start = [], [], time.time()
        for seed in range(arguments.seeds):
            config = pm.TrainConfig(learning_rate=rate, epochs=arguments.epochs, validation=0.25, seed=seed, keep_best=False, schedule="cosine")
            result = pm.LoraTrainer(base, config).train(data, progress=None)
            courses.append([p["validation_loss"] for p in result.history if p["event"] in ("started", "epoch")])
            forgotten.append(result.model.loss(off_task))
        course = " ".join(f"{statistics.mean(points):.3f}" for points in zip(*courses))
        print(f"rate {rate:.0e}: held-out loss before and after each epoch {course}; off-task after {statistics.mean(forgotten):.2f}; {time.time() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
