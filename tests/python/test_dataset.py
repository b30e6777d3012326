"""Dataset and DatasetReport."""

import json
import os
import pathlib

import pmtune as pm
import pytest
from small_examples import SHAPES, example

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples" / "dataset.jsonl"


@pytest.fixture
def faulty(tmp_path):
    path = tmp_path / "faulty.jsonl"
    path.write_text('{"messages": [}\n' + json.dumps(example("circle")) + "\n")
    return path


def test_load_takes_text_and_paths():
    data = pm.Dataset.load(EXAMPLES)
    assert len(data) == 20 and data == pm.Dataset.load(str(EXAMPLES)) == pm.Dataset.load(os.fsencode(EXAMPLES))
    assert data == pm.Dataset.load(EXAMPLES, "chat", on_error="skip")
    first = data[0]
    assert [message["role"] for message in first["messages"]] == ["system", "user", "assistant"]
    assert set(first["messages"][0]) == {"role", "content"}
    assert (first["tags"], first["origin"], first["line"]) == (["user-story"], str(EXAMPLES), 1)


def test_a_dataset_is_a_sequence(data):
    assert len(data) == len(list(data)) == len(SHAPES)
    assert data[-1] == list(data)[-1] and data[1:3][0] == data[1]
    assert isinstance(data[1:3], pm.Dataset) and len(data[10:]) == 0
    with pytest.raises(IndexError):
        data[len(data)]
    with pytest.raises(IndexError):
        data[-len(data) - 1]


def test_from_list_takes_every_form(data):
    assert pm.Dataset.from_list(list(data)) == data and hash(pm.Dataset.from_list(data)) == hash(data)
    completion = pm.Dataset.from_list([{"prompt": "Name it.", "completion": "Cone."}])
    assert completion[0]["messages"][-1] == {"role": "assistant", "content": "Cone."}
    assert len(pm.Dataset.from_list([])) == len(pm.Dataset()) == 0


def test_a_weight_of_zero_is_kept():
    turns = [
        {"role": "user", "content": "One?"},
        {"role": "assistant", "content": "1", "weight": 0},
        {"role": "user", "content": "Two?"},
        {"role": "assistant", "content": "2"},
    ]
    data = pm.Dataset.from_list([{"messages": turns}])
    assert data[0]["messages"] == turns


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (3, "Example 1 must be a dict"),
        ({"messages": "hello"}, "must be a list"),
        ({"messages": ["hello"]}, "must be a dict"),
        ({"messages": [{"role": "user"}]}, 'no "content"'),
        ({"messages": [{"role": "user", "content": 3}]}, "must be text"),
        ({"messages": [{"role": "user", "content": "x", "colour": 1}]}, "colour"),
        ({"messages": [{"role": "user", "content": "x"}]}, "assistant"),
        ({"messages": example("x")["messages"], "tags": [1]}, "tags"),
        ({"nonsense": 1}, "nonsense|form|messages"),
    ],
)
def test_from_list_names_what_is_wrong(item, words):
    with pytest.raises(pm.InvalidArgument, match=words):
        pm.Dataset.from_list([item])


def test_parse_and_to_jsonl_are_inverse(data):
    assert pm.Dataset.parse(data.to_jsonl(), name="memory") == data
    with pytest.raises(pm.InvalidArgument, match="memory"):
        pm.Dataset.parse("{", "memory")


def test_save_and_hash(data, tmp_path):
    data.save(tmp_path / "all.jsonl")
    again = pm.Dataset.load(tmp_path / "all.jsonl")
    assert again == data and again.hash == data.hash and len(data.hash) == 64
    assert data.shuffle(seed=1).hash != data.hash


def test_parts(data):
    training, validation = data.split(validation=0.3, seed=5)
    assert len(training) + len(validation) == len(data) and len(validation) >= 1
    assert data.split(0.3, 5)[1] == validation
    assert len(data.split(validation=0)[1]) == 0
    assert len(data.sample(3, seed=2)) == 3 and data.sample(3, seed=2) == data.sample(3, seed=2)
    folds = data.folds(3)
    assert [len(part) for _, part in folds] == [2, 2, 2]
    with pytest.raises(pm.InvalidArgument):
        data.split(1.5)


def test_merge_and_filter(data):
    assert len(data.merge(data)) == len(data)
    more = data.merge(pm.Dataset.from_list([example("cone", tags=["solid"])]))
    assert len(more) == len(data) + 1 and len(more.filter("solid")) == 1 and len(more.filter("nothing")) == 0
    assert len(more.filter(lambda item: "circle" in item["tags"])) == 1
    with pytest.raises(TypeError):
        more.filter(3)


def test_check_reports_and_never_raises_for_content(faulty):
    report = pm.Dataset.check(faulty)
    assert not report.ok and not report and "line 1" in str(report)
    errors = [problem for problem in report.problems if problem["severity"] == "error"]
    assert errors[0]["line"] == 1 and set(errors[0]) == {"line", "severity", "code", "message", "fix"}
    assert report.stats["examples"] == 1 and report.path == str(faulty)
    assert report.to_dict() == json.loads(report.to_json()) and report.to_dict()["ok"] is False
    with pytest.raises(pm.NotFound):
        pm.Dataset.check("nowhere.jsonl")


def test_on_error(faulty):
    with pytest.raises(pm.InvalidArgument, match="line 1|1"):
        pm.Dataset.load(faulty)
    assert len(pm.Dataset.load(faulty, on_error="skip")) == 1
    with pytest.raises(pm.InvalidArgument, match="raise, skip"):
        pm.Dataset.load(faulty, on_error="ignore")


def test_html_is_escaped(faulty):
    data = pm.Dataset.from_list([example("<script>alert(1)</script>")])
    assert "<script>" not in data._repr_html_() and "&lt;script&gt;" in data._repr_html_()
    assert "<table" in pm.Dataset.check(faulty)._repr_html_()
