"""The plan against what happened: peak memory and time, over a grid of configurations, each in a process of its own.

    python benchmarks/plan_grid.py [--quick]

Prints predicted, measured and their ratio. The promise is 10 % for memory. Needs the build tree (PMTUNE_BUILD) or an
installed pmtune.
"""

import argparse
import json
import os
import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks" / "peers"))
from train_vs_peft import measure, smollm2  # noqa: E402

BASE = dict(weights="bf16", rank=16, batch_size=4, recompute="none", micro_batch_tokens=0, words=200, examples=24, validation=0.1)
GRID = [
    {},
    {"rank": 64},
    {"rank": 4, "target_modules": ["q_proj", "v_proj"]},
    {"weights": "f32"},
    {"weights": "file"},
    {"recompute": "full"},
    {"batch_size": 1},
    {"batch_size": 16, "micro_batch_tokens": 4096},
    {"micro_batch_tokens": 256},
    {"words": 1200, "examples": 8},
    {"words": 1200, "examples": 8, "recompute": "full", "weights": "f32"},
    {"words": 60, "examples": 48, "batch_size": 8, "weights": "file", "recompute": "full", "rank": 32},
]


def make_data(path, words, examples, even=False):
    """Chat examples of about `words` words, 60 % to 140 % of it unless even."""
    source = [json.loads(line)["messages"] for line in open(ROOT / "examples" / "dataset.jsonl", encoding="utf-8")]
    text = " ".join(m["content"] for messages in source for m in messages).split()
    with open(path, "w", encoding="utf-8") as file:
        for i in range(examples):
            size = words if even else max(20, words * (60 + (37 * i) % 81) // 100)
            part = [text[(i * 53 + j) % len(text)] for j in range(size)]
            messages = [{"role": "user", "content": " ".join(part[: size // 3])}, {"role": "assistant", "content": " ".join(part[size // 3 :])}]
            file.write(json.dumps({"messages": messages}) + "\n")


def run_one(options):
    import resource

    import pmtune as pm

    options = dict(options)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "data.jsonl")
        make_data(path, options.pop("words"), options.pop("examples"))
        model = pm.Model.load(smollm2(), weights=options.pop("weights"))
        data = pm.Dataset.load(path)
        trainer = pm.LoraTrainer(model, pm.TrainConfig(epochs=2, **options))
        plan = trainer.plan(data)
        result = trainer.train(data, progress=None)
    print(json.dumps({"plan": plan.peak_memory, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
                      "plan_seconds": plan.seconds, "seconds": result.metrics["seconds"], "tokens": plan.micro_batch_tokens}))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="three of the twelve")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        return run_one(json.loads(arguments.one))
    print(f"{'peak memory: plan':>18} {'measured':>9} {'ratio':>6} | {'time: plan':>10} {'measured':>9} {'ratio':>6} | tokens at once | changed from the base")
    ratios, times = [], []
    for changes in GRID[::5] if arguments.quick else GRID:
        one = measure([sys.executable, __file__, "--one", json.dumps({**BASE, **changes})])
        ratios.append(one["plan"] / one["peak"])
        times.append(one["plan_seconds"] / one["seconds"])
        print(f"{one['plan'] / 1e6:>15.0f} MB {one['peak'] / 1e6:>6.0f} MB {ratios[-1]:>6.3f} | {one['plan_seconds']:>8.1f} s {one['seconds']:>7.1f} s {times[-1]:>6.2f} | "
              f"{one['tokens']:>14} | {json.dumps(changes)}", flush=True)
    print(f"peak memory: the plan is {min(ratios):.3f} to {max(ratios):.3f} of what was measured; time {min(times):.2f} to {max(times):.2f}")


if __name__ == "__main__":
    main()
