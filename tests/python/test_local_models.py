"""local_models and the names it gives, on invented folders of Hugging Face, LM Studio and Ollama."""

import hashlib
import json
import os
import pathlib
import shutil

import pmtune as pm
import pytest
from small_model import random_model


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    for name in list(os.environ):
        if name.startswith(("HF_", "OLLAMA_")):
            monkeypatch.delenv(name)
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("PMTUNE_CACHE", raising=False)
    return folder


def ollama(home, model, *names):
    """The file under these names, each "library/NAME/TAG"."""
    folder = home / ".ollama" / "models"
    digest = hashlib.sha256(pathlib.Path(model).read_bytes()).hexdigest()
    (folder / "blobs").mkdir(parents=True, exist_ok=True)
    if not (folder / "blobs" / f"sha256-{digest}").exists():
        os.link(model, folder / "blobs" / f"sha256-{digest}")
    for name in names:
        manifest = folder / "manifests" / "registry.ollama.ai" / name
        manifest.parent.mkdir(parents=True, exist_ok=True)
        layers = [{"mediaType": "application/vnd.ollama.image.template", "digest": "sha256:" + "0" * 64, "size": 3},
                  {"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:" + digest, "size": 1}]
        manifest.write_text(json.dumps({"schemaVersion": 2, "layers": layers}))
    return folder / "blobs" / f"sha256-{digest}"


def snapshot(cache, repository):
    folder = cache / ("models--" + repository.replace("/", "--"))
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text("abc123")
    (folder / "snapshots").mkdir()
    return folder / "snapshots" / "abc123"


def by_reference():
    return {model["reference"]: model for model in pm.local_models()}


@pytest.fixture
def gguf(model_path, tmp_path):
    """The real small model, linked where a test may link it again."""
    copy = tmp_path / "smollm2.gguf"
    shutil.copy(model_path, copy)
    return copy


def test_nothing_there(home):
    assert pm.local_models() == []
    with pytest.raises(pm.NotFound, match="pmtune pull acme/tiny"):
        pm.Model.load("acme/tiny")
    with pytest.raises(pm.NotFound) as missing:
        pm.Model.load("models/gone.gguf")
    assert "pmtune pull" not in str(missing.value)


def test_each_place(home, gguf, tmp_path, monkeypatch):
    blob = ollama(home, gguf, "library/smollm2/135m", "library/smollm2/latest", "me/mine/v1")
    lm_studio = home / ".lmstudio" / "models" / "acme" / "SmolLM2-GGUF"
    lm_studio.mkdir(parents=True)
    os.link(gguf, lm_studio / "SmolLM2-135M-Instruct.Q4_1.gguf")
    (lm_studio / "mmproj-model-f16.gguf").write_bytes(b"not looked at")
    older = home / ".cache" / "lm-studio" / "models" / "acme" / "older"
    older.mkdir(parents=True)
    os.link(gguf, older / "older.gguf")
    random_model(tmp_path / "random")
    folder = snapshot(home / ".cache" / "huggingface" / "hub", "acme/tiny")
    folder.mkdir()
    blobs = folder.parent.parent / "blobs"
    blobs.mkdir()
    for path in (tmp_path / "random").iterdir():
        shutil.copy(path, blobs / path.name)
        (folder / path.name).symlink_to(pathlib.Path("..") / ".." / "blobs" / path.name)
    models = by_reference()
    assert set(models) == {"smollm2:135m", "smollm2:latest", "me/mine:v1", "acme/tiny", "acme/older:older.gguf",
                           "acme/SmolLM2-GGUF:SmolLM2-135M-Instruct.Q4_1.gguf"}
    real = models["smollm2:135m"]
    assert real["name"] == "smollm2:135m (Ollama)" and real["place"] == "ollama" and real["source"] == str(blob)
    assert real["bytes"] == gguf.stat().st_size and real["architecture"] == "llama" and real["quantization"] == "Q4_1"
    assert real["trains"] and real["reason"] == "" and real["context_length"] == 8192
    tiny = models["acme/tiny"]
    assert tiny["name"] == "acme/tiny (Hugging Face)" and tiny["quantization"] == "F32" and tiny["trains"], tiny["reason"]

    # What is listed is what loads, by each of its names.
    model = pm.Model.load("smollm2")
    assert model.info["parameters"] == real["parameters"] and model.info["context_length"] == real["context_length"]
    loaded = pm.Model.load("Acme/Tiny")
    assert loaded.info["parameters"] == tiny["parameters"] and loaded.info["file_precision"] == "f32"
    assert pm.Model.load("acme/smollm2-gguf:Q4_1").info["source"].endswith("SmolLM2-135M-Instruct.Q4_1.gguf")
    assert pm.Model.load("acme/older").info["source"].endswith("older.gguf")
    assert pm.Model.load(tiny["source"]).tokenize("Hi") == loaded.tokenize("Hi")


