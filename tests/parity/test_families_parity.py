"""Every family against transformers and PEFT on small random models, in f32: logits, the gradients of a training step, answers with
and without the KV cache; texts longer than the sliding windows, and on both sides of LongRoPE's limit."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from small_families import CASES, ORIGINAL, WINDOW, save, write_gguf
from test_engine_parity import GRADIENT_TOLERANCE, LOGIT_TOLERANCE, as_lines, largest_relative_difference, lora, reference_gradients

LENGTHS = (50, 100)
assert WINDOW < LENGTHS[0] <= ORIGINAL < LENGTHS[1]


@pytest.fixture(scope="module", params=CASES)
def family(request, tmp_path_factory):
    """(name of the case, model of transformers, its folder)"""
    folder = tmp_path_factory.mktemp(request.param) / "model"
    return request.param, save(request.param, folder), folder


def draw(count, seed=1):
    return torch.randint(0, 256, (count,), generator=torch.Generator().manual_seed(seed)).tolist()


def theirs(model, ids):
    with torch.no_grad():
        return model(torch.tensor([ids])).logits[0].numpy()


@pytest.mark.parametrize("length", LENGTHS)
def test_logits_equal_transformers(train_dump, family, length):
    case, model, folder = family
    ids = draw(length)
    ours = np.frombuffer(train_dump("logits", folder, stdin=json.dumps(ids).encode()), dtype=np.float32)
    reference = theirs(model, ids)
    difference = np.abs(ours.reshape(reference.shape) - reference).max()
    print(f"{case}, {length} tokens: logits within {difference:.1e}, the largest is {np.abs(reference).max():.1f}")
    assert difference < LOGIT_TOLERANCE


# What the metadata of a GGUF cannot say: which layers have the window or no rotation, and the scale of scores.
NOT_IN_GGUF = {"qwen2-window", "smollm3-interval", "gemma3-scale"}


@pytest.mark.parametrize("length", LENGTHS)
def test_gguf_logits_equal_transformers(train_dump, family, length, tmp_path):
    case, model, _ = family
    if case in NOT_IN_GGUF:
        return
    write_gguf(case, model, tmp_path / "model.gguf")
    ids = draw(length)
    ours = np.frombuffer(train_dump("logits", tmp_path / "model.gguf", stdin=json.dumps(ids).encode()), dtype=np.float32)
    reference = theirs(model, ids)
    difference = np.abs(ours.reshape(reference.shape) - reference).max()
    print(f"{case} as GGUF, {length} tokens: logits within {difference:.1e}")
    assert difference < LOGIT_TOLERANCE


@pytest.fixture(scope="module")
def step(family, tmp_path_factory):
    """(folder of an adapter on all linear layers, examples, loss, gradients) by PEFT. Two examples begin alike."""
    import copy

    folder = tmp_path_factory.mktemp("adapter")
    first, second = draw(LENGTHS[0]), draw(LENGTHS[1], seed=2)
    rows = [first, second, first[:30] + draw(18, seed=3)]
    batch = [(ids, [0] * 35 + [1] * (len(ids) - 35)) for ids in rows]
    model = copy.deepcopy(family[1])
    fused = family[0].startswith("phi3")
    targets = ["qkv_proj", "o_proj", "gate_up_proj", "down_proj"] if fused else ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    peft_model = lora(model, folder, target_modules=targets)
    loss, gradients = reference_gradients(peft_model, batch)
    return folder, batch, loss, gradients


@pytest.mark.parametrize("flags", [[], ["--reference"], ["--recompute"], ["--share-prefixes"]], ids=["fast", "plain", "recomputed", "shared"])
def test_gradients_equal_peft(train_dump, family, step, flags, tmp_path):
    adapter, batch, loss, reference = step
    out = json.loads(train_dump("gradients", family[2], adapter, tmp_path / "g.safetensors", *flags, stdin=as_lines(batch)))
    assert out["loss"] == pytest.approx(loss, rel=1e-5)
    worst = largest_relative_difference(load_file(tmp_path / "g.safetensors"), reference)
    print(f"{family[0]} {flags}: loss {out['loss']:.5f}, gradients within {worst:.1e} of PEFT")
    assert worst < GRADIENT_TOLERANCE


def test_bf16_gradients_point_the_same_way(train_dump, family, step, tmp_path):
    adapter, batch, loss, reference = step
    out = json.loads(train_dump("gradients", family[2], adapter, tmp_path / "g.safetensors", "--weights", "bf16", stdin=as_lines(batch)))
    ours = load_file(tmp_path / "g.safetensors")
    a, b = (torch.cat([g[n].flatten() for n in sorted(reference)]) for g in (ours, reference))
    cosine = torch.nn.functional.cosine_similarity(a, b, dim=0).item()
    print(f"{family[0]}: bf16 loss {out['loss']:.4f} against {loss:.4f}, cosine {cosine:.5f}")
    assert abs(out["loss"] - loss) < 0.02 * loss and cosine > 0.99


def test_adapter_saved_by_us_opens_in_peft(train_dump, family, step, tmp_path):
    import copy
    from peft import PeftModel

    train_dump("save-adapter", family[2], step[0], tmp_path / "ours")
    model = PeftModel.from_pretrained(copy.deepcopy(family[1]), tmp_path / "ours").eval()
    ids = draw(LENGTHS[0])
    ours = np.frombuffer(train_dump("logits", family[2], "--adapter", tmp_path / "ours", stdin=json.dumps(ids).encode()), dtype=np.float32)
    reference = theirs(model, ids)
    assert np.abs(ours.reshape(reference.shape) - reference).max() < LOGIT_TOLERANCE


@pytest.mark.parametrize("prompt", (20, ORIGINAL - 5, LENGTHS[1]), ids=lambda n: f"{n}-tokens")
def test_cached_equals_uncached(family, prompt):
    """Each token of an answer is the best one by transformers' logits of the whole text so far, computed without a cache."""
    import pmtune as pm

    model = pm.Model.load(family[2], weights="f32")
    text = "".join(chr(32 + i % 95) for i in draw(prompt, seed=4))
    answer = list(model.generate(text, max_tokens=48, temperature=0).ids)
    ids = list(model.tokenize(text))
    assert len(ids) == prompt and len(answer) == 48
    for i in range(len(answer)):  # LongRoPE: a text of another length has other logits
        scores = theirs(family[1], ids + answer[:i])[-1][:256]  # the model has more rows than the tokenizer has tokens
        assert scores[answer[i]] > scores.max() - LOGIT_TOLERANCE, f"token {i}"
