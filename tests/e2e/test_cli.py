"""The `pmtune` command as a person uses it: help, messages, exit codes, and one real small job from check to chat."""
import json
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PMTUNE = pathlib.Path(os.environ.get("PMTUNE_BUILD", ROOT / "build" / "release")) / "bin" / "pmtune"
CACHE = pathlib.Path(os.environ.get("PMTUNE_CACHE", pathlib.Path.home() / ".cache" / "pmtune"))
MODEL = pathlib.Path(
    os.environ.get("PMTUNE_SMOLLM2", CACHE / "models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf"))
COMMANDS = ["check", "fix", "preview", "data", "inbox", "train", "eval", "rate", "chat", "models", "show", "note", "promote", "log",
            "archive", "restore", "backup", "bundle", "import", "export", "pull", "serve", "doctor", "completion"]
STORIES = ["login", "export", "search", "billing", "invites", "audit log", "dark mode", "reminders"]


def pmtune(*arguments, cwd=None, stdin="", **variables):
    """Runs the command; what the person who tests has set for it is left out."""
    own = {"PMTUNE_REGISTRY", "PMTUNE_CONFIG", "PMTUNE_INBOX"}
    environment = {name: value for name, value in os.environ.items() if name not in own}
    environment |= {"XDG_CONFIG_HOME": "/nonexistent", **variables}
    return subprocess.run([PMTUNE, *map(str, arguments)], capture_output=True, text=True, cwd=cwd, input=stdin,
                          env=environment, timeout=300)


def example(prompt, answer):
    return {"messages": [{"role": "system", "content": "Answer in one line."}, {"role": "user", "content": prompt},
                         {"role": "assistant", "content": answer}]}


def write_examples(path, rows):
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), encoding="utf-8")
    return path


def good_rows():
    return [example(f"Write a user story for {topic}.", f"As a user, I want {topic}, so that my work is {i} minutes shorter.")
            for i, topic in enumerate(STORIES, start=2)]


def one_line_on_stderr(run):
    assert run.stderr.startswith("pmtune: "), run.stderr
    assert run.stderr.count("\n") == 1 and run.stderr.endswith("\n"), run.stderr
    return run.stderr


def test_program_is_built():
    assert PMTUNE.exists(), f"{PMTUNE} is missing; run `make build`"


def test_help_names_every_command():
    run = pmtune("--help")
    assert run.returncode == 0
    for command in COMMANDS:
        assert re.search(rf"^\s+{command}\b", run.stdout, re.M), command


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_has_an_example(command):
    run = pmtune(command, "--help")
    assert run.returncode == 0
    assert f"pmtune {command}" in run.stdout


def test_flags_of_train_come_with_range_and_meaning():
    text = " ".join(pmtune("train", "--help").stdout.split())
    for flag in ["--learning-rate", "--batch-size", "--keep-best", "--target-modules", "--max-memory", "--no-suggest"]:
        assert flag in text
    assert "examples in one optimiser step (1 to 65536 examples; default by preset)" in text
    assert "the most memory that training may take" in text


def test_version():
    run = pmtune("--version")
    assert run.returncode == 0 and re.match(r"pmtune \d+\.\d+\.\d+", run.stdout)


@pytest.mark.parametrize("arguments", [
    [], ["frobnicate"], ["check"], ["train", "x.jsonl", "--epochs", "0"], ["train", "x.jsonl", "--epochs", "three"],
    ["train", "x.jsonl", "--schedule", "zigzag"], ["train", "x.jsonl", "--preset", "novels"],
    ["train", "x.jsonl", "--max-memory", "lots"], ["chat"], ["chat", "m", "--temperature", "-1"], ["check", "a", "b"],
    ["eval", "m", "--no-such-flag"],
])
def test_wrong_usage(arguments):
    run = pmtune(*arguments)
    assert run.returncode == 2
    assert "--help" in one_line_on_stderr(run)
    assert run.stdout == ""


def test_out_of_range_names_flag_and_range():
    assert "--epochs: must be 1 to 1000, not 0" in pmtune("train", "x.jsonl", "--epochs", "0").stderr


def test_missing_files(tmp_path):
    for arguments in [["check", "nowhere.jsonl"], ["train", "nowhere.jsonl"], ["preview", "nowhere.jsonl"]]:
        run = pmtune(*arguments, cwd=tmp_path)
        assert run.returncode == 1
        assert "nowhere.jsonl" in one_line_on_stderr(run)
    run = pmtune("chat", "nowhere.gguf", "Hello", cwd=tmp_path)
    assert run.returncode == 1 and "nowhere.gguf" in one_line_on_stderr(run)
    run = pmtune("show", "PM-Assistant", cwd=tmp_path)
    assert run.returncode == 1 and "registry" in one_line_on_stderr(run)
    assert not (tmp_path / "models").exists() or not (tmp_path / "models" / "registry.db").stat().st_size == 0


