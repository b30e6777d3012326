"""Training speed and peak memory of pmtune and of transformers + PEFT, on the same model file, examples, batch and adapter,
interleaved in one run. Each measurement is a process of its own, so that peak memory means something.

    python benchmarks/peers/train_vs_peft.py [--repeats 3] [--epochs 1]

Prints real (unpadded) tokens per second of forward, backward and optimiser, the peak RSS, and pmtune's ratio to the peer, pair by pair.
"""

import argparse
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def smollm2():
    """The path of the real small model's file, fetched when it is not there."""
    command = [sys.executable, str(ROOT / "scripts" / "fetch-model"), "smollm2-135m-instruct"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1]


def measure(command):
    """Runs one measurement in a process of its own, which finds the build tree's pmtune; its last line is the result as JSON."""
    build = os.environ.get("PMTUNE_BUILD", str(ROOT / "build" / "release"))
    path = os.pathsep.join(filter(None, [os.path.join(build, "python"), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ, PYTHONPATH=path))
    if done.returncode:
        sys.exit(f"{command[0]} failed: {done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def make_data(path, count=64):
    """Chat examples of about 60 to 500 tokens, cut from the answers of examples/dataset.jsonl."""
    source = [json.loads(line)["messages"] for line in open(ROOT / "examples" / "dataset.jsonl", encoding="utf-8")]
    chance = random.Random(0)
    with open(path, "w", encoding="utf-8") as file:
        for i in range(count):
            system, user, answer = source[i % len(source)][:3]
            words = answer["content"].split(" ")
            length = chance.randint(20, 320)
            start = chance.randint(0, max(0, len(words) - length))
            cut = {"role": "assistant", "content": " ".join(words[start : start + length])}
            file.write(json.dumps({"messages": [system, user, cut]}, ensure_ascii=False) + "\n")


def run_peer(gguf, data, dtype_name, epochs):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder, name = os.path.split(gguf)
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=name)
    train_peer(AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=getattr(torch, dtype_name)), tokenizer, data, epochs)


def train_peer(model, tokenizer, data, epochs):
    """The peer in this process: transformers + PEFT, batches of 4 padded to their longest, as its Trainer does."""
    import resource
    import time

    import torch
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(0)
    model = get_peft_model(model, LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM"))
    model.train()
    rows = []
    for line in open(data, encoding="utf-8"):
        messages = json.loads(line)["messages"]
        prompt = tokenizer(tokenizer.apply_chat_template(messages[:-1], add_generation_prompt=True, tokenize=False), add_special_tokens=False).input_ids
        ids = tokenizer(tokenizer.apply_chat_template(messages, tokenize=False), add_special_tokens=False).input_ids
        rows.append((ids, [-100] * len(prompt) + ids[len(prompt) :]))
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=2e-4)

    def step(batch):
        longest = max(len(ids) for ids, _ in batch)
        ids = torch.tensor([ids + [0] * (longest - len(ids)) for ids, _ in batch])
        labels = torch.tensor([labels + [-100] * (longest - len(labels)) for _, labels in batch])
        attention = torch.tensor([[1] * len(ids) + [0] * (longest - len(ids)) for ids, _ in batch])
        loss = model(input_ids=ids, attention_mask=attention, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], 1.0)
        optimizer.step()
        optimizer.zero_grad()
        return loss.item()

    for at in (0, 4):
        step(rows[at : at + 4])
    tokens, losses, start = 0, [], time.perf_counter()
    for epoch in range(epochs):
        order = list(range(len(rows)))
        random.Random(epoch).shuffle(order)
        for at in range(0, len(order), 4):
            batch = [rows[i] for i in order[at : at + 4]]
            losses.append(step(batch))
            tokens += sum(len(ids) for ids, _ in batch)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"tokens_per_second": tokens / seconds, "peak_memory": peak, "loss": statistics.mean(losses)}))


