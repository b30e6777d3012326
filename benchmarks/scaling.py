"""How time and memory grow: with the number of examples (they should not), and with their length (by the attention
formula only).

    python benchmarks/scaling.py

Each line is a run in a process of its own. Needs the build tree (PMTUNE_BUILD) or an installed pmtune.
"""

import json
import os
import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks" / "peers"))
from train_vs_peft import FROZEN_FLOPS_PER_TOKEN, measure  # noqa: E402

HEADS, HEAD_DIM, LAYERS = 9, 64, 30  # SmolLM2-135M


def run_one(examples, words, batch_size):
    import resource

    import pmtune as pm
    from plan_grid import make_data
    from train_vs_peft import smollm2

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "data.jsonl")
        make_data(path, words, examples, even=True)
        model = pm.Model.load(smollm2(), weights="bf16")
        data = pm.Dataset.load(path)
        config = pm.TrainConfig(epochs=1, batch_size=batch_size, validation=0, context_length=8192, micro_batch_tokens=1024)
        plan = pm.LoraTrainer(model, config).plan(data)
        pm.LoraTrainer(model, config).train(pm.Dataset.from_list(list(data)[:batch_size]), progress=None)  # warms up
        result = pm.LoraTrainer(model, config).train(data, progress=None)
    print(json.dumps({"tokens": plan.tokens_per_epoch / examples, "speed": result.metrics["tokens_per_second"],
                      "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, "plan": plan.peak_memory}))


def main():
    if len(sys.argv) > 1:
        return run_one(*map(int, sys.argv[1:]))
    print("examples of about 60 tokens, 8 a step")
    few = None
    for examples in (20, 200, 2000):
        one = measure([sys.executable, __file__, str(examples), "40", "8"])
        few = few or one
        print(f"  {examples:>5} examples: {one['speed']:.0f} tokens/s ({one['speed'] / few['speed']:.2f}), peak {one['peak'] / 1e6:.0f} MB", flush=True)
    print("one example a step; expected: the time of 512 tokens, with attention growing as the length does")
    short = None
    for words in (360, 720, 1440, 2880):
        one = measure([sys.executable, __file__, "6", str(words), "1"])
        short = short or one
        # Causal attention: 4 * length / 2 a head dimension forward, 2.5 times that backward.
        work = [FROZEN_FLOPS_PER_TOKEN + 3.5 * 2 * r["tokens"] * HEADS * HEAD_DIM * LAYERS for r in (short, one)]
        expected = short["speed"] * work[0] / work[1]
        print(f"  {one['tokens']:>5.0f} tokens: {one['speed']:.0f} tokens/s, {one['speed'] / expected:.2f} of what the formula expects; "
              f"peak {one['peak'] / 1e6:.0f} MB, planned {one['plan'] / 1e6:.0f} MB", flush=True)


if __name__ == "__main__":
    main()
