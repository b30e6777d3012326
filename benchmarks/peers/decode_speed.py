"""Writing answers beside llama.cpp (llama-cpp-python): the same GGUF, the same tokens, the same threads, turn about in one run.

    python benchmarks/peers/decode_speed.py MODEL.gguf [--threads 2] [--rounds 5] [--llama VENV/bin/python]

Prints the tokens a second of reading a prompt and of writing an answer, each as the best of all rounds and the ratios of
the rounds; what four conversations at once gain over one; and the time to the first token of a prompt that is known."""

import argparse
import json
import statistics
import subprocess
import sys
import threading
import time

PROMPT, ANSWER = 512, 96

LLAMA = """
import json, sys, time
import llama_cpp
from llama_cpp import Llama
if len(sys.argv) > 5 and sys.argv[5] == "plain":  # where its buffers for AMX crash
    defaults = llama_cpp.llama_model_default_params
    def without_extra_buffers():
        parameters = defaults()
        parameters.use_extra_bufts = False
        return parameters
    llama_cpp.llama_cpp.llama_model_default_params = llama_cpp.llama_model_default_params = without_extra_buffers
path, threads, ids, answer = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3]), int(sys.argv[4])
llama = Llama(path, n_ctx=2048, n_batch=512, n_ubatch=512, n_threads=threads, n_threads_batch=threads, verbose=False, logits_all=False)
def once():
    llama.reset()
    start = time.perf_counter()
    llama.eval(ids)
    read = time.perf_counter()
    token = ids[0]
    for _ in range(answer):
        llama.eval([token])
        token = (token * 31 + 7) % 40000
    return len(ids) / (read - start), answer / (time.perf_counter() - read)
print("ready", flush=True)
for line in sys.stdin:
    print(json.dumps(once()), flush=True)
"""


class Llama:
    def __init__(self, python, model, threads, ids, plain):
        self.process = subprocess.Popen([python, "-c", LLAMA, model, str(threads), json.dumps(ids), str(ANSWER), "plain" if plain else ""], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline().strip() == "ready", "llama-cpp-python does not start"

    def once(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def once(pm, model, ids):
    """(tokens a second of reading, of writing), without guesses and without what was kept."""
    engine = pm.Engine(model, batch_size=1, speculation=False, context_length=2048)
    answer = engine.generate_ids(model, ids, max_tokens=ANSWER + 1, min_tokens=ANSWER + 1)
    return len(ids) / answer.prompt_seconds, ANSWER / (answer.seconds - answer.prompt_seconds)


def throughput(pm, model, prompts):
    """Tokens a second of all these answers, written at the same time."""
    engine = pm.Engine(model, batch_size=max(1, len(prompts)), speculation=False, context_length=2048)
    spans = [None] * len(prompts)

    def ask(i):
        began = []
        engine.generate_ids(model, prompts[i], max_tokens=ANSWER + 1, min_tokens=ANSWER + 1, on_token=lambda _: began.append(time.perf_counter()))
        spans[i] = (began[0], began[-1])

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(len(prompts))]
    [t.start() for t in threads]
    [t.join() for t in threads]
    return len(prompts) * ANSWER / (max(end for _, end in spans) - min(begin for begin, _ in spans))


def first_token(pm, model, ids):
    """Milliseconds to the first token of a prompt: new, and known."""
    engine = pm.Engine(model, batch_size=1, context_length=2048)
    return [1000 * engine.generate_ids(model, ids, max_tokens=1).prompt_seconds for _ in range(2)]


def spread(values):
    return f"{statistics.median(values):.2f} (from {min(values):.2f} to {max(values):.2f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--llama", help="a Python that has llama-cpp-python; without one, no peer")
    parser.add_argument("--llama-plain", action="store_true", help="llama.cpp without its extra buffers (AMX, repacked weights)")
    arguments = parser.parse_args()

    import pmtune as pm

    pm.set_threads(arguments.threads)
    model = pm.Model.load(arguments.model, weights="file")
    ids = [(i * 7919 + 13) % (model.info.vocabulary - 1000) for i in range(PROMPT)]
    print(pm.Engine(model).stats()["kernels"], "kernels,", arguments.threads, "threads;", model.info)
    llama = Llama(arguments.llama, arguments.model, arguments.threads, ids, arguments.llama_plain) if arguments.llama else None
    ours, theirs = [], []
    once(pm, model, ids)
    if llama:
        llama.once()
    for _ in range(arguments.rounds):
        ours.append(once(pm, model, ids))
        if llama:
            theirs.append(llama.once())
    for at, what in ((0, f"reading {PROMPT} tokens"), (1, f"writing {ANSWER} tokens")):
        line = f"{what}: {max(o[at] for o in ours):.0f} tokens/s"
        if llama:
            line += f", llama.cpp {max(t[at] for t in theirs):.0f}; ratio {spread([o[at] / t[at] for o, t in zip(ours, theirs)])}"
        print(line)
    gains = []
    for _ in range(arguments.rounds):
        alone = throughput(pm, model, [ids[:64]])
        gains.append(throughput(pm, model, [ids[i : i + 64] for i in range(4)]) / alone)
    print(f"four answers at once: {spread(gains)} times the tokens/s of one")
    times = [first_token(pm, model, ids[:200]) for _ in range(arguments.rounds)]
    print(f"first token of a prompt of 200 tokens: {min(t[0] for t in times):.0f} ms when new, {min(t[1] for t in times):.0f} ms when known")


if __name__ == "__main__":
    sys.exit(main())
