"""TrainConfig: a value made from the library's own list of options."""

import copy
import pathlib
import pickle

import numpy as np
import pmtune as pm
import pytest


def test_presets_are_the_guides():
    def essence(name):
        config = pm.TrainConfig.preset(name)
        return config.learning_rate, config.batch_size, config.epochs, config.context_length

    assert essence("documents") == (1e-4, 2, 5, 4096)
    assert essence("communications") == (3e-4, 8, 3, 2048)
    assert essence("balanced") == (2e-4, 4, 3, 4096)
    with pytest.raises(pm.InvalidArgument, match="documents"):
        pm.TrainConfig.preset("documnets")


def test_overrides_and_attributes():
    config = pm.TrainConfig.preset("balanced", name="PM-PRDs", epochs=7)
    assert (config.name, config.epochs, config.batch_size) == ("PM-PRDs", 7, 4)
    config.epochs = 2
    config.max_memory = "6GB"
    config.target_modules = "q_proj"
    config.checkpoint_dir = pathlib.Path("checkpoints")
    assert (config.epochs, config.max_memory) == (2, 6_000_000_000)
    assert (config.target_modules, config.checkpoint_dir) == (["q_proj"], "checkpoints")


def test_numpy_numbers_and_large_seeds():
    config = pm.TrainConfig(rank=np.int64(4), alpha=np.float32(8), seed=2**64 - 1)
    assert (config.rank, config.alpha, config.seed) == (4, 8.0, 2**64 - 1)


def test_none_takes_the_default():
    config = pm.TrainConfig(epochs=9, max_memory=None, checkpoint_dir=None)
    assert (config.max_memory, config.checkpoint_dir) == (0, "")
    config.epochs = None
    assert config.epochs == pm.TrainConfig().epochs


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("epochs", 0, "from 1"),
        ("learning_rate", float("nan"), "above 0"),
        ("rank", "wide", "whole number"),
        ("rank", 2.5, "whole number"),
        ("seed", -1, "at least 0"),
        ("seed", 2**64, "64 bits"),
        ("rslora", 1, "true or false"),
        ("schedule", "cosin", 'Did you mean "cosine"'),
        ("max_memory", "lots", "6GB"),
        ("name", object(), "cannot be a object"),
    ],
)
def test_bad_values_are_refused_and_change_nothing(name, value, words):
    config = pm.TrainConfig()
    with pytest.raises(pm.InvalidArgument, match=words) as caught:
        setattr(config, name, value)
    assert "name" in str(caught.value) or name in str(caught.value) or name == "max_memory"
    assert config == pm.TrainConfig()


def test_an_unknown_attribute_is_refused():
    with pytest.raises(AttributeError):
        pm.TrainConfig().lerning_rate = 1e-4


def test_copies_are_equal_and_independent():
    config = pm.TrainConfig(name="PM-X", epochs=5, max_memory="1GiB")
    copies = [
        copy.copy(config),
        copy.deepcopy(config),
        pickle.loads(pickle.dumps(config)),
        pm.TrainConfig.from_dict(config.to_dict()),
        pm.TrainConfig.from_json(config.to_json()),
        eval(repr(config), {"TrainConfig": pm.TrainConfig}),  # noqa: S307
    ]
    assert all(other == config for other in copies)
    for other in copies:
        other.epochs = 1
    assert config.epochs == 5
    assert config.with_(epochs=1) == copies[0] and config != "PM-X"


def test_every_option_is_described():
    described = {field["name"]: field for field in pm.TrainConfig.describe()}
    assert list(described) == list(pm.TrainConfig().to_dict())
    assert described["schedule"]["choices"] == ["cosine", "linear", "constant"]
    assert described["epochs"]["least"] == 1 and described["context_length"]["unit"] == "tokens"
    for name, field in described.items():
        assert field["doc"] and getattr(pm.TrainConfig, name).__doc__.startswith(field["doc"])
        assert field["default"] == getattr(pm.TrainConfig(), name)


def test_suggest_says_what_it_did(model, data):
    config = pm.TrainConfig.suggest(model, data, "documents", name="PM-S", rank=8)
    assert (config.name, config.rank, config.batch_size) == ("PM-S", 8, 2)
    assert config.suggestion and pickle.loads(pickle.dumps(config)).suggestion == config.suggestion
    with pytest.raises(pm.InvalidArgument):
        pm.TrainConfig.suggest(model, data, "nope")