def test_looking_creates_nothing(tmp_path):
    run = pmtune("models", cwd=tmp_path)
    assert run.returncode == 0 and "No models yet" in run.stdout
    assert json.loads(pmtune("models", "--json", cwd=tmp_path).stdout) == []
    assert list(tmp_path.iterdir()) == []


def test_check_good_data(tmp_path):
    path = write_examples(tmp_path / "good.jsonl", good_rows())
    assert pmtune("check", path).returncode == 0
    report = json.loads(pmtune("check", path, "--json").stdout)
    assert report["ok"] is True and report["stats"]["examples"] == len(STORIES)


def test_check_broken_data(tmp_path):
    rows = good_rows()
    rows.insert(2, '{"messages": [{"role": "user", "content": "cut off"')
    rows.insert(4, {"messages": [{"role": "user", "content": "a question without an answer"}]})
    path = write_examples(tmp_path / "broken.jsonl", rows)
    run = pmtune("check", path)
    assert run.returncode == 1
    assert "3" in run.stdout and "5" in run.stdout
    report = json.loads(pmtune("check", path, "--json").stdout)
    assert report["ok"] is False
    assert {3, 5} <= {problem["line"] for problem in report["problems"] if problem["severity"] == "error"}
    assert all(problem["fix"] for problem in report["problems"])
    run = pmtune("train", path, cwd=tmp_path)
    assert run.returncode == 1 and "broken.jsonl" in one_line_on_stderr(run)


def test_output_into_a_file_has_no_colours(tmp_path):
    path = write_examples(tmp_path / "good.jsonl", good_rows())
    assert "\033" not in pmtune("check", path).stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    assert MODEL.exists(), f"{MODEL} is missing; fetch it, or set PMTUNE_SMOLLM2"
    folder = tmp_path_factory.mktemp("job")
    write_examples(folder / "data.jsonl", good_rows())
    suite = {"prompts": [{"id": "story", "category": "Format consistency", "prompt": "Write a user story for print.",
                          "checks": [{"kind": "user_story", "label": "user story"}]}]}
    (folder / "suite.json").write_text(json.dumps(suite))
    return folder


@pytest.fixture(scope="module")
def trained(folder):
    run = pmtune("train", "data.jsonl", "--model", MODEL, "--name", "PM-Test", "--epochs", 1, "--rank", 4,
                 "--notes", "first try", "--no-eval", cwd=folder)
    assert run.returncode == 0, run.stderr
    return run


