"""`pmtune data` and `pmtune inbox`: a set over some months, as a team keeps it."""
import json

import pytest
from test_cli import one_line_on_stderr, pmtune, write_examples


def pair(question, answer, **extra):
    return {"prompt": question, "completion": answer, **extra}


@pytest.fixture
def month(tmp_path):
    """A set of the first month, and what two people wrote."""
    write_examples(tmp_path / "data.jsonl", [pair("What is an OKR?", "A goal."), pair("Name a metric.", "Activation.")])
    write_examples(tmp_path / "ana.jsonl", [pair("What is an OKR?", "A goal."), pair("Say hello.", "Hello!")])
    write_examples(tmp_path / "ben.jsonl", [pair("What is an OKR?", "A measure."), pair("Say hello.", "Hello!")])
    return tmp_path


def done(*arguments, cwd, stdin=""):
    run = pmtune(*arguments, cwd=cwd, stdin=stdin)
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_versions(month):
    assert "No data yet" in done("data", "log", cwd=month) and not (month / "models").exists()
    out = done("data", "commit", "data.jsonl", "--name", "PM", "--author", "Ana", "--note", "the start", cwd=month)
    assert out.startswith("PM-d1  ") and "2 examples  Ana  the start" in out
    assert "nothing was committed" in done("data", "commit", "data.jsonl", "--name", "PM", cwd=month)
    write_examples(month / "data.jsonl", [pair("What is an OKR?", "A goal with results."), pair("Sum it up.", "Two.")])
    out = done("data", "diff", "PM", "data.jsonl", cwd=month)
    assert out.splitlines()[0] == "1 added, 1 removed, 1 edited." and "\033" not in out
    assert '+ line 2 "Sum it up."' in out and '- line 2 "Name a metric."' in out and '+ "A goal with results."' in out
    version = json.loads(done("data", "commit", "data.jsonl", "--name", "PM", "--json", cwd=month))
    assert (version["id"], version["parent"], version["edited"]) == ("PM-d2", "PM-d1", 1)
    assert [line.split()[0] for line in done("data", "log", cwd=month).splitlines()] == ["PM-d2", "PM-d1"]
    assert [each["id"] for each in json.loads(done("data", "log", "PM", "--json", cwd=month))] == ["PM-d2", "PM-d1"]
    assert len(json.loads(done("data", "diff", "PM-d1", "PM-d2", "--json", cwd=month))["edited"]) == 1
    done("data", "export", "PM-d1", "again.jsonl", cwd=month)
    assert done("data", "diff", "again.jsonl", "PM-d1", cwd=month) == "No difference.\n"
    run = pmtune("data", "export", "PM-d7", "x.jsonl", cwd=month)
    assert run.returncode == 1 and 'Did you mean "PM-d' in one_line_on_stderr(run)
    run = pmtune("data", "diff", "nowhere.jsonl", "PM-d1", cwd=month)
    assert run.returncode == 1 and "nowhere.jsonl" in one_line_on_stderr(run)


def test_a_team(month):
    out = done("data", "merge", "ana.jsonl", "ben.jsonl", "-o", "team.jsonl", cwd=month)
    assert "team.jsonl: 3 examples (ana 2, ben 1)." in out
    assert "ana (ana.jsonl line 1) and ben (ben.jsonl line 1) answer" in out and "wrote the same example" in out
    authors = [json.loads(line)["author"] for line in (month / "team.jsonl").read_text().splitlines()]
    assert authors == ["ana", "ana", "ben"]
    report = json.loads(done("data", "merge", "ana.jsonl", "ben.jsonl", "-o", "team.jsonl", "--json", cwd=month))
    assert report["examples"] == 3 and len(report["problems"]) == 2


def test_an_inbox(month):
    assert "Nothing is in inbox.jsonl" in done("inbox", "list", cwd=month)
    out = done("inbox", "add", "ana.jsonl", "--author", "Ana", "--source", "chat", cwd=month)
    assert "Added 2 examples to inbox.jsonl" in out
    done("inbox", "add", "-", cwd=month, stdin=json.dumps(pair("Sum it up.", "Two.")))
    entries = json.loads(done("inbox", "list", "--json", cwd=month))
    assert [entry["author"] for entry in entries] == ["Ana", "Ana", ""]
    first, second, third = (entry["id"] for entry in entries)
    assert f"{first}  accepted  What is an OKR?" in done("inbox", "accept", first[:6], second, "--reviewer", "Ben", cwd=month)
    done("inbox", "reject", third, "--note", "too short", cwd=month)
    assert "Sum it up." in done("inbox", "list", "--status", "rejected", cwd=month)
    out = done("inbox", "take", "data.jsonl", cwd=month)
    assert "data.jsonl: added 1 example, now 3. 1 accepted before is there already." in out
    assert "pmtune check data.jsonl" in out
    assert json.loads((month / "data.jsonl").read_text().splitlines()[-1])["author"] == "Ana"
    assert "added 0 examples, now 3." in done("inbox", "take", "data.jsonl", cwd=month)
    with open(month / "inbox.jsonl", "a") as file:
        file.write('{"check":"01')
    assert "line 7:" in done("inbox", "list", cwd=month)
    run = pmtune("inbox", "accept", "zzzz", cwd=month)
    assert run.returncode == 1 and "no entry" in one_line_on_stderr(run)


@pytest.mark.parametrize("arguments", [["data"], ["inbox"], ["data", "commit", "x.jsonl"], ["inbox", "accept"],
                                       ["data", "merge", "x.jsonl"], ["data", "zip"]])
def test_wrong_usage(arguments):
    run = pmtune(*arguments)
    assert run.returncode == 2 and f"pmtune {arguments[0]}" in one_line_on_stderr(run)


@pytest.mark.parametrize("command", ["data commit", "data log", "data diff", "data export", "data merge", "inbox add",
                                     "inbox list", "inbox accept", "inbox reject", "inbox take"])
def test_help_has_an_example(command):
    assert f"pmtune {command}" in done(*command.split(), "--help", cwd=None)
