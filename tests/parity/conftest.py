"""Fixtures of the parity tests: the built programs, the real model, and references made with transformers and PEFT."""

import json
import os
import pathlib
import subprocess

import pytest
from built import build_folder

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def train_dump():
    """Runs train_dump; a missing program is a failure, not a skip."""
    program = build_folder() / "bin" / "train_dump"
    assert program.exists(), f"{program} is missing; run make build"

    def run(*arguments, stdin: bytes = b"") -> bytes:
        done = subprocess.run([str(program), *map(str, arguments)], input=stdin, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    return run


@pytest.fixture(scope="session")
def smollm2_gguf() -> pathlib.Path:
    cache = os.environ.get("PMTUNE_CACHE") or os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "pmtune")
    path = os.environ.get("PMTUNE_SMOLLM2") or os.path.join(cache, "models", "smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf")
    assert os.path.exists(path), f"{path} is missing; run scripts/fetch-model smollm2-135m-instruct"
    return pathlib.Path(path)


@pytest.fixture(scope="session")
def smollm2(smollm2_gguf):
    """(model in f32, tokenizer) by transformers, from the same file."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder, name = str(smollm2_gguf.parent), smollm2_gguf.name
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=torch.float32)
    return model.eval(), AutoTokenizer.from_pretrained(folder, gguf_file=name)


@pytest.fixture(scope="session")
def dataset_messages():
    with open(ROOT / "examples" / "dataset.jsonl", encoding="utf-8") as file:
        return [json.loads(line)["messages"] for line in file]
