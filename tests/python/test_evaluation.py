"""Evaluator and EvalReport."""

import json

import pmtune as pm
import pytest


def test_the_built_in_suite():
    prompts = pm.Evaluator().prompts
    assert len({prompt["category"] for prompt in prompts}) == 4
    assert "password reset" in " ".join(prompt["prompt"] for prompt in prompts)
    with pytest.raises(pm.NotFound, match="product-management"):
        pm.Evaluator("product-managment")


def test_the_report(report):
    assert report.verdict.outcome in ("better", "worse", "cannot_tell") and report.verdict.sentence
    assert str(report.verdict) == report.verdict.sentence and report.verdict["p_value"] <= 1
    assert [arm["label"] for arm in report.arms] == ["base", "tuned"] and len(report.prompts) == 2
    assert [answer["prompt_id"] for answer in report.arms[0]["answers"]] == ["shape-0", "shape-1"]
    assert {"label", "passed", "note"} == set(report.arms[0]["answers"][0]["checks"][0])
    assert all(value is None or isinstance(value, float) for value in report.scores.values())
    assert report.notes and report.created and report.suite
    assert report.verdict.outcome in repr(report) and str(report) == report.to_text()


def test_files(report, tmp_path):
    report.save(tmp_path / "report.json")
    report.save_html(tmp_path / "report.html")
    again = pm.EvalReport.load(tmp_path / "report.json")
    assert again.to_dict() == report.to_dict() == json.loads(report.to_json())
    assert (tmp_path / "report.html").read_text() == report.to_html()
    (tmp_path / "report.json").write_text("{}")
    with pytest.raises(pm.Error):
        pm.EvalReport.load(tmp_path / "report.json")


def test_the_notebook_gets_a_summary(report):
    html = report._repr_html_()
    assert "<table" in html and len(html) < len(report.to_html()) and "<html" not in html


def test_ratings(report, tmp_path):
    report.save(tmp_path / "r.json")
    copy = pm.EvalReport.load(tmp_path / "r.json")
    copy.add_rating("shape-0", "tuned", rater="Ada", accuracy=4, tone=5, comment="good")
    assert copy.ratings[0]["accuracy"] == 4 and copy.ratings[0]["rater"] == "Ada"
    copy.save(tmp_path / "rated.json")
    assert pm.EvalReport.load(tmp_path / "rated.json").ratings == copy.ratings
    with pytest.raises(pm.InvalidArgument, match="1 to 5"):
        copy.add_rating("shape-0", "tuned", accuracy=6)
    with pytest.raises(pm.InvalidArgument, match="shape-9"):
        copy.add_rating("shape-9", "tuned", accuracy=3)


def test_nothing_held_out_is_none_not_nan(model, suite):
    events = []
    report = pm.Evaluator(suite, max_tokens=3).run(model, progress=events.append)
    assert report.arms[0]["held_out_loss"] is None and report.arms[0]["held_out"] == []
    json.dumps([report.scores, report.arms], allow_nan=False)
    assert [(event["done"], event["of"]) for event in events] == [(1, 2), (2, 2)]


def test_held_out_examples(model, suite, data):
    report = pm.Evaluator(suite, max_tokens=3).run(model, data[:2], progress=None)
    assert len(report.arms[0]["held_out"]) == 2 and report.arms[0]["held_out_loss"] > 0


def test_stopping(model, suite):
    evaluator = pm.Evaluator(suite, max_tokens=3)
    with pytest.raises(pm.Cancelled):
        evaluator.run(model, progress=lambda event: False)
    mistake = KeyError("mine")

    def progress(event):
        raise mistake

    with pytest.raises(KeyError) as caught:
        evaluator.run(model, progress=progress)
    assert caught.value is mistake


def test_lines_without_tqdm(model, suite, capsys, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "tqdm.auto", None)
    pm.Evaluator(suite, max_tokens=2).run(model, progress=True)
    assert "2 of 2 answers" in capsys.readouterr().err


def test_single_checks():
    result = pm.run_check({"kind": "contains", "label": "names it", "text": "cone"}, "A cone.")
    assert result["label"] == "names it" and result["passed"] is True
    with pytest.raises(pm.InvalidArgument, match='Did you mean "text"'):
        pm.run_check({"kind": "contains", "txt": "cone"}, "A cone.")


def test_unbuilt_parts_say_so(model, report):
    with pytest.raises(pm.Unsupported):
        pm.Evaluator().forgetting(model, model)
    with pytest.raises(pm.Unsupported):
        pm.Evaluator().judge(report, model)
