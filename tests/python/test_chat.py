"""ChatSession: a conversation, its changes, and the way of a corrected answer into the inbox."""

import threading

import pmtune as pm
import pytest
from small_model import random_model


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chat") / "model"
    random_model(folder)
    return pm.Model.load(folder, weights="f32")


@pytest.fixture
def chat(small):
    return pm.ChatSession(small, max_tokens=6, system="Be brief.")


def test_a_conversation(chat, small):
    heard = []
    reply = chat.send("One?", heard.append)
    assert str(reply) == reply.text == "".join(heard)
    assert reply.turn == 0 and reply.tokens <= 6 and reply.dropped_turns == 0 and reply.context_length == 512
    assert chat.messages == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "One?"},
                             {"role": "assistant", "content": reply.text}]
    asked = [*chat.messages, {"role": "user", "content": "Two?"}]
    assert chat.send("Two?").text == small.generate(asked, max_tokens=6).text
    assert len(chat) == 2 and chat.tokens["conversation"] == len(small.encode(chat.messages).ids)


def test_changes(chat):
    first = chat.send("One?").text
    assert chat.regenerate().answer == 1
    assert [answer["seed"] for answer in chat.turns[0]["answers"]] == ["0", "1"]
    chat.choose(0)
    assert chat.messages[-1]["content"] == first
    chat.send("Two?")
    assert chat.edit(0, "Uno?").turn == 0 and len(chat) == 1
    assert chat.undo() and len(chat) == 2
    chat.system = "In verse."
    assert chat.messages[0]["content"] == chat.system == "In verse."
    chat.set_options(max_tokens=2)
    assert chat.send("Three?").tokens <= 2
    chat.rate(-1, 0)
    assert chat.turns[0]["answers"][0]["rating"] == -1
    chat.clear()
    assert len(chat) == 0


def test_what_does_not_fit(small):
    chat = pm.ChatSession(small, max_tokens=4, context_length=100)
    dropped = [chat.send("A question of thirty letters?").dropped_turns for _ in range(4)]
    assert dropped[0] == 0 and dropped[-1] > 0
    assert "no longer fit" in chat.send("Again?").note or chat.tokens["dropped_turns"] == 0
    with pytest.raises(pm.InvalidArgument, match="too long by [0-9]+ tokens"):
        chat.send("x" * 200)
    strict = pm.ChatSession(small, max_tokens=4, context_length=100, when_full="error")
    strict.send("A question of thirty letters?")
    with pytest.raises(pm.InvalidArgument, match="The conversation is too long by"):
        for _ in range(4):
            strict.send("A question of thirty letters?")


def test_teaching_and_transcripts(chat, small, tmp_path):
    chat.send("What is an OKR?")
    inbox = pm.Inbox(tmp_path / "inbox.jsonl")
    identity = chat.teach(inbox, "A goal with results.", author="Ana")
    entry, = inbox.list()
    assert entry["id"] == identity and entry["source"] == "chat" and entry["author"] == "Ana"
    assert entry["example"]["messages"][-1]["content"] == "A goal with results."
    assert "corrected by Ana" in chat.transcript()
    for name in ["talk.md", "talk.jsonl", "talk.json"]:
        chat.save(tmp_path / name)
    assert pm.Dataset.load(tmp_path / "talk.jsonl")[0]["messages"][-1]["content"] == "A goal with results."
    later = pm.ChatSession(small)
    later.load(tmp_path / "talk.json")
    assert later.messages == chat.messages
    with pytest.raises(pm.InvalidArgument, match="jsonl"):
        chat.save(tmp_path / "talk.doc")
    with pytest.raises(pm.NotFound):
        later.load(tmp_path / "nowhere.json")


def test_stopping(small):
    chat = pm.ChatSession(small, max_tokens=200)
    assert chat.send("One?", lambda text: False).finish in ("cancelled", "stop")

    def cancel(_):
        other = threading.Thread(target=chat.cancel)
        other.start()
        other.join()

    assert chat.send("Two?", cancel).tokens <= 1
    with pytest.raises(pm.Busy):
        chat.send("Three?", lambda text: chat.send("In between?"))
    with pytest.raises(ZeroDivisionError):
        chat.send("Four?", lambda text: 1 / 0)
    assert "Four?" not in str(chat.messages)


def test_wrong_input(chat, small):
    with pytest.raises(pm.InvalidArgument, match="temperatur"):
        pm.ChatSession(small, temperatur=1)
    with pytest.raises(pm.InvalidArgument, match="when_full"):
        pm.ChatSession(small, when_full="forget")
    with pytest.raises(pm.InvalidArgument, match="empty"):
        chat.send("  ")
    with pytest.raises(pm.NotFound):
        chat.regenerate()
    assert "ChatSession" in repr(chat)
