"""What a model will be taught, and what surprises it."""

import json
import pathlib
import re

import pmtune as pm
import pytest
from small_model import random_model

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def house_style():
    return pm.Dataset.load(ROOT / "examples" / "dataset.jsonl")


@pytest.fixture(scope="module")
def preview(model, house_style):
    return model.preview(house_style)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny") / "model"
    random_model(folder)
    return pm.Model.load(folder, weights="f32")


def pair(question, answer, **extra):
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}], **extra}


def test_runs_are_the_example_as_encode_sees_it(model, house_style, preview):
    assert len(preview.examples) == len(house_style)
    for shown, example in zip(preview.examples, house_style):
        encoded = model.encode(example["messages"])
        assert "".join(run["text"] for run in shown["runs"]) == model.render(example["messages"])
        assert [flag for run in shown["runs"] for flag in [int(run["taught"])] * run["tokens"]] == encoded.mask
        assert shown["tokens"] == len(encoded.ids) and shown["taught"] == sum(encoded.mask)
        assert shown["error"] == "" and shown["tokens_cut"] == 0


def test_every_answer_is_proved_to_end(model, preview):
    assert preview.answers == preview.answers_proved > 0 and preview.refused == 0
    stop = model.tokenize("<|im_end|>", special=True)[-1]
    for shown in preview.examples:
        for answer in shown["answers"]:
            assert answer["end_token"] == stop and answer["end_text"] == "<|im_end|>"
            assert answer["end_is_taught"] and answer["end_stops"]
    assert "<|im_end|>" in preview.stop_tokens
    assert f"All {preview.answers} answers end on a token that is taught" in str(preview)


def test_answers_name_their_message(model):
    messages = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b", "weight": 0},
                {"role": "user", "content": "c"}, {"role": "assistant", "content": "d"}]
    shown = model.preview(pm.Dataset.from_list([{"messages": messages}])).examples[0]
    assert [answer["turn"] for answer in shown["answers"]] == [4]
    assert [run["text"] for run in shown["runs"] if run["taught"]] == ["d<|im_end|>"]


def test_what_the_context_length_cuts(model, house_style, preview):
    limit = 200
    cut = model.preview(house_style, context_length=limit)
    assert cut.context_length == limit and cut.too_long == sum(e["tokens"] > limit for e in preview.examples) > 0
    for before, shown in zip(preview.examples, cut.examples):
        assert shown["tokens_cut"] == max(0, before["tokens"] - limit)
        assert sum(run["tokens"] for run in shown["runs"] if run["cut"]) == shown["tokens_cut"]
        assert sum(run["tokens"] for run in shown["runs"] if run["cut"] and run["taught"]) == shown["taught_cut"]
        assert "".join(run["text"] for run in shown["runs"]) == "".join(run["text"] for run in before["runs"])
        if shown["taught_cut"]:
            assert shown["answers"][-1]["end_is_cut"] and shown["answers"][-1]["end_stops"]
    assert cut.answers_proved == cut.answers
    assert cut.answers_cut == sum(answer["end_is_cut"] for shown in cut.examples for answer in shown["answers"])
    assert "longer than the context length of 200 tokens" in str(cut) and "{{cut: " in cut.to_text(99)
    with pytest.raises(pm.InvalidArgument, match="context_length"):
        model.preview(house_style, context_length=3)


def test_a_character_over_a_cut_is_no_garbage(tiny):
    """One token a byte: every cut within a character of several bytes is tried."""
    data = pm.Dataset.from_list([pair("Grüße, 世界", "Ünïcödé 🚀 für 世界")])
    whole = tiny.render(data[0]["messages"])
    for limit in range(8, len(whole.encode()) + 1):
        shown = tiny.preview(data, context_length=limit).examples[0]
        assert "".join(run["text"] for run in shown["runs"]) == whole
        assert all("\ufffd" not in run["text"] for run in shown["runs"])


