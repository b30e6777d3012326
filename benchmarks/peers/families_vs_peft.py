"""Training speed, peak memory and pmtune's own plan of it on models of other families than Llama, beside transformers + PEFT in the same precision, interleaved.

    python benchmarks/peers/families_vs_peft.py [--repeats 1] [--examples 16] [FAMILY ...]

Weights are random, at the sizes of well-known models; the tokenizer is SmolLM2's. Each measurement is a process of its own.
"""

import argparse
import json
import os
import sys
import tempfile

from train_vs_peft import make_data, measure, smollm2, spread, train_peer

SHAPES = {
    "qwen2.5-0.5b": ("Qwen2", dict(hidden_size=896, intermediate_size=4864, num_hidden_layers=24, num_attention_heads=14, num_key_value_heads=2,
                                   vocab_size=151936, tie_word_embeddings=True)),
    "qwen3-0.6b": ("Qwen3", dict(hidden_size=1024, intermediate_size=3072, num_hidden_layers=28, num_attention_heads=16, num_key_value_heads=8,
                                 head_dim=128, vocab_size=151936, tie_word_embeddings=True)),
    "gemma3-270m": ("Gemma3", dict(hidden_size=640, intermediate_size=2048, num_hidden_layers=18, num_attention_heads=4, num_key_value_heads=1, head_dim=256,
                                   query_pre_attn_scalar=256, sliding_window=512, vocab_size=262144, tie_word_embeddings=True)),
}


def make_model(family, folder):
    import torch
    import transformers
    from transformers import AutoTokenizer

    name, sizes = SHAPES[family]
    config = getattr(transformers, "Gemma3TextConfig" if name == "Gemma3" else f"{name}Config")(**sizes)
    torch.manual_seed(0)
    model = getattr(transformers, f"{name}ForCausalLM")(config).to(torch.bfloat16)
    model.save_pretrained(folder)
    source, file = os.path.split(smollm2())
    AutoTokenizer.from_pretrained(source, gguf_file=file).save_pretrained(folder)


def run_ours(folder, data, weights):
    import pmtune as pm

    model = pm.Model.load(folder, weights=weights)
    examples = pm.Dataset.load(data)
    trainer = pm.LoraTrainer(model, pm.TrainConfig(rank=16, alpha=32, batch_size=4, epochs=1, validation=0, learning_rate=2e-4))
    planned = trainer.plan(examples)["peak_memory"]
    metrics = trainer.train(examples).metrics
    print(json.dumps({"tokens_per_second": metrics["tokens_per_second"], "peak_memory": metrics["peak_memory"], "planned": planned}))


def run_peer(folder, data, dtype_name):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    train_peer(AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, dtype_name)), AutoTokenizer.from_pretrained(folder), data, 1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("families", nargs="*", default=[], metavar="FAMILY")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--examples", type=int, default=16)
    for role in ("--ours", "--peer", "--make"):
        parser.add_argument(role, nargs="+", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    for role, run in ((arguments.ours, run_ours), (arguments.peer, run_peer), (arguments.make, make_model)):
        if role:
            return run(*role)
    bf16 = "avx512_bf16" in open("/proc/cpuinfo").read()
    for family in arguments.families or SHAPES:
        with tempfile.TemporaryDirectory() as work:
            model, data = os.path.join(work, "model"), os.path.join(work, "data.jsonl")
            make_data(data, arguments.examples)
            os.spawnl(os.P_WAIT, sys.executable, sys.executable, __file__, "--make", family, model)
            speed, memory, plan = [], [], []
            for i in range(arguments.repeats):
                ours = measure([sys.executable, __file__, "--ours", model, data, "bf16" if bf16 else "f32"])
                peer = measure([sys.executable, __file__, "--peer", model, data, "bfloat16" if bf16 else "float32"])
                speed.append(ours["tokens_per_second"] / peer["tokens_per_second"])
                memory.append(ours["peak_memory"] / peer["peak_memory"])
                plan.append(ours["planned"] / ours["peak_memory"])
                print(f"  {family} run {i + 1}: pmtune {ours['tokens_per_second']:.0f} tokens/s, {ours['peak_memory'] / 1e9:.2f} GB;  "
                      f"PEFT {peer['tokens_per_second']:.0f} tokens/s, {peer['peak_memory'] / 1e9:.2f} GB", flush=True)
            print(f"{family}: speed {spread(speed)}, memory {spread(memory)}, planned / measured memory {spread(plan, '{:.3f}')}", flush=True)


if __name__ == "__main__":
    main()
