"""The preview and the surprises of the real model against transformers: the same ids, the same mask, the same losses."""

import copy
import json

import pmtune as pm
import pytest
import torch
from tokenizers import pre_tokenizers
from test_engine_parity import encode_with_mask


@pytest.fixture(scope="module")
def reference(smollm2):
    """(model, tokenizer) by transformers. Its reading of a GGUF leaves out that SmolLM2 takes digits one by one, which changes how
    line ends before a digit are cut; this is the pre-tokenizer of the model's own tokenizer.json (as in test_tokenizer_parity.py)."""
    tokenizer = copy.deepcopy(smollm2[1])
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    return smollm2[0], tokenizer


@pytest.fixture(scope="module")
def model(smollm2_gguf):
    return pm.Model.load(smollm2_gguf, weights="f32")


@pytest.fixture(scope="module")
def data(dataset_messages):
    return pm.Dataset.from_list([{"messages": messages} for messages in dataset_messages])


def losses_by_transformers(reference, ids, mask):
    with torch.no_grad():
        scores = reference[0](torch.tensor([ids])).logits[0, :-1].float()
    losses = torch.nn.functional.cross_entropy(scores, torch.tensor(ids[1:]), reduction="none")
    return losses[torch.tensor(mask[1:], dtype=torch.bool)]


def test_counts_mask_and_ends_equal_transformers(reference, model, data, dataset_messages):
    preview = model.preview(data)
    stop = reference[1].convert_tokens_to_ids("<|im_end|>")
    for shown, messages in zip(preview.examples, dataset_messages, strict=True):
        ids, mask = encode_with_mask(reference[1], messages)
        assert (shown["tokens"], shown["taught"]) == (len(ids), sum(mask))
        assert [flag for run in shown["runs"] for flag in [int(run["taught"])] * run["tokens"]] == mask
        assert "".join(run["text"] for run in shown["runs"]) == reference[1].decode(ids)
        for answer in shown["answers"]:
            assert ids[answer["end_position"]] == answer["end_token"] == stop and mask[answer["end_position"]] == 1
        assert shown["answers"][-1]["end_position"] == max(i for i, taught in enumerate(mask) if taught)


def test_losses_of_surprises_equal_transformers(reference, model, data, dataset_messages):
    surprises = pm.rank_surprises(model, data, compare_with=0)
    worst = 0.0
    for example in surprises.ranked:
        ids, mask = encode_with_mask(reference[1], dataset_messages[example["index"]])
        losses = losses_by_transformers(reference, ids, mask)
        assert example["tokens"] == len(losses)
        worst = max(worst, abs(example["loss"] - losses.mean().item()))
    print(f"losses of {len(surprises.ranked)} examples within {worst:.1e} nats a token of transformers")
    assert worst < 1e-4


def test_losses_after_another_question_equal_transformers(reference, model, dataset_messages):
    """Two single-turn examples under their own system messages: the one other question is the other's."""
    two = [messages for messages in dataset_messages if [m["role"] for m in messages] == ["system", "user", "assistant"]][:2]
    two[1] = [{"role": "system", "content": "Another system message."}, *two[1][1:]]
    surprises = pm.rank_surprises(model, pm.Dataset.from_list([{"messages": messages} for messages in two]), compare_tokens=40)
    for example in surprises.ranked:
        own, other = two[example["index"]], two[1 - example["index"]]
        for messages, found in ((own, example["own_loss"]), ([own[0], other[1], own[2]], example["other_loss"])):
            losses = losses_by_transformers(reference, *encode_with_mask(reference[1], json.loads(json.dumps(messages))))
            assert found == pytest.approx(losses[:40].mean().item(), abs=1e-4)