# Forward, and the input's gradient: 4 a weight of the 30 layers; the head, attention and adapter not counted.
FROZEN_FLOPS_PER_TOKEN = 4 * 30 * (960 * 576 + 576 * 576 + 3072 * 576 + 576 * 1536)


def gemm_rate(dtype_name):
    """GF/s of the model's largest matrix product on this machine now: the measure of what the hardware could do."""
    code = (
        "import torch,time\n"
        f"x=torch.randn(1024,576).to(torch.{dtype_name});w=torch.randn(3072,576).to(torch.{dtype_name})\n"
        "best=9\n"
        "for _ in range(30):\n"
        "    s=time.perf_counter();torch.mm(x,w.t());best=min(best,time.perf_counter()-s)\n"
        "print(2*1024*576*3072/best/1e9)"
    )
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def spread(values, form="{:.2f}"):
    return f"{form.format(statistics.median(values))} ({form.format(min(values))} to {form.format(max(values))})"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--peer", nargs=4, metavar=("GGUF", "DATA", "DTYPE", "EPOCHS"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peer:
        gguf, data, dtype_name, epochs = arguments.peer
        return run_peer(gguf, data, dtype_name, int(epochs))

    build = pathlib.Path(os.environ.get("PMTUNE_BUILD", ROOT / "build" / "release"))
    gguf = smollm2()
    bf16 = "avx512_bf16" in open("/proc/cpuinfo").read()
    torch_name, our_name = ("bfloat16", "bf16") if bf16 else ("float32", "f32")
    with tempfile.TemporaryDirectory() as work:
        data = os.path.join(work, "data.jsonl")
        make_data(data)

        def peer(dtype):
            return measure([sys.executable, __file__, "--peer", gguf, data, dtype, str(arguments.epochs)])

        print(f"SmolLM2-135M-Instruct, 64 chat examples, LoRA r 16 on all linear layers, batch 4, {our_name}, {os.cpu_count()} processors")
        rate = gemm_rate(torch_name)
        print(f"matrix products here: {rate:.0f} GF/s")
        if bf16:  # the peer's best of the two
            other = peer("float32")
            print(f"  PEFT in f32: {other['tokens_per_second']:.0f} tokens/s, {other['peak_memory'] / 1e9:.2f} GB")
        peers, ours = [], []
        for i in range(arguments.repeats):
            peers.append(peer(torch_name))
            ours.append(measure([str(build / "bin" / "train_speed"), gguf, data, our_name, str(arguments.epochs)]))
            p, o = peers[-1], ours[-1]
            print(f"  run {i + 1}: PEFT {p['tokens_per_second']:.0f} tokens/s, {p['peak_memory'] / 1e9:.2f} GB, loss {p['loss']:.3f};"
                  f"  pmtune {o['tokens_per_second']:.0f} tokens/s, {o['peak_memory'] / 1e9:.2f} GB, loss {o['loss']:.3f}", flush=True)
        best = max(p["tokens_per_second"] for p in peers)
        if bf16 and other["tokens_per_second"] > best:
            print("  f32 is the peer's best here: the ratios below are with it")
            peers = [other] * len(peers)
        speed = [o["tokens_per_second"] / p["tokens_per_second"] for o, p in zip(ours, peers)]
        memory = [o["peak_memory"] / p["peak_memory"] for o, p in zip(ours, peers)]
        # Of the work that is done: a prefix that examples share is computed once.
        fraction = [o["tokens_per_second"] * o["computed"] * FROZEN_FLOPS_PER_TOKEN / rate / 1e9 for o in ours]
        print(f"  {ours[-1]['runtime']}")
        print(f"  speed, pmtune / PEFT:       {spread(speed)}")
        print(f"  peak memory, pmtune / PEFT: {spread(memory)}")
        print(f"  products of the frozen layers, of the rate above: {spread(fraction)}")


if __name__ == "__main__":
    main()