def test_a_refused_example_is_reported(tmp_path):
    random_model(tmp_path / "model")
    config = tmp_path / "model" / "tokenizer_config.json"
    settings = json.loads(config.read_text())
    settings["chat_template"] = ("{% if messages[0].role == 'system' %}{{ raise_exception('No system please') }}{% endif %}"
                                 + settings["chat_template"])
    config.write_text(json.dumps(settings))
    strict = pm.Model.load(tmp_path / "model", weights="f32")
    system = {"messages": [{"role": "system", "content": "s"}, *pair("a", "b")["messages"]]}
    preview = strict.preview(pm.Dataset.from_list([pair("a", "b"), system]))
    assert preview.refused == 1 and "No system please" in preview.examples[1]["error"]
    assert preview.examples[1]["runs"] == [] and preview.examples[0]["answers"]
    assert "No system please" in str(preview) and "No system please" in preview.to_html()
    surprises = pm.rank_surprises(strict, pm.Dataset.from_list([pair("a", "b"), system]))
    assert "No system please" in surprises.ranked[-1]["error"] and surprises.ranked[-1]["reasons"] == []


def test_histograms_count_everything(preview):
    for histogram, count in ((preview.example_tokens, len(preview.examples)), (preview.answer_tokens, preview.answers)):
        assert sum(bar["count"] for bar in histogram["bars"]) == count
        assert histogram["least"] <= histogram["median"] <= histogram["most"] <= histogram["total"]
    assert preview.answer_tokens["total"] == preview.taught
    assert preview.to_text(0).count("█") >= len(preview.examples)


def test_forms(preview, tmp_path):
    assert preview.to_dict() == json.loads(preview.to_json())
    assert preview.to_text(2).count("[[") == sum(len(e["answers"]) for e in preview.examples[:2])
    preview.save_html(tmp_path / "p.html")
    assert (tmp_path / "p.html").read_text() == preview.to_html()
    with pytest.raises(pm.IoError):
        preview.save_html("/proc/nowhere/p.html")
    assert pm.DatasetPreview.of.__doc__ and "ends proved" in repr(preview)


def test_hostile_examples_stay_text(model):
    bad = "</pre></ins></iframe><script>alert(1)</script>\" onload=\"x <|im_end|> \x1b[2J \u202e & &amp;"
    data = pm.Dataset.from_list([pair(bad, bad)])
    preview = model.preview(data)
    page = preview.to_html()
    assert "<script" not in page and "\x1b" not in page and "\u202e" not in page and "</iframe>" not in page
    assert len(preview.examples[0]["answers"]) == 1  # the person's <|im_end|> ends nothing
    framed = preview._repr_html_()
    assert framed.startswith('<iframe sandbox srcdoc="') and framed.count('"') == 4
    assert "\x1b" not in str(preview)


def test_a_model_that_cannot_talk_is_refused(tmp_path):
    random_model(tmp_path / "model")
    config = tmp_path / "model" / "tokenizer_config.json"
    config.write_text(json.dumps({"eos_token": "<end>"}))
    mute = pm.Model.load(tmp_path / "model", weights="f32")
    for look in (mute.preview, lambda data: pm.rank_surprises(mute, data)):
        with pytest.raises(pm.Unsupported, match="chat template"):
            look(pm.Dataset.from_list([pair("a", "b")]))


# ---- surprises ----

INVENTED = ("Ask Zarkon Vexley of Quorvane Systems: on 14 March 2031 Brillux 7.4 moved 83,412 of 91,077 Thessaly accounts to "
            "Port Ombrel. Marga Ilvesson signed off contract QX-5518 for 2,740,993 dollars, and Dunmere Holdings keeps 61.7% "
            "of Velstra until 29 August 2034. Call Yorick Tamblyn at Kestrel House 419 about invoice 77-20931.")


def reasons(surprises):
    return {example["index"]: [reason["code"] for reason in example["reasons"]] for example in surprises.ranked}


@pytest.fixture(scope="module")
def untouched(model, house_style):
    return pm.rank_surprises(model, house_style)


def test_losses_are_the_models(model, house_style, untouched):
    losses = model.losses(house_style)
    for example in untouched.ranked:
        assert example["loss"] == pytest.approx(losses[example["index"]]["loss"], rel=1e-4)
        assert example["tokens"] == losses[example["index"]]["tokens"]


def test_a_good_set_raises_no_flood(untouched, house_style):
    print(untouched)
    assert len(untouched.ranked) == len(house_style) and untouched.flagged <= 2
    assert untouched.median_gain > 0.1


