"""Data versions, differences, team sets and the inbox."""

import concurrent.futures
import json
import pickle

import pmtune as pm
import pytest
from small_examples import SHAPES, example


@pytest.fixture
def registry(tmp_path):
    return pm.ModelRegistry(tmp_path / "models")


@pytest.fixture
def inbox(tmp_path):
    return pm.Inbox(tmp_path / "inbox.jsonl")


def pair(question, answer, **extra):
    return {"prompt": question, "completion": answer, **extra}


def test_the_author_goes_through_every_door(tmp_path):
    data = pm.Dataset.from_list([example("cone", author="Ana"), example("cube")])
    assert [item["author"] for item in data] == ["Ana", ""]
    data.save(tmp_path / "data.jsonl")
    assert [item["author"] for item in pm.Dataset.load(tmp_path / "data.jsonl")] == ["Ana", ""]
    assert pm.Dataset.from_list([pair("Q", "A", author="Ben")])[0]["author"] == "Ben"
    assert data.hash == pm.Dataset.from_list([example("cone"), example("cube")]).hash
    with pytest.raises(pm.InvalidArgument, match="author"):
        pm.Dataset.from_list([example("cone", author=3)])


def test_diff(data):
    assert not data.diff(data) and not data.diff(data.shuffle(seed=3)) and str(data.diff(data)) == "No difference.\n"
    changed = [pair("Name it.", "Cone."), pair("Say hello.", "Hello!")]
    before = pm.Dataset.from_list([pair("Name it.", "Cube."), pair("Sum it up.", "Two.")])
    diff = before.diff(pm.Dataset.from_list(changed))
    assert diff and (len(diff.added), len(diff.removed), len(diff.edited)) == (1, 1, 1)
    assert diff.edited[0]["before"]["messages"][-1]["content"] == "Cube."
    assert "+" in str(diff) and "Hello" not in repr(diff) and "Cone." in diff._repr_html_()
    assert json.loads(diff.to_json())["added"][0]["messages"][0]["content"] == "Say hello."


def test_a_team(tmp_path):
    ana = pm.Dataset.from_list([pair("What is an OKR?", "A goal."), pair("Name it.", "Cube.")])
    ben = pm.Dataset.from_list([pair("What is an OKR?", "A measure."), pair("Name it.", "Cube.")])
    merged, problems = pm.Dataset.merge_team({"Ana": ana, "Ben": ben})
    assert [item["author"] for item in merged] == ["Ana", "Ana", "Ben"]
    assert {problem["code"] for problem in problems} == {"duplicate_in_team", "contradiction_in_team"}
    assert all("Ana" in problem["message"] and "Ben" in problem["message"] for problem in problems)
    assert pm.Dataset.merge_team([("Ana", ana)])[0] == ana
    with pytest.raises(pm.InvalidArgument):
        pm.Dataset.merge_team({"": ana})


def test_data_versions(registry, data):
    first = registry.commit_data("PM-shapes", data[:4], author="Ana", note="four")
    second = registry.commit_data("PM-shapes", data, author="Ben")
    assert (first.id, second.id, second.parent) == ("PM-shapes-d1", "PM-shapes-d2", "PM-shapes-d1")
    assert (second.examples, second.added, second.removed, second.edited) == (len(SHAPES), 2, 0, 0)
    assert registry.commit_data("PM-shapes", data) == second and second.hash == data.hash
    assert list(second) == list(pm.DataVersion.__annotations__) and pickle.loads(pickle.dumps(second)) == second
    assert [version.id for version in registry.list_data()] == [second.id, first.id]
    assert registry.list_data("PM-other") == [] and registry.get_data("PM-shapes-d1") == first
    assert registry.open_data(second) == data and registry.open_data("PM-shapes-d1")[0]["origin"] == "PM-shapes-d1"
    assert len(registry.diff_data(first, second).added) == 2 and "PM-shapes-d2" in str(second)
    assert registry.log(second)[0]["action"] == "commit"
    with pytest.raises(pm.NotFound, match="PM-shapes-d1"):
        registry.get_data("PM-shaeps-d1")
    with pytest.raises(pm.InvalidArgument, match="PM"):
        registry.commit_data("PM-d4", data)
    with pytest.raises(TypeError):
        registry.open_data(3)


def test_a_model_names_the_whole_set_it_was_trained_on(registry, trained, data):
    version = registry.add(trained)  # a part was held out
    assert version.data_hash == data.hash == trained.model.training_record.data_hash and version.data_version == ""
    kept = registry.commit_data("PM-shapes", data)
    assert kept.models == [version.id] and registry.get(version).data_version == kept.id
    assert list(version) == list(pm.ModelVersion.__annotations__)


def test_data_that_was_changed_is_refused(registry, data, tmp_path):
    registry.commit_data("PM-shapes", data)
    (content,) = tmp_path.rglob("data.jsonl")
    content.write_text(content.read_text().replace("circle", "cirque"))
    with pytest.raises(pm.Corrupt, match="PM-shapes-d1"):
        registry.open_data("PM-shapes")


def test_an_inbox(inbox, tmp_path):
    assert inbox.list() == [] and len(inbox.accepted()) == 0 and not list(tmp_path.iterdir())
    first = inbox.append(example("cone"), author="Ana", source="chat")
    second = inbox.append(pair("Name it.", "Cube."))
    third = pm.Dataset.append(inbox.path, example("star"))
    assert [entry["id"] for entry in inbox.list()] == [first, second, third]
    assert inbox.review(first, "accepted", reviewer="Ben", note="good")["status"] == "accepted"
    inbox.review(second[:6], "rejected")
    assert [entry["id"] for entry in inbox.list("pending")] == [third]
    (entry,) = inbox.list("accepted")
    assert (entry["author"], entry["source"], entry["reviewer"]) == ("Ana", "chat", "Ben")
    assert entry["example"]["author"] == "Ana" and inbox.accepted()[0]["messages"] == example("cone")["messages"]
    with pytest.raises(pm.InvalidArgument, match="accepted"):
        inbox.review(first, "acepted")
    with pytest.raises(pm.NotFound):
        inbox.review("zzzz", "accepted")
    with pytest.raises(pm.InvalidArgument):
        inbox.append({"messages": []})
    assert str(inbox.path) in repr(inbox)


def test_take(inbox, data, tmp_path):
    data.save(tmp_path / "data.jsonl")
    for shape in ("cone", "circle"):
        inbox.review(inbox.append(example(shape)), "accepted")
    assert inbox.take(tmp_path / "data.jsonl") == {"added": 1, "present": 1, "examples": len(SHAPES) + 1}
    assert inbox.take(tmp_path / "data.jsonl")["added"] == 0
    assert len(pm.Dataset.load(tmp_path / "data.jsonl")) == len(SHAPES) + 1
    with pytest.raises(pm.NotFound):
        inbox.take(tmp_path / "nowhere.jsonl")


def test_a_damaged_line_is_told_of(inbox):
    inbox.append(example("cone"))
    with open(inbox.path, "a") as file:
        file.write('{"check":"0123')
    inbox.append(example("cube"))
    assert len(inbox.list()) == 2
    (problem,) = inbox.problems()
    assert (problem["line"], problem["code"], problem["severity"]) == (2, "damaged_line", "warning")


def test_an_inbox_from_several_threads(inbox):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        ids = list(pool.map(lambda i: inbox.append(pair(f"Question {i}", "A")), range(40)))
    assert len(set(ids)) == len(inbox.list()) == 40
