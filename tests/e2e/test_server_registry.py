"""`pmtune serve` over a registry: names, aliases, versions that come and go while it runs, the prompt that was taught,
and which version answers "auto"."""

import json
import os
import subprocess

import pytest
from serving import PMTUNE, serve
from small_model import random_model

STORIES = [f"Write a user story for {topic}" for topic in ("password reset", "single sign-on", "dark mode", "exporting reports", "audit logs", "billing")]
NOTES = [f"Draft release notes about {topic}" for topic in ("faster search", "the mobile app", "new filters", "fewer crashes", "shared folders", "imports")]


def pmtune(*arguments, cwd):
    run = subprocess.run([PMTUNE, *map(str, arguments)], capture_output=True, text=True, cwd=cwd, timeout=300,
                         env={**os.environ, "OMP_NUM_THREADS": "1", "PMTUNE_REGISTRY": str(cwd / "models")})
    assert run.returncode == 0, run.stderr
    return run.stdout


def teach(folder, name, questions, system):
    data = folder / f"{name}.jsonl"
    data.write_text("".join(json.dumps({"messages": [
        {"role": "system", "content": system}, {"role": "user", "content": question}, {"role": "assistant", "content": f"Number {i}."}]}) + "\n"
        for i, question in enumerate(questions)))
    pmtune("data", "commit", data, "--name", name + "-examples", cwd=folder)
    pmtune("train", data, "--model", folder / "random", "--name", name, "--epochs", "1", "--no-eval", "--validation", "0", cwd=folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("registry")
    random_model(folder / "random")
    teach(folder, "PM-Stories", STORIES, "You write stories.")
    teach(folder, "PM-Notes", NOTES, "You write notes.")
    pmtune("promote", "PM-Stories-v1", cwd=folder)
    return folder


@pytest.fixture(scope="module")
def server(folder):
    with serve(folder, "--registry", folder / "models", "--model", folder / "random", "--max-tokens", "4") as served:
        yield served


def names(server):
    return [model["id"] for model in json.loads(server.request("GET", "/v1/models")[2])["data"]]


def ask(server, model, question="Hi", **more):
    status, fields, body = server.request("POST", "/v1/chat/completions", {"model": model, "messages": [{"role": "user", "content": question}], **more})
    return status, fields, json.loads(body)


def test_names(server):
    assert names(server) == ["auto", "PM-Notes", "PM-Notes-v1", "PM-Stories", "PM-Stories-v1", "PM-Stories@primary", "random"]
    for name in ("PM-Stories", "PM-Stories-v1", "PM-Stories@primary"):
        status, fields, body = ask(server, name)
        assert status == 200 and body["model"] == fields["x-pmtune-model"] == "PM-Stories-v1"
    status, _, body = ask(server, "PM-Storys@primary")
    assert status == 404 and "PM-Stories@primary" in body["error"]["message"]


def test_versions_share_their_base(server):
    for name in ("PM-Stories", "PM-Notes", "random"):
        assert ask(server, name)[0] == 200
    assert len(json.loads(server.request("GET", "/health")[2])["models_in_memory"]) == 1


def test_asked_as_it_was_taught(server):
    taught = ask(server, "PM-Stories")[2]["usage"]["prompt_tokens"]
    base = ask(server, "random")[2]["usage"]["prompt_tokens"]
    assert taught == base + len("s: You write stories.") + 1
    status, body = server.post("/v1/chat/completions", {"model": "PM-Stories", "messages": [
        {"role": "system", "content": "Other."}, {"role": "user", "content": "Hi"}]})
    assert status == 200 and body["usage"]["prompt_tokens"] == base + len("s: Other.") + 1


def test_auto(server):
    _, fields, body = ask(server, "auto", "Please draft release notes about dark mode")
    assert body["model"] == fields["x-pmtune-model"] == "PM-Notes-v1" and "resemble" in fields["x-pmtune-routing"]
    _, fields, body = ask(server, "auto", "Write a user story for importing contacts")
    assert body["model"] == "PM-Stories-v1"
    _, fields, body = ask(server, "auto", "Quelle heure est-il?")
    assert body["model"] == "PM-Stories-v1" and "primary" in fields["x-pmtune-routing"]


def test_what_comes_while_it_runs(server, folder):
    pmtune("promote", "PM-Notes-v1", "--alias", "best", cwd=folder)
    assert "PM-Notes@best" in names(server)
    assert ask(server, "PM-Notes@best")[2]["model"] == "PM-Notes-v1"
    teach(folder, "PM-Stories", STORIES + ["Write a user story for tags"], "You write stories.")
    assert "PM-Stories-v2" in names(server)
    assert ask(server, "PM-Stories")[2]["model"] == "PM-Stories-v2"
    assert ask(server, "PM-Stories@primary")[2]["model"] == "PM-Stories-v1"
    pmtune("promote", "PM-Stories-v2", cwd=folder)
    assert ask(server, "PM-Stories@primary")[2]["model"] == "PM-Stories-v2"


def test_feedback_becomes_an_example(server, folder):
    _, _, body = ask(server, "PM-Stories", STORIES[0])
    status, reply = server.post("/v1/feedback", {"id": body["id"], "correction": "As a user, I want to reset my password.", "author": "Ana"})
    assert status == 200
    listed = json.loads(pmtune("inbox", "list", "--json", cwd=folder))
    assert listed[0]["id"] == reply["inbox_id"] and listed[0]["author"] == "Ana" and listed[0]["source"] == "server"
    messages = listed[0]["example"]["messages"] if "example" in listed[0] else listed[0]["messages"]
    assert [message["role"] for message in messages] == ["system", "user", "assistant"], "with the system prompt that was taught"
