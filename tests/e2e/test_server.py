"""`pmtune serve`: OpenAI's interface field by field, feedback, names and routing, limits and refusals. What real clients
make of it is in test_server_clients.py, many of them at once in test_server_load.py."""

import json
import os
import socket
import time

import pytest
from scripted_model import scripted_model
from serving import events, serve
from small_model import random_model

QUESTION = [{"role": "user", "content": "Hi"}]
WEATHER = {"type": "function", "function": {
    "name": "weather", "description": "The weather in a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}
CALL = '{"name": "weather", "arguments": {"city": "Bern"}}'
# After the prompt, the call; after what a call that must be made begins with, its JSON.
CALLING = {"<answer>": "<tool_call>", "<tool_call>": "\n", "\n": CALL, CALL: "</tool_call>"}
TALKING = {"<answer>": "Hello", "Hello": " there", " there": ",", ",": " nice", " nice": " d", " d": "ä", "ä": "y"}


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    scripted_model(folder / "calling", CALLING)
    scripted_model(folder / "talking", TALKING)
    scripted_model(folder / "plain", TALKING, "{% for m in messages %}{{ m.role }}: {{ m.content }}<end>{% endfor %}<answer>")
    random_model(folder / "random")
    return folder


@pytest.fixture(scope="module")
def server(models, tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    arguments = [text for name in ("talking", "calling", "plain", "random") for text in ("--model", models / name)]
    with serve(folder, *arguments, "--body-limit", "20kB", "--inbox", folder / "inbox.jsonl") as served:
        served.folder = folder
        yield served


def chat(server, model="talking", **more):
    return server.post("/v1/chat/completions", {"model": model, "messages": QUESTION, **more})


def refused(server, status, param, **more):
    got, body = chat(server, **more)
    assert got == status, body
    assert set(body["error"]) == {"message", "type", "param", "code"}
    assert body["error"]["param"] == param
    assert body["error"]["message"].endswith((".", "?"))
    return body["error"]


def test_chat(server):
    status, body = chat(server)
    assert status == 200
    assert body["id"].startswith("chatcmpl-") and body["object"] == "chat.completion" and body["model"] == "talking"
    assert abs(body["created"] - time.time()) < 60 and body["system_fingerprint"].startswith("fp_")
    assert body["choices"] == [{"index": 0, "message": {"role": "assistant", "content": "Hello there, nice däy", "refusal": None},
                                "logprobs": None, "finish_reason": "stop"}]
    usage = body["usage"]
    assert usage["completion_tokens"] == 7 and usage["total_tokens"] == usage["prompt_tokens"] + 7
    assert usage["prompt_tokens_details"]["cached_tokens"] >= 0


def test_stream(server):
    status, fields, body = server.request("POST", "/v1/chat/completions", {
        "model": "talking", "messages": QUESTION, "stream": True, "stream_options": {"include_usage": True}})
    assert status == 200 and fields["content-type"] == "text/event-stream"
    *parts, usage, done = events(body)
    assert done == "[DONE]"
    assert {part["object"] for part in parts} == {"chat.completion.chunk"} and len({part["id"] for part in parts}) == 1
    assert parts[0]["choices"][0]["delta"] == {"role": "assistant", "content": "", "refusal": None}
    assert "".join(part["choices"][0]["delta"].get("content", "") for part in parts) == "Hello there, nice däy"
    assert [part["choices"][0]["finish_reason"] for part in parts] == [None] * (len(parts) - 1) + ["stop"]
    assert all(part["usage"] is None for part in parts)
    assert usage["choices"] == [] and usage["usage"]["completion_tokens"] == 7


def test_stop_length_and_choices(server):
    _, body = chat(server, stop=" nice")
    assert body["choices"][0]["message"]["content"] == "Hello there,"
    assert body["choices"][0]["finish_reason"] == "stop"
    _, body = chat(server, stop=["zzz", "there"], stream=False)
    assert body["choices"][0]["message"]["content"] == "Hello "
    _, body = chat(server, max_tokens=2)
    assert body["choices"][0]["message"]["content"] == "Hello there" and body["choices"][0]["finish_reason"] == "length"
    _, body = chat(server, max_completion_tokens=1, n=3)
    assert [choice["index"] for choice in body["choices"]] == [0, 1, 2]
    assert body["usage"]["completion_tokens"] == 3


def test_seed(server):
    def text(**more):
        return chat(server, "random", temperature=1, max_tokens=12, **more)[1]["choices"][0]["message"]["content"]
    assert text(seed=1) == text(seed=1)
    assert len({text(seed=seed) for seed in range(4)}) == 4
    assert len({text() for _ in range(4)}) > 1, "without a seed chance decides"
    choices = chat(server, "random", temperature=1, max_tokens=12, seed=5, n=2)[1]["choices"]
    assert choices[0]["message"]["content"] == text(seed=5) and choices[1]["message"]["content"] == text(seed=6)


def test_completions(server):
    status, body = server.post("/v1/completions", {"model": "talking", "prompt": "<answer>Hello"})
    assert status == 200 and body["object"] == "text_completion" and body["id"].startswith("cmpl-")
    assert body["choices"] == [{"index": 0, "text": " there, nice däy", "logprobs": None, "finish_reason": "stop"}]
    _, body = server.post("/v1/completions", {"model": "talking", "prompt": ["Hello", " nice"], "n": 2, "echo": True})
    assert [choice["text"] for choice in body["choices"]] == ["Hello there, nice däy"] * 2 + [" nice däy"] * 2
    assert [choice["index"] for choice in body["choices"]] == [0, 1, 2, 3]
    _, _, stream = server.request("POST", "/v1/completions", {"model": "talking", "prompt": "Hello", "stream": True})
    *parts, done = events(stream)
    assert done == "[DONE]" and "".join(part["choices"][0]["text"] for part in parts) == " there, nice däy"
    status, body = server.post("/v1/completions", {"model": "talking", "prompt": [1, 999999]})
    assert status == 400 and "999999" in body["error"]["message"]


def test_embeddings(server):
    status, body = server.post("/v1/embeddings", {"model": "random", "input": ["a cat", "a dog", "a cat"]})
    assert status == 200 and body["object"] == "list" and [entry["index"] for entry in body["data"]] == [0, 1, 2]
    first, second, third = (entry["embedding"] for entry in body["data"])
    assert first == third != second and len(first) == 64
    assert sum(x * x for x in first) == pytest.approx(1, abs=1e-5)
    assert body["usage"] == {"prompt_tokens": 15, "total_tokens": 15}
    _, short = server.post("/v1/embeddings", {"model": "random", "input": "a cat", "dimensions": 8})
    short = short["data"][0]["embedding"]
    assert len(short) == 8 and sum(x * x for x in short) == pytest.approx(1, abs=1e-5)
    assert short[0] / short[1] == pytest.approx(first[0] / first[1], rel=1e-4)
    status, body = server.post("/v1/embeddings", {"model": "random", "input": "a cat", "dimensions": 65})
    assert status == 400 and body["error"]["param"] == "dimensions"


def test_tools(server):
    _, body = chat(server, "calling", tools=[WEATHER])
    choice = body["choices"][0]
    assert choice["finish_reason"] == "tool_calls" and choice["message"]["content"] is None
    (call,) = choice["message"]["tool_calls"]
    assert call["id"].startswith("call_") and call["type"] == "function"
    assert call["function"]["name"] == "weather" and json.loads(call["function"]["arguments"]) == {"city": "Bern"}
    # What it was answered goes back to it.
    status, _ = server.post("/v1/chat/completions", {"model": "calling", "tools": [WEATHER], "messages": QUESTION + [
        {"role": "assistant", "content": None, "tool_calls": [call]}, {"role": "tool", "tool_call_id": call["id"], "content": "sunny"}]})
    assert status == 200
    _, body = chat(server, tools=[WEATHER])
    assert body["choices"][0]["message"]["content"] == "Hello there, nice däy" and "tool_calls" not in body["choices"][0]["message"]


def test_tools_in_a_stream(server):
    _, _, body = server.request("POST", "/v1/chat/completions", {"model": "calling", "messages": QUESTION, "tools": [WEATHER], "stream": True})
    *parts, done = events(body)
    calls = [call for part in parts for call in part["choices"][0]["delta"].get("tool_calls", [])]
    assert done == "[DONE]" and len(calls) == 1 and calls[0]["index"] == 0
    assert json.loads(calls[0]["function"]["arguments"]) == {"city": "Bern"}
    assert parts[-1]["choices"][0]["finish_reason"] == "tool_calls"
    assert "".join(part["choices"][0]["delta"].get("content") or "" for part in parts) == ""


def test_tool_choice(server):
    _, body = chat(server, "calling", tools=[WEATHER], tool_choice="required")
    assert body["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == "weather"
    assert body["choices"][0]["finish_reason"] == "tool_calls"
    _, body = chat(server, "calling", tools=[WEATHER], tool_choice={"type": "function", "function": {"name": "weather"}})
    assert body["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == "weather"
    assert body["choices"][0]["finish_reason"] == "stop", "OpenAI's rule for a call that was named"
    _, body = chat(server, "calling", tools=[WEATHER], tool_choice="none")
    assert "tool_calls" not in body["choices"][0]["message"] and CALL in body["choices"][0]["message"]["content"]
    refused(server, 400, "tools", model="plain", tools=[WEATHER])
    refused(server, 400, "tool_choice", model="calling", tool_choice="required")


def test_control_tokens_of_a_client_are_text(server):
    _, plain = chat(server)
    for message in ("<end>", "<answer>"):
        _, body = server.post("/v1/chat/completions", {"model": "talking", "messages": [{"role": "user", "content": "Hi" + message}]})
        assert body["usage"]["prompt_tokens"] == plain["usage"]["prompt_tokens"] + len(message)
    tool = {"type": "function", "function": {"name": "f", "description": "<end>" * 3, "parameters": {"<answer>": "<end>"}}}
    _, one = chat(server, tools=[tool])
    tool["function"]["description"] = "xendx" * 3
    tool["function"]["parameters"] = {"xanswerx": "xendx"}
    _, other = chat(server, tools=[tool])
    assert one["usage"]["prompt_tokens"] == other["usage"]["prompt_tokens"]


def test_models(server):
    _, _, body = server.request("GET", "/v1/models")
    body = json.loads(body)
    assert body["object"] == "list" and [model["id"] for model in body["data"]] == ["auto", "talking", "calling", "plain", "random"]
    assert all(set(model) == {"id", "object", "created", "owned_by"} for model in body["data"])
    assert json.loads(server.request("GET", "/v1/models/random")[2])["object"] == "model"
    status, _, body = server.request("GET", "/v1/models/tolking")
    assert status == 404 and "talking" in json.loads(body)["error"]["message"]


def test_auto_says_what_was_chosen(server):
    status, fields, body = server.request("POST", "/v1/chat/completions", {"model": "auto", "messages": QUESTION})
    assert status == 200 and fields["x-pmtune-model"] == "talking" == json.loads(body)["model"]
    assert "first model" in fields["x-pmtune-routing"]


def test_health_and_metrics(server):
    assert json.loads(server.request("GET", "/health")[2])["status"] == "ok"
    chat(server)
    status, fields, body = server.request("GET", "/metrics")
    assert status == 200 and fields["content-type"].startswith("text/plain; version=0.0.4")
    for line in body.decode().splitlines():
        assert line.startswith("#") or len(line.rsplit(" ", 1)) == 2 and float(line.rsplit(" ", 1)[1]) >= 0
    assert server.metric('requests_total{path="/v1/chat/completions",status="200"}') >= 1
    assert server.metric("requests_running") == 0


def test_feedback(server):
    _, body = chat(server)
    status, reply = server.post("/v1/feedback", {"id": body["id"], "rating": "down", "correction": "Good day.", "author": "Ana"})
    assert status == 200 and reply["rating"] == 1 and reply["inbox_id"]
    assert "Good day." in (server.folder / "inbox.jsonl").read_text()
    rated = json.loads((server.folder / "inbox.ratings.jsonl").read_text().splitlines()[-1])
    assert rated["rating"] == 1 and rated["author"] == "Ana" and rated["answer"] == "Hello there, nice däy" and rated["model"] == "talking"
    status, reply = server.post("/v1/feedback", {"id": "chatcmpl-unknown", "rating": 5})
    assert status == 404 and reply["error"]["param"] == "id"
    status, reply = server.post("/v1/feedback", {"id": body["id"]})
    assert status == 400
    _, called = chat(server, "calling", tools=[WEATHER])
    status, reply = server.post("/v1/feedback", {"id": called["id"], "rating": 3})
    assert status == 200


def test_refusals(server):
    assert "talking" in refused(server, 404, "model", model="talkin")["message"]
    refused(server, 400, "temperature", temperature="hot")
    refused(server, 400, "messages[0].content[0].type", messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}])
    error = refused(server, 400, "messages", messages=[{"role": "user", "content": "x " * 3000}])
    assert error["code"] == "context_length_exceeded"
    status, body = server.post("/v1/chat/completions", b"{nonsense")
    assert status == 400 and "not JSON" in body["error"]["message"]
    status, _, body = server.request("GET", "/v1/chat/completions")
    assert status == 405
    status, _, body = server.request("POST", "/v1/chat/complete", b"{}")
    assert status == 404 and "/v1/chat/completions" in json.loads(body)["error"]["message"]
    assert server.request("DELETE", "/v1/models")[0] == 405


def test_limits_of_a_request(server):
    large = b'{"model": "' + b"x" * 30000 + b'"}'
    status, body = server.post("/v1/chat/completions", large)
    assert status == 413 and "20" in body["error"]["message"]
    chunked = b"".join(b"3e8\r\n" + b"x" * 1000 + b"\r\n" for _ in range(40)) + b"0\r\n\r\n"
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {server.host}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    assert server.raw(head + chunked).startswith(b"HTTP/1.1 413")
    assert server.request("GET", "/v1/models/" + "x" * 3000)[0] == 414
    many = "".join(f"X-{i}: {'y' * 1000}\r\n" for i in range(100))
    assert b" 431 " in server.raw(f"GET /health HTTP/1.1\r\nHost: {server.host}\r\n{many}\r\n".encode()).split(b"\r\n")[0]
    for nonsense in (b"nonsense\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"GET / HTTP/9\r\n\r\n"):
        answer = server.raw(nonsense)
        assert answer == b"" or answer.split()[1].startswith(b"4"), answer
    assert server.request("POST", "/v1/chat/completions", b"", {"Content-Length": "0"})[0] == 400
    assert chat(server)[0] == 200


def test_pages_may_not_ask(server):
    assert server.request("GET", "/v1/models", headers={"Origin": "http://evil.example"})[0] == 403
    assert server.request("GET", "/v1/models", headers={"Host": "evil.example"})[0] == 403
    assert server.request("POST", "/v1/chat/completions", b"{}", {"Origin": "http://localhost:3000"})[0] == 403


def test_keys_origins_and_times(models, tmp_path):
    with serve(tmp_path, "--model", models / "talking", "--api-key", "one", "--api-key", "two", "--allowed-origin", "loopback",
               "--idle-time", "1", "--max-tokens", "3") as server:
        status, fields, body = server.request("GET", "/v1/models")
        assert status == 401 and json.loads(body)["error"]["code"] == "invalid_api_key" and fields["www-authenticate"] == "Bearer"
        assert server.request("GET", "/v1/models", headers={"Authorization": "Bearer three"})[0] == 401
        assert server.request("GET", "/health")[0] == 200
        for key in ("one", "two"):
            assert server.request("GET", "/v1/models", headers={"Authorization": f"Bearer {key}"})[0] == 200
        page = {"Origin": "http://localhost:3000"}
        status, fields, _ = server.request("OPTIONS", "/v1/chat/completions", headers={**page, "Access-Control-Request-Headers": "authorization,x-stainless-os"})
        assert status == 204 and fields["access-control-allow-origin"] == page["Origin"] and "x-stainless-os" in fields["access-control-allow-headers"]
        assert server.request("GET", "/v1/models", headers={**page, "Authorization": "Bearer one"})[1]["access-control-allow-origin"] == page["Origin"]
        assert server.request("GET", "/v1/models", headers={"Origin": "http://evil.example", "Authorization": "Bearer one"})[0] == 403
        _, body = server.post("/v1/chat/completions", {"model": "auto", "messages": QUESTION}, {"Authorization": "Bearer one"})
        assert body["choices"][0]["message"]["content"] == "Hello there,", "max_tokens of the server"
        # Who sends half a request is let go.
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {server.host}\r\nAuthorization: Bearer one\r\nContent-Length: 100\r\n\r\n".encode()
        start = time.monotonic()
        assert server.raw(head + b'{"model": ').startswith(b"HTTP/1.1 408")
        assert server.raw(b"GET /health HT") == b""
        assert time.monotonic() - start < 10
        assert server.stop() == 0


def test_request_time(models, tmp_path):
    with serve(tmp_path, "--model", models / "random", "--request-time", "0.05", "--max-tokens", "400") as server:
        chat(server, "random", max_tokens=1)  # loads it
        status, body = chat(server, "random", logit_bias={"256": -100})
        assert status in (200, 504)
        if status == 504:
            assert body["error"]["code"] == "timeout"


def test_disconnect_ends_the_answer(models, tmp_path):
    with serve(tmp_path, "--model", models / "random", "--batch-size", "1") as server:
        chat(server, "random", max_tokens=1)
        for stream in (False, True):
            before = server.metric("cancelled_total")
            body = json.dumps({"model": "random", "messages": QUESTION, "max_tokens": 480, "stream": stream}).encode()
            connection = server.connect()
            connection.sendall(f"POST /v1/chat/completions HTTP/1.1\r\nHost: {server.host}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
            time.sleep(0.05)
            connection.close()
            deadline = time.monotonic() + 20
            while server.metric("requests_running") and time.monotonic() < deadline:
                time.sleep(0.05)
            assert server.metric("requests_running") == 0
            assert server.metric("cancelled_total") >= before


def test_cannot_be_started(models, tmp_path):
    for arguments, words in [(["--model", tmp_path / "missing"], "no model"), (["--registry", tmp_path / "none"], "no registry"),
                             (["--model", models / "talking", "--host", "0.0.0.0"], "API key")]:
        with pytest.raises(RuntimeError, match=words):
            with serve(tmp_path, *arguments):
                pass
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(RuntimeError, match="cannot listen"):
            with serve(tmp_path, "--model", models / "talking", "--port", taken.getsockname()[1]):
                pass


def test_logprobs(server):
    _, body = chat(server, logprobs=True, top_logprobs=2, max_tokens=3)
    content = body["choices"][0]["logprobs"]["content"]
    assert [entry["token"] for entry in content] == ["Hello", " there", ","]
    for entry in content:
        assert bytes(entry["bytes"]).decode() == entry["token"] and entry["logprob"] <= 0 and len(entry["top_logprobs"]) == 2
        assert entry["top_logprobs"][0]["token"] == entry["token"]
    _, _, stream = server.request("POST", "/v1/chat/completions", {"model": "talking", "messages": QUESTION, "logprobs": True, "stream": True})
    parts = [part["choices"][0]["logprobs"] for part in events(stream)[:-1]]
    assert [entry["token"] for part in parts if part for entry in part["content"]][:3] == ["Hello", " there", ","]
    _, body = server.post("/v1/completions", {"model": "talking", "prompt": "Hello", "logprobs": 1, "max_tokens": 2})
    assert body["choices"][0]["logprobs"]["tokens"] == [" there", ","] and body["choices"][0]["logprobs"]["text_offset"] == [0, 6]


def test_json_schema(server):
    schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"], "additionalProperties": False}
    _, body = chat(server, "random", max_tokens=60, response_format={"type": "json_schema", "json_schema": {"name": "s", "strict": True, "schema": schema}})
    assert set(json.loads(body["choices"][0]["message"]["content"])) == {"ok"}


def test_a_call_that_must_be_made_keeps_to_its_schema(server):
    # This model would never call anything: only the schema makes it.
    parameters = {"type": "object", "properties": {"city": {"enum": ["Bern", "Genf"]}}, "required": ["city"], "additionalProperties": False}
    tools = [{"type": "function", "function": {"name": name, "parameters": parameters}} for name in ("weather", "trains")]
    _, body = chat(server, tools=tools, tool_choice="required", max_tokens=80)
    (call,) = body["choices"][0]["message"]["tool_calls"]
    assert call["function"]["name"] in ("weather", "trains") and json.loads(call["function"]["arguments"])["city"] in ("Bern", "Genf")
    for name in ("weather", "trains"):
        _, body = chat(server, tools=tools, tool_choice={"type": "function", "function": {"name": name}}, max_tokens=80)
        assert body["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == name
