"""Exceptions: their classes, codes and sentences."""

import pickle

import pmtune as pm
import pytest

BUILTIN = {
    pm.InvalidArgument: ValueError,
    pm.NotFound: FileNotFoundError,
    pm.IoError: OSError,
    pm.OutOfMemory: MemoryError,
    pm.Unsupported: NotImplementedError,
}
CODES = {
    "invalid_argument": pm.InvalidArgument,
    "not_found": pm.NotFound,
    "corrupt": pm.Corrupt,
    "io": pm.IoError,
    "out_of_memory": pm.OutOfMemory,
    "unsupported": pm.Unsupported,
    "busy": pm.Busy,
    "cancelled": pm.Cancelled,
    "internal": pm.Error,
}


@pytest.mark.parametrize(("code", "kind"), CODES.items())
def test_every_code_has_its_class(code, kind):
    error = pm._make_error(code, "It went wrong: try again.", "line 3")
    assert type(error) is kind and isinstance(error, pm.Error)
    assert isinstance(error, BUILTIN.get(kind, Exception))
    assert (str(error), error.code, error.detail) == ("It went wrong: try again.", code, "line 3")
    assert type(error).__module__ == "pmtune"


@pytest.mark.parametrize("code", CODES)
def test_errors_survive_pickling(code):
    error = pm._make_error(code, "sentence", "detail")
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.code, copy.detail) == (type(error), "sentence", code, "detail")


def test_a_missing_file_reads_as_a_plain_sentence(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        pm.Dataset.load(tmp_path / "absent.jsonl")
    error = caught.value
    assert isinstance(error, pm.NotFound) and error.code == "not_found"
    assert "absent.jsonl" in str(error) and not str(error).startswith(("[", "(", "'"))


def test_a_file_that_is_not_a_model(tmp_path):
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF\x03\x00\x00\x00" + b"\xff" * 64)
    with pytest.raises(pm.Error) as caught:
        pm.Model.load(path)
    assert caught.value.code in ("corrupt", "unsupported")


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        (lambda: pm.TrainConfig(lerning_rate=1e-4), "learning_rate"),
        (lambda: pm.TrainConfig.preset("balanced", epoch=3), "epochs"),
        (lambda: pm.TrainConfig().with_(rnak=3), "rank"),
        (lambda: pm.TrainConfig.from_dict({"sead": 3}), "seed"),
        (lambda: pm.Dataset.load("x.jsonl", fromat="chat"), "format"),
        (lambda: pm.Model.load("x.gguf", wieghts="f32"), "weights"),
        (lambda: pm.Evaluator(max_token=3), "max_tokens"),
    ],
)
def test_a_misspelt_option_names_the_right_one(call, wanted):
    with pytest.raises(pm.InvalidArgument, match=f'Did you mean "{wanted}"'):
        call()


def test_paths_must_be_paths():
    with pytest.raises(TypeError, match="PathLike"):
        pm.Dataset.load(3)