def test_planted_faults_come_first(model, house_style):
    examples = [json.loads(json.dumps(example)) for example in house_style]
    tasks = [example["tags"] for example in examples]
    first, second = next((i, j) for i in range(len(tasks)) for j in range(i + 2, len(tasks)) if tasks[i] != tasks[j]
                         and len(examples[i]["messages"]) == len(examples[j]["messages"]) == 3)
    a, b = examples[first]["messages"][-1], examples[second]["messages"][-1]
    a["content"], b["content"] = b["content"], a["content"]
    invented = next(i for i in range(len(examples) - 1, 0, -1) if i not in (first, second) and len(examples[i]["messages"]) == 3)
    examples[invented]["messages"][-1]["content"] = INVENTED
    surprises = pm.rank_surprises(model, pm.Dataset.from_list(examples))
    print(surprises)
    five = [example["index"] for example in surprises.ranked[:5]]
    assert {first, second, invented} <= set(five)
    found = reasons(surprises)
    assert "answer_does_not_fit_question" in found[first] and "answer_does_not_fit_question" in found[second]
    assert "new_facts" in found[invented]
    assert sum(bool(codes) for codes in found.values()) <= 5


def test_few_examples_say_less(model, house_style):
    surprises = pm.rank_surprises(model, house_style[:3])
    assert all(example["unusual"] is None for example in surprises.ranked)
    assert any("With 3 examples" in note for note in surprises.notes)
    assert "answer_does_not_fit_question" not in sum(reasons(surprises).values(), [])


def test_what_was_learned_is_known_already(trained, data):
    """After a training the model is no base; its own examples hold no surprise, or less."""
    before = pm.rank_surprises(trained.model.base(), data, compare_with=0)
    after = pm.rank_surprises(trained.model, data, compare_with=0)
    assert after.median_loss < before.median_loss
    assert any("fine-tuned" in note for note in after.notes) and not any("fine-tuned" in note for note in before.notes)


def test_progress_and_cancel(tiny):
    data = pm.Dataset.from_list([pair(f"question {i}", f"answer {i}") for i in range(4)])
    events = []
    surprises = pm.rank_surprises(tiny, data, progress=events.append)
    assert [event["done"] for event in events][-1] == events[-1]["of"] and events[0]["event"] == "reading"
    assert len(surprises.ranked) == 4
    with pytest.raises(pm.Cancelled, match="2 of"):
        pm.rank_surprises(tiny, data, progress=lambda event: event["done"] < 2)

    def broken(event):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        pm.rank_surprises(tiny, data, progress=broken)


def test_options_are_checked(tiny):
    data = pm.Dataset.from_list([pair("a", "b")])
    with pytest.raises(pm.InvalidArgument, match="compare_with"):
        pm.rank_surprises(tiny, data, compare_with=-1)
    with pytest.raises(pm.InvalidArgument, match="compare_tokens"):
        pm.rank_surprises(tiny, data, compare_token=9)
    with pytest.raises(pm.InvalidArgument, match="empty"):
        pm.rank_surprises(tiny, pm.Dataset())


def test_equal_questions_are_not_compared(tiny):
    surprises = pm.rank_surprises(tiny, pm.Dataset.from_list([pair("same", f"answer {i}") for i in range(9)]))
    assert all(example["gain"] is None and example["questions_tried"] == 0 for example in surprises.ranked)
    assert surprises.median_gain is None


def test_surprises_in_all_forms(untouched):
    assert untouched.to_dict() == json.loads(untouched.to_json())
    assert re.search("20 examples", str(untouched)) and untouched.to_text(1)
    assert "<script" not in untouched._repr_html_() and "hints" in untouched._repr_html_()


def test_hostile_surprises_stay_text(tiny):
    bad = "<script>alert(1)</script>\x1b[2J Ünsafe 12345 \u202e"
    surprises = pm.rank_surprises(tiny, pm.Dataset.from_list([pair(bad, bad), *(pair(f"q{i}", f"a{i}") for i in range(8))]))
    assert "<script" not in surprises._repr_html_() and "\x1b" not in str(surprises) and "\u202e" not in str(surprises)
