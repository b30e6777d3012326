"""Writing an answer with a model of Phi-3-mini's size in Q4_0, against what the memory can deliver: each token reads all
weights once, so tokens/s times their bytes is at most the bandwidth.

    python benchmarks/decode_bandwidth.py [--threads 2] [--rounds 5] [--model FILE]

The bandwidth is measured in the same run, turn about: the best rate at which all threads together read a gigabyte."""

import argparse
import multiprocessing
import os
import statistics
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "peers"))
from phi3_shape import make_model  # noqa: E402

TOKENS = 24


def make_elsewhere(path):
    """In a process of its own, whose memory is not ours."""
    maker = multiprocessing.get_context("spawn").Process(target=make_model, args=(path,))
    maker.start()
    maker.join()
    assert maker.exitcode == 0


def read_rate(torch, numbers):
    start = time.perf_counter()
    numbers.sum()
    return numbers.nbytes / (time.perf_counter() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--model", help="a GGUF to use instead of the random one")
    arguments = parser.parse_args()

    import pmtune as pm
    import resource
    import torch

    torch.set_num_threads(arguments.threads)
    pm.set_threads(arguments.threads)
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.model or os.path.join(folder, "phi3-size.gguf")
        if not arguments.model:
            make_elsewhere(path)
        start = time.perf_counter()
        model = pm.Model.load(path, weights="file")
        engine = pm.Engine(model, batch_size=1, context_length=512, speculation=False)
        engine.generate_ids(model, list(range(10, 20)), max_tokens=2, min_tokens=2)
        print(f"loaded and laid out in {time.perf_counter() - start:.1f} s; {engine.stats()['kernels']} kernels, {arguments.threads} threads")
        read = os.path.getsize(path)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        numbers = torch.ones(1 << 28)
        speeds, rates = [], []
        for _ in range(arguments.rounds):
            answer = engine.generate_ids(model, list(range(10, 20)), max_tokens=TOKENS + 1, min_tokens=TOKENS + 1)
            speeds.append(TOKENS / (answer.seconds - answer.prompt_seconds))
            rates.append(max(read_rate(torch, numbers) for _ in range(3)))
        prompt = engine.generate_ids(model, [(i * 7919) % 40000 for i in range(256)], max_tokens=1)
    used = [speed * read / rate for speed, rate in zip(speeds, rates)]
    print(f"{read / 1e9:.2f} GB of weights: {max(speeds):.2f} tokens/s; memory delivers {max(rates) / 1e9:.1f} GB/s; {100 * statistics.median(used):.0f} % of it used (from {100 * min(used):.0f} to {100 * max(used):.0f})")
    print(f"reading a prompt of 256 tokens: {256 / prompt.prompt_seconds:.0f} tokens/s; peak memory of the process {peak:.2f} GB")


if __name__ == "__main__":
    sys.exit(main())
