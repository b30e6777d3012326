"""Checking 100,000 examples (some 200 MB) by pmtune, and by `datasets` with a Python loop, interleaved in one run.

The loop does the checks that a few lines of Python do: shape and order of the messages, empty texts, exact duplicates, the same question with
another answer, signs of templates, invisible characters, e-mail addresses, phone and card numbers, lengths in words, system messages. pmtune
does these and more in the same pass: invalid JSON told by column, near duplicates, languages, refusals, tasks and the form of their answers.
Prints seconds and the peak resident memory of each process, one of them at a time.
"""

import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = 100_000
PAIRS = 2


def write_examples(path):
    """Texts of words of this repository's documents; some lines with the usual faults."""
    draw = random.Random(1)
    words = sorted({word for file in ROOT.glob("docs/*.md") for word in file.read_text(encoding="utf-8").split() if word.isascii()})
    topics = ["login", "billing", "search", "export", "reporting", "sharing", "alerts", "import", "mobile", "audit"]

    def text(count):
        return " ".join(draw.choices(words, k=count))

    with open(path, "w", encoding="utf-8") as file:
        for i in range(EXAMPLES):
            answer = "## Story\n\n" + "\n\n".join(text(55) for _ in range(5))
            if i % 1000 == 7:
                answer += f" Write to jane.miller{i}@acme-billing.com.<|im_end|>"
            messages = [
                {"role": "system", "content": "You are a product management assistant."},
                {"role": "user", "content": f"Write a user story about {draw.choice(topics)}: {text(25)}"},
                {"role": "assistant", "content": answer},
            ]
            file.write(json.dumps({"messages": messages, "tags": [draw.choice(["prd", "user-story", "update"])]}) + "\n")


def by_pmtune(path):
    import pmtune as pm

    report = pm.Dataset.check(path)
    return {"examples": report.stats["examples"], "problems": len(report.problems)}


TEMPLATE = re.compile(r"<\|\w{1,30}\|>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>")
INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2060\ufeff\xad\u202a-\u202e\u2066-\u2069\ufffd]")
MAIL = re.compile(r"[\w.+%-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")
NUMBER = re.compile(r"(?<![\w.])\+?\(?\d[\d ()/.-]{7,}\d")


def by_loop(path):
    import datasets

    datasets.disable_progress_bars()
    with tempfile.TemporaryDirectory() as cache:
        data = datasets.load_dataset("json", data_files=str(path), split="train", cache_dir=cache)
        problems, seen, asked, lengths, systems = [], {}, {}, [], {}
        for i, example in enumerate(data):
            messages = example["messages"]
            roles = [message["role"] for message in messages]
            if any(role not in ("system", "user", "assistant") for role in roles):
                problems.append((i, "role"))
            if "assistant" not in roles or roles[-1] != "assistant" or any(a == b for a, b in zip(roles, roles[1:])):
                problems.append((i, "order"))
            for message in messages:
                text = message["content"]
                if not text.strip():
                    problems.append((i, "empty"))
                if TEMPLATE.search(text):
                    problems.append((i, "template"))
                if INVISIBLE.search(text):
                    problems.append((i, "invisible"))
                if MAIL.search(text) or NUMBER.search(text):
                    problems.append((i, "personal"))
                if message["role"] == "assistant":
                    lengths.append(len(text.split()))
            folded = tuple(" ".join(message["content"].split()) for message in messages)
            if hash(folded) in seen:
                problems.append((i, "duplicate"))
            seen.setdefault(hash(folded), i)
            if asked.setdefault(hash(folded[:-1]), i) != i:
                problems.append((i, "other answer"))
            systems[folded[0]] = systems.get(folded[0], 0) + 1
        lengths.sort()
    return {"examples": len(data), "problems": len(problems)}


def measure(who, path):
    code = (
        "import json, resource, sys, time; sys.path.insert(0, sys.argv[1]); import check_speed\n"
        "begin = time.perf_counter(); result = getattr(check_speed, sys.argv[2])(sys.argv[3])\n"
        "print(json.dumps({'seconds': time.perf_counter() - begin, 'mb': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, **result}))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(pathlib.Path(__file__).parent), who, str(path)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "examples.jsonl"
        write_examples(path)
        print(f"{EXAMPLES} examples, {path.stat().st_size / 1e6:.0f} MB")
        for pair in range(PAIRS):
            ours, peer = measure("by_pmtune", path), measure("by_loop", path)
            for name, result in (("pmtune", ours), ("datasets and a loop", peer)):
                print(f"  {name:20} {result['seconds']:6.2f} s  {result['mb']:6.0f} MB  {result['examples']} examples, {result['problems']} problems listed")
            print(f"  pmtune is {peer['seconds'] / ours['seconds']:.2f} times as fast")