def test_where_the_environment_points(home, gguf, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    monkeypatch.setenv("HF_HUB_CACHE", str(elsewhere / "hf"))
    folder = snapshot(elsewhere / "hf", "acme/hf")
    folder.mkdir()
    os.link(gguf, folder / "a.gguf")
    monkeypatch.setenv("OLLAMA_MODELS", str(elsewhere / "home" / ".ollama" / "models"))
    ollama(elsewhere / "home", gguf, "library/there/1b")
    (home / ".lmstudio-home-pointer").write_text(f"{elsewhere / 'studio'}\n")
    (elsewhere / "studio" / "models" / "acme" / "studio").mkdir(parents=True)
    os.link(gguf, elsewhere / "studio" / "models" / "acme" / "studio" / "b.gguf")
    assert set(by_reference()) == {"acme/hf:a.gguf", "there:1b", "acme/studio:b.gguf"}
    monkeypatch.delenv("HF_HUB_CACHE")
    monkeypatch.setenv("HF_HOME", str(elsewhere / "home2"))
    assert set(by_reference()) == {"there:1b", "acme/studio:b.gguf"}
    (elsewhere / "hf").rename(elsewhere / "hub")
    (elsewhere / "home2").mkdir()
    (elsewhere / "hub").rename(elsewhere / "home2" / "hub")
    assert "acme/hf:a.gguf" in by_reference()


def test_why_a_model_does_not_train(home, tmp_path):
    hub = home / ".cache" / "huggingface" / "hub"

    def folder(name, change):
        target = snapshot(hub, name)
        random_model(target)
        change(target)

    def config(**entries):
        def change(target):
            values = json.loads((target / "config.json").read_text())
            (target / "config.json").write_text(json.dumps({**values, **entries}))
        return change

    def without_template(target):
        (target / "tokenizer_config.json").write_text(json.dumps({"eos_token": "<end>"}))

    def cut(target):
        content = (target / "model.safetensors").read_bytes()
        (target / "model.safetensors").write_bytes(content[: len(content) // 2])

    folder("acme/bert", config(model_type="bert"))
    folder("acme/base", without_template)
    folder("acme/cut", cut)
    folder("acme/empty", lambda target: (target / "config.json").write_text(""))
    folder("acme/fine", lambda target: None)
    reasons = {name: model["reason"] for name, model in by_reference().items()}
    assert '"bert"' in reasons["acme/bert"] and "chat template" in reasons["acme/base"]
    assert "model.safetensors" in reasons["acme/cut"] and "config.json" in reasons["acme/empty"]
    assert reasons["acme/fine"] == ""
    assert by_reference()["acme/bert"]["parameters"] == by_reference()["acme/fine"]["parameters"] > 0
    # The reason is the one that loading gives.
    with pytest.raises(pm.Unsupported) as error:
        pm.Model.load("acme/bert")
    assert str(error.value) == reasons["acme/bert"]


def test_broken_things_are_entries_and_loops_end(home, gguf):
    studio = home / ".lmstudio" / "models" / "acme" / "odd"
    studio.mkdir(parents=True)
    (studio / "empty.gguf").write_bytes(b"")
    (studio / "cut.gguf").write_bytes(gguf.read_bytes()[:100_000])
    (studio / "dangling.gguf").symlink_to("nowhere")
    (studio / "self.gguf").symlink_to("self.gguf")
    (studio / "again").symlink_to(studio.parent)
    (studio / "folder.gguf").mkdir()
    os.mkfifo(studio / "pipe.gguf")
    (studio / "big-00001-of-00002.gguf").write_bytes(b"x" * 10)
    (studio / "big-00002-of-00002.gguf").write_bytes(b"x" * 5)
    blob = ollama(home, gguf, "library/gone/1b")
    blob.unlink()
    models = by_reference()
    names = {"empty.gguf", "cut.gguf", "dangling.gguf", "self.gguf", "pipe.gguf", "big-00001-of-00002.gguf"}
    assert {"acme/odd:" + name for name in names} | {"gone:1b"} == set(models)
    assert all(model["reason"] and not model["trains"] for model in models.values())
    assert "split into 2 files" in models["acme/odd:big-00001-of-00002.gguf"]["reason"]
    assert models["acme/odd:big-00001-of-00002.gguf"]["bytes"] == 15
    assert "missing" in models["gone:1b"]["reason"]
    with pytest.raises(pm.Error, match="split into 2 files"):
        pm.Model.load("acme/odd:big-00001-of-00002.gguf")
    with pytest.raises(pm.InvalidArgument, match="means 6 files"):
        pm.Model.load("acme/odd")


def test_an_adapter_finds_its_base_on_the_disk(home, tmp_path):
    target = snapshot(home / ".cache" / "huggingface" / "hub", "acme/tiny")
    random_model(target)
    base = pm.Model.load("acme/tiny")
    rows = [{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": word}]} for word in ("bcd", "efg")]
    config = pm.TrainConfig(name="A", epochs=1, batch_size=2, rank=2, context_length=64, validation=0)
    tuned = pm.LoraTrainer(base, config).train(pm.Dataset.from_list(rows), progress=None).model
    tuned.save_adapter(tmp_path / "adapter")
    file = tmp_path / "adapter" / "adapter_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "base_model_name_or_path": "acme/tiny"}))
    assert pm.Model.load(tmp_path / "adapter").info["source"] == base.info["source"]
    file.write_text(json.dumps({**json.loads(file.read_text()), "base_model_name_or_path": "acme/gone"}))
    with pytest.raises(pm.NotFound, match="pmtune pull acme/gone"):
        pm.Model.load(tmp_path / "adapter")
