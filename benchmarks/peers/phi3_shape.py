"""A model of Phi-3-mini's size (3.8 billion parameters) fine-tuned from 4-bit blocks, beside transformers + PEFT in bf16 on the same machine.

    python benchmarks/peers/phi3_shape.py [--examples 4] [--tokens 320] [--repeats 1] [--max-memory 4.5GB] [--mixed] [--no-peer]

The weights are random (speed and memory do not depend on them) with Phi-3-mini's layer sizes in llama's layout: 32 layers, hidden
3072, 32 heads of 96, feed-forward 8192, every matrix Q4_0. The vocabulary is SmolLM2's, 49,152 instead of 32,064: 50 million
parameters more. Each measurement is a process of its own. The peer takes one example at a time, so that it
pads nothing; with --mixed, four of different length at once.
"""

import argparse
import json
import os
import pathlib
import sys
import tempfile

from train_vs_peft import ROOT, measure, smollm2

LAYERS, HIDDEN, HEADS, FEED_FORWARD, VOCABULARY = 32, 3072, 32, 8192, 49152


def make_model(path):
    """A GGUF file of 2.2 GB; the tokenizer is SmolLM2's."""
    import gguf
    import numpy as np

    chance = np.random.default_rng(0)
    pool = chance.integers(0, 256, (1 << 21, 18), dtype=np.uint8)  # blocks of Q4_0: an f16 scale, 16 bytes of numbers
    pool[:, :2] = np.frombuffer(np.float16(0.0043).tobytes(), dtype=np.uint8)  # standard deviation 0.02

    def matrix(rows, columns):
        blocks = rows * columns // 32
        start = int(chance.integers(0, 1 << 16))
        return np.resize(pool[start:], (blocks, 18)).reshape(rows, columns // 32 * 18)

    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("Random, of Phi-3-mini's size")
    writer.add_block_count(LAYERS)
    writer.add_context_length(4096)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(VOCABULARY)
    for name, field in gguf.GGUFReader(smollm2()).fields.items():
        if name.startswith("tokenizer."):
            kind = field.types[0]
            writer.add_key_value(name, field.contents(), kind, sub_type=field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None)

    def add(name, rows, columns):
        writer.add_tensor(name, matrix(rows, columns), raw_dtype=gguf.GGMLQuantizationType.Q4_0)

    def add_norm(name):
        writer.add_tensor(name, np.ones(HIDDEN, dtype=np.float32))

    add("token_embd.weight", VOCABULARY, HIDDEN)
    add("output.weight", VOCABULARY, HIDDEN)
    add_norm("output_norm.weight")
    for layer in range(LAYERS):
        add_norm(f"blk.{layer}.attn_norm.weight")
        add_norm(f"blk.{layer}.ffn_norm.weight")
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            add(f"blk.{layer}.{part}.weight", HIDDEN, HIDDEN)
        add(f"blk.{layer}.ffn_gate.weight", FEED_FORWARD, HIDDEN)
        add(f"blk.{layer}.ffn_up.weight", FEED_FORWARD, HIDDEN)
        add(f"blk.{layer}.ffn_down.weight", HIDDEN, FEED_FORWARD)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


MIXED = (40, 80, 120, 160)  # tokens of four examples


def make_data(path, tokens):
    """A chat example of about as many tokens as each number says, half of them taught."""
    source = [json.loads(line)["messages"] for line in open(ROOT / "examples" / "dataset.jsonl", encoding="utf-8")]
    words = " ".join(m["content"] for messages in source for m in messages).split()
    with open(path, "w", encoding="utf-8") as file:
        for count in tokens:
            half = int(count * 0.31)  # words; about 1.5 tokens each
            text, words = words[: 2 * half], words[2 * half :]
            messages = [{"role": "user", "content": " ".join(text[:half])}, {"role": "assistant", "content": " ".join(text[half:])}]
            file.write(json.dumps({"messages": messages}) + "\n")


def run_peer(data, mixed):
    import resource
    import time

    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    folder, name = os.path.split(smollm2())
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=name)
    config = LlamaConfig(hidden_size=HIDDEN, intermediate_size=FEED_FORWARD, num_hidden_layers=LAYERS, num_attention_heads=HEADS,
                         num_key_value_heads=HEADS, vocab_size=VOCABULARY, tie_word_embeddings=False)
    with torch.device("meta"):
        model = LlamaForCausalLM(config).to(torch.bfloat16)
    model = model.to_empty(device="cpu")
    pool = torch.randn(1 << 22).mul_(0.02).to(torch.bfloat16)
    for parameter in model.parameters():
        parameter.data.copy_(torch.ones_like(parameter) if parameter.dim() == 1 else pool.repeat(parameter.numel() // pool.numel() + 1)[: parameter.numel()].view(parameter.shape))
    model.model.rotary_emb = type(model.model.rotary_emb)(config)
    targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    model = get_peft_model(model, LoraConfig(r=16, lora_alpha=32, target_modules=targets, task_type="CAUSAL_LM"))
    model.train()
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=2e-4)
    rows = [torch.tensor([tokenizer(tokenizer.apply_chat_template(json.loads(line)["messages"], tokenize=False), add_special_tokens=False).input_ids])
            for line in open(data, encoding="utf-8")]
    batches = [[row] for row in rows]
    if mixed:  # one batch, padded to its longest, as trainers do
        batches = [rows]
    for part in (batches[:1], batches):  # the first warms up
        start, tokens = time.perf_counter(), 0
        for batch in part:
            longest = max(row.numel() for row in batch)

            def padded(filler):
                return torch.cat([torch.nn.functional.pad(row, (0, longest - row.numel()), value=filler) for row in batch])

            attention = (padded(-1) >= 0).long()
            (model(input_ids=padded(0), attention_mask=attention, labels=padded(-100)).loss / len(part)).backward()
            tokens += sum(row.numel() for row in batch)
        optimizer.step()
        optimizer.zero_grad()
        rate = tokens / (time.perf_counter() - start)
    print(json.dumps({"tokens_per_second": rate, "peak_memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--examples", type=int, default=4)
    parser.add_argument("--tokens", type=int, default=320)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--max-memory", default="4.5GB")
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--mixed", action="store_true", help=f"examples of {', '.join(map(str, MIXED))} tokens, which the peer pads to the longest")
    parser.add_argument("--peer", metavar="DATA", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peer:
        return run_peer(arguments.peer, arguments.mixed)
    build = pathlib.Path(os.environ.get("PMTUNE_BUILD", ROOT / "build" / "release"))
    model = build / "phi3-shape-q4_0.gguf"
    if not model.exists():
        part = model.with_suffix(".part")
        make_model(str(part))
        part.rename(model)
    with tempfile.TemporaryDirectory() as work:
        data = os.path.join(work, "data.jsonl")
        tokens = MIXED if arguments.mixed else [arguments.tokens] * arguments.examples
        make_data(data, tokens)
        print(f"3.8 billion parameters, LoRA r 16 on all linear layers, {len(tokens)} examples of about {', '.join(map(str, sorted(set(tokens))))} tokens, {os.cpu_count()} processors")
        for i in range(arguments.repeats):
            ours = measure([str(build / "bin" / "train_speed"), str(model), data, "file", "1", arguments.max_memory])
            line = f"  run {i + 1}: pmtune from Q4_0 blocks {ours['tokens_per_second']:.1f} tokens/s, {ours['peak_memory'] / 1e9:.2f} GB"
            if not arguments.no_peer:
                peer = measure([sys.executable, __file__, "--peer", data] + ["--mixed"] * arguments.mixed)
                line += f";  PEFT bf16 {peer['tokens_per_second']:.1f} tokens/s, {peer['peak_memory'] / 1e9:.2f} GB"
                line += f";  speed {ours['tokens_per_second'] / peer['tokens_per_second']:.2f}, memory {ours['peak_memory'] / peer['peak_memory']:.2f}"
            print(line, flush=True)


if __name__ == "__main__":
    main()
