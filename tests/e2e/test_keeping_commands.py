"""`pmtune rate`, `log` and the commands that keep versions or hand them on."""
import json

import pytest
from test_cli import one_line_on_stderr, pmtune


@pytest.fixture
def report(tmp_path):
    """A report of two questions, both answered by two models."""
    def answer(prompt, text):
        return {"prompt_id": prompt, "text": text, "checks": [], "score": 0, "tokens": 3, "seconds": 0.1, "finish": "stop"}

    arms = [{"label": label, "model": label + "-model", "answers": [answer("q1", f"{label} one"), answer("q2", f"{label} two")],
             "held_out": [], "held_out_loss": None, "perplexity": None, "format_score": 0.5} for label in ("base", "tuned")]
    verdict = {"outcome": "cannot_tell", "sentence": "Cannot tell.", "wins": 0, "ties": 2, "losses": 0, "p_value": 1,
               "loss_wins": 0, "loss_losses": 0, "loss_p_value": 1, "more_prompts_needed": 0}
    prompts = [{"id": name, "category": "Shapes", "prompt": f"Question {name}?", "checks": []} for name in ("q1", "q2")]
    path = tmp_path / "report.json"
    path.write_text(json.dumps({"format": "pmtune-eval-report", "version": 1, "suite": "shapes", "created": "2026-11-24T08:00:00Z", "prompts": prompts,
                                "arms": arms, "verdict": verdict, "ratings": [], "history": [], "notes": []}))
    return path


def ratings(report):
    return json.loads(report.read_text())["ratings"]


def test_rating(report):
    run = pmtune("rate", report, "--rater", "Ana", stdin="4 5 3 4 5 too long\n2\ns\nq\n")
    assert run.returncode == 0, run.stderr
    assert "Question q" in run.stdout and "Answer 1" in run.stdout
    assert "base one" in run.stdout or "base two" in run.stdout
    first, second = ratings(report)
    assert (first["accuracy"], first["format"], first["tone"], first["comment"]) == (4, 5, 5, "too long")
    assert second["relevance"] == 2 and {first["arm"], second["arm"]} == {"base", "tuned"} and first["rater"] == "Ana"
    run = pmtune("rate", report, "--rater", "Ana", "--json", stdin="5\n5\n")  # only what is left
    told = json.loads(run.stdout)
    assert [arm["ratings"] for arm in told["arms"]] == [2, 2] and len(ratings(report)) == 4
    assert "Question" not in pmtune("rate", report, "--rater", "Ana").stdout
    pmtune("rate", report, "--rater", "Ana", "--again", stdin="1\n1\n1\n1\n")
    assert len(ratings(report)) == 4 and {rating["tone"] for rating in ratings(report)} == {1}


@pytest.mark.parametrize("line", ["6", "4 5", "good", "1 2 3 4 9", ""])
def test_what_is_no_rating(report, line):
    run = pmtune("rate", report, stdin=line + "\n")
    assert run.returncode == 1 and "is no rating" in one_line_on_stderr(run) and ratings(report) == []


def test_no_report(tmp_path):
    (tmp_path / "x.json").write_text("{}")
    for name in ["nowhere.json", "x.json"]:
        run = pmtune("rate", name, cwd=tmp_path)
        assert run.returncode == 1 and name in one_line_on_stderr(run)


def test_log(tmp_path):
    assert json.loads(pmtune("log", "--json", cwd=tmp_path).stdout) == [] and list(tmp_path.iterdir()) == []
    (tmp_path / "data.jsonl").write_text('{"prompt": "What is an OKR?", "completion": "A goal."}\n')
    pmtune("data", "commit", "data.jsonl", "--name", "PM", cwd=tmp_path)
    assert "PM-d1" in pmtune("log", cwd=tmp_path).stdout
    assert json.loads(pmtune("log", "PM-d1", "--json", cwd=tmp_path).stdout)[0]["action"] == "commit"
    assert pmtune("log", "--most", "0", cwd=tmp_path).returncode == 2


@pytest.mark.parametrize("arguments", [
    ["archive", "PM-v1"], ["restore", "PM-v1"], ["backup", "copy"], ["bundle", "PM-v1", "pm.bundle"], ["import", "pm.bundle"],
    ["export", "nowhere", "out"],
])
def test_commands_without_what_they_need(tmp_path, arguments):
    run = pmtune(*arguments, cwd=tmp_path)
    assert run.returncode == 1 and one_line_on_stderr(run)
    assert pmtune(arguments[0]).returncode == 2
