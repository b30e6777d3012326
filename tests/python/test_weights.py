"""Weights kept in the blocks of their file: the same numbers as weights converted on loading, in less memory."""

import pytest

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


def test_what_is_not_built_says_what_is(model_path):
    with pytest.raises(pm.Unsupported, match="or file, which keeps"):
        pm.Model.load(model_path, weights="nf4")
