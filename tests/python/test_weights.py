"""Weights in blocks, those of their file or new ones: the same numbers as dense weights, in less memory."""

import gguf
import numpy
import pytest
import torch
from small_model import BLOCKS, random_gguf, random_model

import pmtune as pm


@pytest.fixture(scope="module")
def kept(model_path):
    return pm.Model.load(model_path, weights="file")


def test_info_tells_of_blocks(kept, model):
    assert kept.info.weights == kept.info.file_precision == "q4_1"
    assert kept.info.parameters == model.info.parameters
    # 106 million numbers of the layers in 5 bits each instead of 16 or more; the tied embedding stays dense.
    assert kept.info.memory < 0.6 * model.info.memory


def test_answers_are_the_same(kept, model):
    asked = dict(max_tokens=24, temperature=0)
    prompt = "Write a user story for password reset"
    assert kept.chat(prompt, **asked) == model.chat(prompt, **asked)


def test_training_is_the_same(kept, model, data, config, tmp_path):
    ours = pm.LoraTrainer(kept, config).train(data, progress=None)
    theirs = pm.LoraTrainer(model, config).train(data, progress=None)
    losses = [[event["loss"] for event in result.history if event["event"] == "step"] for result in (ours, theirs)]
    assert len(losses[0]) == 6 and losses[0] == losses[1]
    # What was trained over blocks serves the converted base as well.
    ours.model.save_adapter(tmp_path / "adapter")
    served = model.load_adapter(tmp_path / "adapter")
    asked = dict(max_tokens=12, temperature=0)
    assert served.chat("Name the shape cube.", **asked) == ours.model.chat("Name the shape cube.", **asked)


def test_plan_counts_blocks(kept, model, data, config):
    blocks, dense = (pm.LoraTrainer(m, config).plan(data) for m in (kept, model))
    assert blocks.weights == kept.info.memory < dense.weights
    # This process holds both models, so both plans come to the same peak.
    for plan in (blocks, dense):
        assert plan.peak_memory == plan.weights + plan.adapter + plan.activations + plan.runtime
        assert plan.peak_memory > dense.weights + blocks.weights


def through_gguf(kind):
    return lambda name, tensor: gguf.dequantize(gguf.quantize(tensor, kind), kind).reshape(tensor.shape).astype(numpy.float32)


def through_bitsandbytes(name, tensor):
    from bitsandbytes import functional

    return functional.dequantize_4bit(*functional.quantize_4bit(torch.from_numpy(tensor), blocksize=64, quant_type="nf4")).numpy()


QUANTISERS = {
    "q4": ("q4_0", through_gguf(gguf.GGMLQuantizationType.Q4_0)),
    "q8": ("q8_0", through_gguf(gguf.GGMLQuantizationType.Q8_0)),
    "nf4": ("nf4", through_bitsandbytes),
}


@pytest.mark.parametrize("weights", QUANTISERS)
def test_a_model_quantised_on_loading_is_the_one_that_others_quantise(weights, tmp_path, config):
    """Bit for bit: scores, and the losses of training on it."""
    name, quantised_by_others = QUANTISERS[weights]
    random_model(tmp_path / "plain")
    random_model(tmp_path / "theirs", change=quantised_by_others)
    plain = pm.Model.load(tmp_path / "plain")
    ours, theirs = pm.Model.load(tmp_path / "plain", weights=weights), pm.Model.load(tmp_path / "theirs")
    assert ours.info.weights == name and ours.info.file_precision == "f32"
    assert ours.info.memory < theirs.info.memory == plain.info.memory
    ids = list(b"Write a user story for password reset.")
    assert numpy.array_equal(ours.logits(ids), theirs.logits(ids))
    assert not numpy.array_equal(ours.logits(ids), plain.logits(ids))
    shapes = pm.Dataset.from_list([{"messages": [{"role": "user", "content": "Name a shape."}, {"role": "assistant", "content": f"Shape number {i}."}]} for i in range(6)])
    losses = [[event["loss"] for event in pm.LoraTrainer(m, config).train(shapes, progress=None).history if event["event"] == "step"] for m in (ours, theirs)]
    assert losses[0] == losses[1] and losses[0][-1] < losses[0][0]


@pytest.mark.parametrize("kinds", [*([kind] for kind in BLOCKS), list(BLOCKS)], ids=lambda kinds: kinds[0].name if len(kinds) == 1 else "mixed")
def test_training_over_any_blocks_is_training_over_their_numbers(kinds, tmp_path, config):
    """Bit for bit: scores and losses over the blocks of a file, and over the same matrices dense."""
    random_gguf(tmp_path / "model.gguf", kinds)
    kept, dense = (pm.Model.load(tmp_path / "model.gguf", weights=weights) for weights in ("file", "auto"))
    assert kept.info.weights == kinds[0].name.lower() and kept.info.memory < 0.6 * dense.info.memory
    ids = list(b"Write a user story for password reset.")
    assert numpy.array_equal(kept.logits(ids), dense.logits(ids))
    shapes = pm.Dataset.from_list([{"messages": [{"role": "user", "content": "Name a shape."}, {"role": "assistant", "content": f"Shape number {i}."}]} for i in range(6)])
    losses = [[event["loss"] for event in pm.LoraTrainer(m, config).train(shapes, progress=None).history if event["event"] == "step"] for m in (kept, dense)]
    assert len(losses[0]) == 6 and losses[0] == losses[1]


def test_blocks_of_the_file_are_not_quantised_again(kept, model_path):
    again = pm.Model.load(model_path, weights="nf4")
    assert (again.info.weights, again.info.memory) == ("q4_1", kept.info.memory)


def test_numbers_that_cannot_be_quantised(tmp_path):
    def spoil(name, tensor):
        tensor[3, 5] = numpy.nan if "layers.1" in name and "up_proj" in name else tensor[3, 5]
        return tensor

    random_model(tmp_path / "model", change=spoil)
    with pytest.raises(pm.Corrupt, match="model.layers.1.mlp.up_proj.weight .* not finite"):
        pm.Model.load(tmp_path / "model", weights="q4")
