"""Answers: the KV cache changes nothing, and greedy decoding gives what transformers gives, in f32."""

import numpy as np
import pytest


@pytest.fixture(scope="module")
def f32_model(smollm2_gguf):
    import pmtune as pm

    return pm.Model.load(smollm2_gguf, weights="f32")


CONVERSATION = [{"role": "system", "content": "Answer in one sentence."}, {"role": "user", "content": "What does a product manager do?"}]


def test_cached_equals_uncached(f32_model):
    """Each token of an answer is the best one by the logits of the whole text so far, computed without a cache."""
    prompt = f32_model.encode(CONVERSATION, add_generation_prompt=True).ids
    answer = f32_model.generate(CONVERSATION, max_tokens=24).ids
    assert len(answer) > 5
    scores = f32_model.logits(list(prompt) + list(answer))
    best = scores[len(prompt) - 1 : -1].argmax(-1)
    assert list(best) == list(answer)


def test_greedy_equals_transformers(f32_model, smollm2):
    import torch

    model, tokenizer = smollm2
    prompt = list(f32_model.encode(CONVERSATION, add_generation_prompt=True).ids)
    theirs = tokenizer.apply_chat_template(CONVERSATION, add_generation_prompt=True, return_dict=False)
    assert prompt == list(theirs)
    for penalty in (1.0, 1.3):
        ours = list(f32_model.generate(CONVERSATION, max_tokens=24, repetition_penalty=penalty).ids)
        with torch.no_grad():
            out = model.generate(torch.tensor([prompt]), max_new_tokens=24, do_sample=False, repetition_penalty=penalty)[0, len(prompt) :].tolist()
        stops = {tokenizer.convert_tokens_to_ids(t) for t in ("<|im_end|>", "<|endoftext|>")}
        reference = out[: next((i for i, t in enumerate(out) if t in stops), len(out))]
        assert ours == reference


def test_loss_equals_transformers(f32_model, smollm2, dataset_messages):
    import pmtune as pm
    import torch

    model, _ = smollm2
    messages = dataset_messages[3]
    encoded = f32_model.encode(messages)
    ids, mask = list(encoded.ids), np.array(encoded.mask)
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0, :-1]
    losses = torch.nn.functional.cross_entropy(logits, torch.tensor(ids[1:]), reduction="none").numpy()
    assert f32_model.loss(pm.Dataset.from_list([{"messages": messages}])) == pytest.approx(losses[mask[1:] == 1].mean(), rel=1e-5)
