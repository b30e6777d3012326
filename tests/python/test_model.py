"""Model, on the real SmolLM2."""

import json
import math
import pickle
import signal

import numpy as np
import pmtune as pm
import pytest
from small_examples import example

QUESTION = [{"role": "user", "content": "Name three primary colours."}]


def test_info(model):
    info = model.info
    assert 130e6 < info.parameters < 140e6 and info["parameters"] == info.parameters
    assert info.file_format == "gguf" and info.vocabulary == 49152 and info.adapter == ""
    assert json.loads(json.dumps(info)) == info == pickle.loads(pickle.dumps(info))
    assert "architecture" in dir(info) and str(info) == str(model)
    with pytest.raises(AttributeError, match="parameters"):
        info.paramters  # noqa: B018
    assert info.name in repr(model) and "<table" in model._repr_html_() and "<table" in info._repr_html_()
    assert len(model.hash) == 64 and not model.has_adapter and model.training_record is None


def test_load_by_name_and_options(model_path, model):
    other = pm.Model.load("smollm2-135m-instruct", device="cpu", weights="f32", max_memory="4GB")
    assert other.info.weights == "f32" and other.hash == model.hash
    with pytest.raises(pm.OutOfMemory):
        pm.Model.load(model_path, max_memory="1MB")
    with pytest.raises(pm.NotFound):
        pm.Model.load("no-such-model")


def test_tokens_and_text(model):
    text = "Grüße: a 🙂 and 1,234 tabs\t!"
    ids = model.tokenize(text)
    assert all(type(i) is int for i in ids) and model.detokenize(ids) == text
    assert model.detokenize(np.array(ids)) == text
    assert isinstance(model.detokenize(model.tokenize("🙂")[:1]), str)  # half a character
    assert len(model.tokenize("<|im_end|>", special=True)) < len(model.tokenize("<|im_end|>"))
    with pytest.raises(pm.InvalidArgument):
        model.detokenize([10**6])


def test_render_and_encode(model):
    messages = example("circle")["messages"]
    rendered = model.render(messages)
    assert "Name the shape circle." in rendered and rendered == model.render(tuple(messages))
    assert len(model.render(messages[:1], add_generation_prompt=True)) > len(model.render(messages[:1]))
    encoded = model.encode(messages)
    ids, mask = encoded
    assert ids == encoded.ids and len(ids) == len(mask) and set(mask) == {0, 1}
    assert model.detokenize(ids, skip_special=False) == rendered
    taught = model.detokenize([i for i, m in zip(ids, mask) if m], skip_special=False)
    assert taught.startswith("Shape: circle. Next step: draw it.") and "Name the" not in taught
    assert "<|im_end|>" in taught
    assert model.encode({"messages": messages}) == encoded
    with pytest.raises(pm.InvalidArgument, match="Message 1"):
        model.encode([{"role": "user"}])


def test_logits(model):
    ids = model.tokenize("The capital of France is")
    scores = model.logits(ids)
    assert scores.shape == (len(ids), model.info.vocabulary) and scores.dtype == np.float32
    assert model.detokenize([int(scores[-1].argmax())]).strip() == "Paris"
    scores[0, 0] = 1  # it is the caller's own
    with pytest.raises(pm.InvalidArgument):
        model.logits([])


def test_loss(model, data):
    losses = model.losses(data)
    assert len(losses) == len(data) and all(item["tokens"] > 5 for item in losses)
    tokens = sum(item["tokens"] for item in losses)
    mean = sum(item["loss"] * item["tokens"] for item in losses) / tokens
    assert math.isclose(model.loss(data), mean, rel_tol=1e-6) and 0 < mean < 10
    with pytest.raises(TypeError):
        model.loss("examples.jsonl")


def test_greedy_answers_repeat_and_stream(model):
    pieces = []
    answer = model.generate(QUESTION, max_tokens=24, on_token=pieces.append)
    assert "".join(pieces) == answer.text == str(answer) and answer.ids
    assert len(pieces) >= len(answer.ids) and all(type(piece) is str for piece in pieces)
    assert answer.finish in ("stop", "length") and answer.prompt_tokens > 5 and answer.seconds > 0
    again = model.generate(QUESTION[0], max_tokens=24)
    assert again.ids == answer.ids
    assert model.chat(QUESTION[0]["content"], max_tokens=24) == answer.text


def test_limits_stops_and_seeds(model):
    whole = model.generate("One, two, three, four, five, six,", max_tokens=12)
    assert whole.finish == "length" and len(whole.ids) == 12
    cut = model.generate("One, two, three, four, five, six,", max_tokens=12, stop="nine")
    assert "nine" in whole.text and cut.finish == "stop" and cut.text == whole.text.split("nine")[0]
    warm = [model.generate(QUESTION, max_tokens=12, temperature=1.2, top_p=0.9, seed=seed).ids for seed in (1, 1, 2)]
    assert warm[0] == warm[1] != warm[2]


@pytest.mark.parametrize("answer", [False, pm.Control.stop])
def test_a_token_callback_may_stop(model, answer):
    pieces = []

    def on_token(text):
        pieces.append(text)
        return answer if len(pieces) == 3 else None

    assert model.generate(QUESTION, max_tokens=50, on_token=on_token).finish == "cancelled"
    assert len(pieces) == 3


def test_what_a_token_callback_raises_comes_out(model):
    mistake = RuntimeError("mine")

    def on_token(text):
        raise mistake

    with pytest.raises(RuntimeError) as caught:
        model.generate(QUESTION, max_tokens=50, on_token=on_token)
    assert caught.value is mistake


def test_ctrl_c_ends_an_answer(model):
    seen = []

    def on_token(text):
        seen.append(text)
        if len(seen) == 2:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        model.generate(QUESTION, max_tokens=50, on_token=on_token)
    assert len(seen) <= 3
    assert model.generate(QUESTION, max_tokens=2).ids


def test_generate_refuses_wrong_options(model):
    with pytest.raises(pm.InvalidArgument, match='Did you mean "temperature"'):
        model.generate(QUESTION, temprature=1)
    with pytest.raises(pm.InvalidArgument, match="max_tokens"):
        model.generate(QUESTION, max_tokens=0)
    with pytest.raises(pm.InvalidArgument):
        model.generate(3)


def test_unbuilt_exports_say_so(model, tmp_path):
    with pytest.raises(pm.Unsupported):
        model.export(tmp_path / "x.gguf", "gguf", quantization="q8_0")
    with pytest.raises(pm.InvalidArgument):
        model.save_adapter(tmp_path / "adapter")
    with pytest.raises(pm.InvalidArgument, match="peft"):
        model.export(tmp_path / "x", format="zip")
