"""`pmtune chat`: one question, piped questions with commands, and a person at a terminal."""
import json
import os
import pty
import re
import select
import time

import pytest
from test_cli import MODEL, PMTUNE, one_line_on_stderr, pmtune

PROMPT = b"> "


@pytest.fixture
def talk(tmp_path):
    """Pipes these lines into a conversation of short answers."""
    def run(*lines, flags=(), code=0):
        done = pmtune("chat", MODEL, "--max-tokens", 6, *flags, cwd=tmp_path, stdin="".join(line + "\n" for line in lines))
        assert done.returncode == code, done.stderr
        return done
    run.folder = tmp_path
    return run


class Terminal:
    """The program on a terminal of its own."""

    def __init__(self, folder, *arguments):
        self.process, self.end = pty.fork()
        if self.process == 0:
            os.chdir(folder)
            os.environ["XDG_CONFIG_HOME"] = "/nonexistent"
            os.execv(PMTUNE, [str(PMTUNE), *map(str, arguments)])
        self.seen = b""

    def wait_for(self, mark, seconds=60):
        until = time.monotonic() + seconds
        while mark not in self.seen:
            assert time.monotonic() < until, self.seen.decode(errors="replace")
            if select.select([self.end], [], [], 0.2)[0]:
                try:
                    self.seen += os.read(self.end, 65536)
                except OSError:  # the program has ended
                    break
        shown, _, self.seen = self.seen.partition(mark)
        return re.sub(r"\033\[[0-9;]*[mK]", "", shown.decode(errors="replace")).replace("\r", "")

    def write(self, text):
        os.write(self.end, text.encode())

    def exit_code(self):
        self.wait_for(b"\0never\0", 10)
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])


def test_one_question_as_json(talk):
    reply = json.loads(pmtune("chat", MODEL, "Hello", "--json", "--max-tokens", 4).stdout)
    assert reply["tokens"] <= 4 and reply["text"] and reply["dropped_turns"] == 0 and reply["prompt_tokens"] > 4
    again = pmtune("chat", MODEL, "-", "--max-tokens", 4, stdin="Hello")
    assert again.stdout == reply["text"] + "\n" and again.stderr == ""


def test_commands(talk):
    done = talk("Name one metric.", "/regenerate", "/choose 1", "/history", "/tokens", "/edit Name a colour.", "/undo", "/history",
                "/teach Retention\\", "after four weeks.", "/rate good", "/save talk.md", "/save talk.jsonl", "/save talk.json",
                "/help", "/quit", "not reached", flags=("--author", "Ana"))
    assert done.stderr == "" and "\033" not in done.stdout
    lines = done.stdout.splitlines()
    assert lines[2] == lines[0]  # the first answer, chosen again
    assert done.stdout.count("1> Name one metric.") == 2 and "[1 of 2]" in done.stdout
    assert "The conversation has" in done.stdout and "/regenerate" in done.stdout
    entry, = json.loads(pmtune("inbox", "list", "--json", cwd=talk.folder).stdout)
    assert entry["source"] == "chat" and entry["author"] == "Ana"
    assert entry["example"]["messages"][-1]["content"] == "Retention\nafter four weeks."
    assert "corrected by Ana" in (talk.folder / "talk.md").read_text()
    assert pmtune("check", "talk.jsonl", cwd=talk.folder).returncode == 0
    assert json.loads((talk.folder / "talk.json").read_text())["turns"][0]["answers"][2]["rating"] == 1


def test_going_on_with_a_saved_conversation(talk):
    talk("Name one metric.", flags=("--save", "talk.json", "--system", "Be brief."))
    talk("Another one.", flags=("--resume", "talk.json", "--save", "more.json"))
    more = json.loads((talk.folder / "more.json").read_text())
    assert [turn["question"] for turn in more["turns"]] == ["Name one metric.", "Another one."] and more["system"] == "Be brief."