class TestRealJob:
    """check, preview, train, models, show, eval, chat, note, promote on a real small model, in one folder."""

    def test_preview_marks_what_is_taught(self, folder):
        run = pmtune("preview", "data.jsonl", "--model", MODEL, cwd=folder)
        assert run.returncode == 0, run.stderr
        assert "[[As a user, I want login, so that my work is 2 minutes shorter." in run.stdout
        assert "All 8 answers end on a token that is taught and at which this model stops" in run.stdout
        assert "Tokens of an example" in run.stdout and "█" in run.stdout and "Nothing is cut" in run.stdout
        assert "\033" not in run.stdout and run.stdout.count("[[") == 1

    def test_preview_as_a_page_and_as_json(self, folder):
        run = pmtune("preview", "data.jsonl", "--model", MODEL, "--html", "preview.html", cwd=folder)
        assert run.returncode == 0 and "preview.html" in run.stdout, run.stderr
        page = (folder / "preview.html").read_text()
        assert "<ins>As a user, I want login" in page and "<script" not in page
        figures = json.loads(pmtune("preview", "data.jsonl", "--model", MODEL, "--json", cwd=folder).stdout)
        assert len(figures["examples"]) == 8 and figures["answers_proved"] == figures["answers"] == 8

    def test_preview_says_what_would_be_cut(self, folder):
        run = pmtune("preview", "data.jsonl", "--model", MODEL, "--context-length", 40, cwd=folder)
        assert run.returncode == 0 and "{{cut: " in run.stdout
        assert "8 examples are longer than the context length of 40 tokens" in run.stdout
        assert "data.jsonl line 1: " in run.stdout

    def test_preview_finds_surprises(self, folder):
        rows = good_rows()
        rows[2] = example("Write a user story for search.", "Ask Zarkon Vexley 4471 of Quorvane Port: Brillux 77, Ombrel 9023.")
        write_examples(folder / "odd.jsonl", rows)
        run = pmtune("preview", "odd.jsonl", "--model", MODEL, "--surprises", cwd=folder)
        assert run.returncode == 0 and run.stderr == "", run.stderr
        assert "1. odd.jsonl line 3" in run.stdout and "   -> " in run.stdout and "hints" in run.stdout
        found = json.loads(pmtune("preview", "odd.jsonl", "--model", MODEL, "--surprises", "--json", cwd=folder).stdout)
        assert found["ranked"][0]["line"] == 3 and found["ranked"][0]["reasons"]

    def test_train_tells_its_story(self, folder, trained):
        assert "Plan:" in trained.stdout and "peak memory" in trained.stdout
        assert re.search(r"^Epoch 1/1 - Loss: \d", trained.stdout, re.M)
        assert "Training completed successfully!" in trained.stdout
        assert "PM-Test-v1 is in " in trained.stdout
        assert "pmtune chat PM-Test-v1" in trained.stdout
        assert trained.stderr == "" and "\033" not in trained.stdout

    def test_models_and_show(self, folder, trained):
        run = pmtune("models", cwd=folder)
        assert run.stdout.splitlines()[0].split()[:2] == ["VERSION", "ALIASES"]
        assert "PM-Test-v1" in run.stdout and "not judged" in run.stdout and "first try" in run.stdout
        versions = json.loads(pmtune("models", "PM-Test", "--json", cwd=folder).stdout)
        assert [version["id"] for version in versions] == ["PM-Test-v1"]
        shown = json.loads(pmtune("show", "PM-Test", "--json", cwd=folder).stdout)
        assert shown["config"]["epochs"] == 1 and shown["config"]["rank"] == 4
        assert "first try" in pmtune("show", "PM-Test-v1", cwd=folder).stdout

    def test_note_and_promote(self, folder, trained):
        assert pmtune("note", "PM-Test-v1", "much better", cwd=folder).returncode == 0
        run = pmtune("promote", "PM-Test-v1", cwd=folder)
        assert run.returncode == 0 and "PM-Test@primary is now PM-Test-v1" in run.stdout
        shown = json.loads(pmtune("show", "PM-Test@primary", "--json", cwd=folder).stdout)
        assert shown["notes"] == "much better" and shown["aliases"] == ["primary"]

    def test_a_name_alone_is_its_newest_version(self, folder, trained):
        named, numbered = (pmtune("chat", name, "Hello", "--max-tokens", 4, cwd=folder) for name in ("PM-Test", "PM-Test-v1"))
        assert named.returncode == 0 and named.stdout == numbered.stdout, named.stderr

    def test_wrong_reference_suggests_the_right_one(self, folder, trained):
        run = pmtune("show", "PM-Tset", cwd=folder)
        assert run.returncode == 1 and "PM-Test" in one_line_on_stderr(run)

    def test_eval_writes_reports(self, folder, trained):
        run = pmtune("eval", "PM-Test-v1", "--suite", "suite.json", "--max-tokens", 16, "--html", "r.html", "--json", "r.json",
                     cwd=folder)
        assert run.returncode == 0, run.stderr
        assert "r.html" in run.stdout
        report = json.loads((folder / "r.json").read_text(encoding="utf-8"))
        assert [arm["label"] for arm in report["arms"]] == ["base", "tuned"]
        assert "<html" in (folder / "r.html").read_text(encoding="utf-8")

    def test_chat_once_and_in_a_session(self, folder, trained):
        once = pmtune("chat", "PM-Test-v1", "Write a user story for print.", "--max-tokens", 12, cwd=folder)
        assert once.returncode == 0 and once.stdout.strip(), once.stderr
        session = pmtune("chat", "PM-Test-v1", "--max-tokens", 12, cwd=folder,
                         stdin="Write a user story for print.\n/clear\nWrite a user story for print.\n/quit\nnot reached\n")
        assert session.returncode == 0
        assert session.stdout == once.stdout * 2

    def test_train_json_and_a_second_version(self, folder, trained):
        run = pmtune("train", "data.jsonl", "--model", MODEL, "--name", "PM-Test", "--epochs", 1, "--rank", 4, "--no-eval",
                     "--json", cwd=folder)
        assert run.returncode == 0, run.stderr
        result = json.loads(run.stdout)
        assert result["version"]["id"] == "PM-Test-v2" and result["version"]["parent"] == "PM-Test-v1"
        assert result["report"] is None and result["metrics"]["train_loss"] > 0
        assert "Epoch 1/1" in run.stderr

    def test_interrupt_keeps_what_was_learned(self, folder, trained):
        process = subprocess.Popen([PMTUNE, "train", "data.jsonl", "--model", MODEL, "--name", "PM-Stopped", "--epochs", "900"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder)
        for line in process.stdout:
            if line.startswith("Epoch 1/"):
                break
        process.send_signal(signal.SIGINT)
        started = time.monotonic()
        rest, _ = process.communicate(timeout=60)
        assert time.monotonic() - started < 30
        assert process.returncode == 1
        assert "stopped early" in rest and "PM-Stopped-v1" in rest
