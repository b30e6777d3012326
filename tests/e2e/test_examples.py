"""The four example programs, built by `make build`, do the whole job on the real model; shortened by few examples and one prompt."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("PMTUNE_BUILD", ROOT / "build" / "release")) / "bin"
PROGRAMS = {
    "cpp": [BIN / "main_job_cpp"],
    "c": [BIN / "main_job_c"],
    "python": [sys.executable, ROOT / "examples" / "main_job.py"],
}
if shutil.which("rustc"):  # Debian's cargo is no requirement; where it is installed, the program must work
    PROGRAMS["rust"] = [BIN / "main_job_rs"]


@pytest.fixture(scope="module")
def small_job(tmp_path_factory):
    folder = tmp_path_factory.mktemp("examples")
    lines = [json.loads(line) for line in open(ROOT / "examples" / "dataset.jsonl", encoding="utf-8")]
    shortest = sorted(lines, key=lambda example: sum(len(m["content"]) for m in example["messages"]))[:5]
    with open(folder / "data.jsonl", "w", encoding="utf-8") as file:
        for example in shortest:
            example["messages"][-1]["content"] = example["messages"][-1]["content"][:200]
            file.write(json.dumps(example) + "\n")
    prompt = {"id": "one", "category": "Format consistency", "prompt": "Write a user story for exports.",
              "checks": [{"kind": "words", "label": "length", "least": 1, "most": 60}]}
    (folder / "suite.json").write_text(json.dumps({"prompts": [prompt]}))
    return folder


@pytest.mark.parametrize("language", PROGRAMS)
def test_main_job(language, small_job, tmp_path):
    command = [*PROGRAMS[language], small_job / "data.jsonl", "smollm2-135m-instruct", tmp_path / "models", small_job / "suite.json"]
    assert pathlib.Path(command[0]).exists(), f"{command[0]} is missing; run make build"
    done = subprocess.run([str(part) for part in command], cwd=tmp_path, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    listed = subprocess.run([str(BIN / "pmtune"), "models", "--registry", str(tmp_path / "models")], capture_output=True, text=True)
    assert "PM-Assistant-v1" in listed.stdout and "primary" in listed.stdout, listed.stdout + listed.stderr
    assert "<html" in (tmp_path / "report.html").read_text(encoding="utf-8")
