"""Models that cannot be used: one clear sentence that names the file, and the cure; nothing left half done."""

import json
import resource
import shutil

import pmtune as pm
import pytest

LLAMA = {"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 96,
         "vocab_size": 300, "rms_norm_eps": 1e-5}


def folder_with(path, config):
    path.mkdir()
    (path / "config.json").write_text(json.dumps(config))
    return path


def test_folder_without_weights(tmp_path):
    folder = folder_with(tmp_path / "model", LLAMA)
    with pytest.raises(pm.NotFound, match="no model.safetensors; the weights were not downloaded") as caught:
        pm.Model.load(folder)
    assert str(folder) in str(caught.value)


def test_folder_that_is_no_model(tmp_path):
    with pytest.raises(pm.NotFound, match="config.json"):
        pm.Model.load(tmp_path)


def test_unknown_architecture(tmp_path):
    with pytest.raises(pm.Unsupported, match='"mamba"'):
        pm.Model.load(folder_with(tmp_path / "model", {**LLAMA, "model_type": "mamba"}))


def test_impossible_sizes(tmp_path):
    with pytest.raises(pm.Corrupt, match="number of layers is -1"):
        pm.Model.load(folder_with(tmp_path / "model", {**LLAMA, "num_hidden_layers": -1}))


@pytest.mark.parametrize("keep", [0, 3, 100, 100_000, 50_000_000])
def test_truncated_gguf(model_path, tmp_path, keep):
    path = tmp_path / "cut.gguf"
    with open(model_path, "rb") as source, open(path, "wb") as file:
        file.write(source.read(keep))
    with pytest.raises(pm.Corrupt, match="cut.gguf"):
        pm.Model.load(path)


def test_an_adapter_for_another_base(trained, tmp_path):
    from safetensors.numpy import load_file, save_file

    trained.model.save_adapter(tmp_path / "adapter")
    path = tmp_path / "adapter" / "adapter_model.safetensors"
    tensors = load_file(path)
    name = next(iter(tensors))
    tensors[name] = tensors[name][:, :-1].copy()
    save_file(tensors, path)
    with pytest.raises(pm.Corrupt, match="made for another base"):
        trained.model.base().load_adapter(tmp_path / "adapter")


def change_adapter(folder, old, new):
    """In the names of tensors, `old` becomes `new`."""
    from safetensors.numpy import load_file, save_file

    path = folder / "adapter_model.safetensors"
    save_file({name.replace(old, new): tensor for name, tensor in load_file(path).items()}, path)


@pytest.mark.parametrize("layer", ["-1", "99999999999", "007", "00", "0x0", " 0", "18446744073709551616", ""])
def test_adapters_that_do_not_fit_name_layers_that_are_not_there(trained, tmp_path, layer):
    trained.model.save_adapter(tmp_path)
    change_adapter(tmp_path, "layers.0.", f"layers.{layer}.")
    with pytest.raises(pm.Corrupt, match=r"layers\.0\..* made for another base"):
        trained.model.base().load_adapter(tmp_path)


@pytest.mark.parametrize("changes, words", [
    ({"r": 5}, "does not fit this model"),
    ({"r": 4096}, "dimensions; choose a smaller rank"),
    ({"target_modules": ["q_proj", "k_proj"]}, "which this model has no place for"),
    ({"target_modules": ["q_prj"]}, 'no layer called "q_prj".*did you mean.*q_proj'),
    ({"layers_to_transform": [99999]}, "only 30 layers"),
    ({"layers_to_transform": [0]}, "which this model has no place for"),
])
def test_adapters_that_do_not_fit_their_settings(trained, tmp_path, changes, words):
    trained.model.save_adapter(tmp_path)
    path = tmp_path / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    with pytest.raises(pm.Error, match=f"(?i)(?s){words}"):
        trained.model.base().load_adapter(tmp_path)


@pytest.mark.parametrize("which", ["A", "B"])
def test_adapters_that_do_not_fit_have_other_ranks(trained, tmp_path, which):
    from safetensors.numpy import load_file, save_file

    trained.model.save_adapter(tmp_path)
    path = tmp_path / "adapter_model.safetensors"
    tensors = load_file(path)
    name = next(name for name in tensors if f"lora_{which}" in name)
    tensors[name] = (tensors[name][:-1] if which == "A" else tensors[name][:, :-1]).copy()
    save_file(tensors, path)
    with pytest.raises(pm.Corrupt, match=f"lora_{which}.*does not fit this model"):
        trained.model.base().load_adapter(tmp_path)


def test_an_adapter_that_is_not_finite(trained, tmp_path):
    from safetensors.numpy import load_file, save_file

    trained.model.save_adapter(tmp_path)
    path = tmp_path / "adapter_model.safetensors"
    tensors = load_file(path)
    next(iter(tensors.values()))[0, 0] = float("nan")
    save_file(tensors, path)
    with pytest.raises(pm.Corrupt, match="not finite"):
        trained.model.base().load_adapter(tmp_path)


def test_full_disk_leaves_nothing_and_everything_usable(trained, tmp_path):
    """A file size limit stands in for a full disk: the write fails in the middle."""
    registry = pm.ModelRegistry(tmp_path / "models")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
        with pytest.raises(pm.IoError, match="free some disk space|cannot be"):
            registry.add(trained, notes="does not fit")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert registry.list() == []
    left = [p for p in (tmp_path / "models").rglob("*") if p.suffix in (".safetensors", ".part")]
    assert left == []
    assert registry.add(trained, notes="fits now").id.endswith("-v1")
    shutil.rmtree(tmp_path / "models")