def test_several_lines_and_json_lines(talk):
    done = talk('"""', "Name one", "metric.", '"""', "//hello", "/system Be brief.", "Two?", flags=("--json", "--save", "talk.json"))
    replies = [json.loads(line) for line in done.stdout.splitlines()]
    assert [reply["turn"] for reply in replies] == [0, 1, 2]
    saved = json.loads((talk.folder / "talk.json").read_text())
    assert [turn["question"] for turn in saved["turns"]] == ["Name one\nmetric.", "/hello", "Two?"]


def test_what_is_left_out_is_said(talk):
    done = talk(*["Tell me something of some length about metrics, please."] * 4, flags=("--context-length", 90))
    assert "no longer fit" in done.stderr and "tokens)" in done.stderr
    done = talk("word " * 300, flags=("--context-length", 90), code=1)
    assert re.search(r"too long by \d+ tokens", one_line(done.stderr))
    done = talk(*["Tell me something of some length about metrics, please."] * 4,
                flags=("--context-length", 90, "--when-full", "error"), code=1)
    assert "The conversation is too long by" in done.stderr


def one_line(text):
    assert text.count("\n") == 1, text
    return text


@pytest.mark.parametrize("line, words", [
    ("/tokns", 'Did you mean "tokens"?'), ("/regenerate", "Nothing was asked yet"), ("/choose x", "Which answer?"),
    ("/edit", "Write the new question"), ("/undo", "nothing to take back"), ("/teach x", "Nothing was asked yet"),
    ("/rate fine", "/rate good or /rate bad"), ("/save talk.doc", ".jsonl (to teach)"), ("/load nowhere.json", "nowhere.json"),
    ("/model nowhere", 'no model "nowhere"'), ("/set temprature 1", 'Did you mean "temperature"?'),
    ("/set temperature -1", "temperature"), ("/s", "/help lists them"),
])
def test_wrong_commands_are_told_and_the_conversation_goes_on(talk, line, words):
    done = talk(line, "/tokens", code=1)
    assert words in one_line(done.stderr) and "The conversation has 0 of" in done.stdout


def test_wrong_usage(tmp_path):
    for arguments in [["chat", MODEL, "x", "--when-full", "maybe"], ["chat", MODEL, "x", "--answer-room", "-1"]]:
        run = pmtune(*arguments)
        assert run.returncode == 2 and "--help" in one_line_on_stderr(run)
    run = pmtune("chat", MODEL, "x", "--resume", "nowhere.json", cwd=tmp_path)
    assert run.returncode == 1 and "nowhere.json" in one_line_on_stderr(run)


def test_a_person_at_a_terminal(tmp_path):
    terminal = Terminal(tmp_path, "chat", MODEL, "--max-tokens", "400", "--system", "Be brief.")
    assert "/help lists commands" in terminal.wait_for(PROMPT)
    terminal.write("/system\n")
    assert "System prompt: Be brief." in terminal.wait_for(PROMPT)
    terminal.write("/set max_tokens 5\n")
    terminal.wait_for(PROMPT)
    terminal.write("Name one metric.\n")
    shown = terminal.wait_for(PROMPT)
    assert re.search(r"\(5 tokens, [\d.]+ a second; \d+ of 8192 in use\)", shown) and "cut short" in shown
    terminal.write("/set max_tokens 3000\n")
    terminal.wait_for(PROMPT)
    terminal.write("Tell me a very long story of a product team, with all details.\n")
    terminal.wait_for(b"\r\n", 10)
    terminal.wait_for(b" ", 30)  # the first words
    terminal.write("\x03")  # ends the answer
    assert "a second;" in terminal.wait_for(PROMPT, 20)
    terminal.write("\x03")
    assert "Ctrl-C again" in terminal.wait_for(PROMPT)
    terminal.write("/save talk.json\n")
    assert "Written to talk.json." in terminal.wait_for(PROMPT)
    terminal.write("\x04")
    assert terminal.exit_code() == 0
    turns = json.loads((tmp_path / "talk.json").read_text())["turns"]
    assert [turn["answers"][0]["finish"] for turn in turns] == ["length", "cancelled"]
