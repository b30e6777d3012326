"""What real clients make of `pmtune serve`: OpenAI's Python and Node packages, LangChain, and requests as Continue and
Cline send them."""

import json
import os
import pathlib
import shutil
import subprocess

import langchain_openai
import openai
import pydantic
import pytest
from scripted_model import scripted_model
from serving import ROOT, events, serve
from test_server import CALLING, QUESTION, TALKING, WEATHER

SAID = "Hello there, nice däy"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clients")
    scripted_model(folder / "calling", CALLING)
    scripted_model(folder / "talking", TALKING)
    with serve(folder, "--model", folder / "talking", "--model", folder / "calling", "--api-key", "secret") as served:
        yield served


@pytest.fixture(scope="module")
def client(server):
    return openai.OpenAI(base_url=server.base_url, api_key="secret", max_retries=0)


def test_openai_chat(client):
    answer = client.chat.completions.create(model="talking", messages=QUESTION, seed=1, stop=["zzz"])
    assert answer.choices[0].message.content == SAID and answer.choices[0].finish_reason == "stop"
    assert answer.usage.prompt_tokens > 0 and answer.usage.prompt_tokens_details.cached_tokens >= 0 and answer._request_id
    assert [model.id for model in client.models.list()] == ["auto", "talking", "calling"]
    assert client.models.retrieve("talking").id == "talking"


def test_openai_stream(client):
    with client.chat.completions.stream(model="talking", messages=QUESTION) as stream:
        for event in stream:
            pass
        answer = stream.get_final_completion()
    assert answer.choices[0].message.content == SAID
    parts = list(client.chat.completions.create(model="talking", messages=QUESTION, stream=True, stream_options={"include_usage": True}))
    assert "".join(part.choices[0].delta.content or "" for part in parts if part.choices) == SAID
    assert parts[-1].usage.completion_tokens == 7
    # One who has read enough hangs up.
    for _ in client.chat.completions.create(model="talking", messages=QUESTION, stream=True):
        break
    assert client.completions.create(model="talking", prompt="Hello").choices[0].text == SAID.removeprefix("Hello")


def test_openai_tools(client):
    answer = client.chat.completions.create(model="calling", messages=QUESTION, tools=[WEATHER])
    (call,) = answer.choices[0].message.tool_calls
    assert answer.choices[0].finish_reason == "tool_calls" and json.loads(call.function.arguments) == {"city": "Bern"}
    # The message goes back as the package gives it.
    client.chat.completions.create(model="calling", tools=[WEATHER], messages=QUESTION + [
        answer.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": "sunny"}])
    with client.chat.completions.stream(model="calling", messages=QUESTION, tools=[WEATHER]) as stream:
        answer = stream.get_final_completion()
    assert answer.choices[0].message.tool_calls[0].function.name == "weather"


def test_openai_embeddings(client):
    both = [client.embeddings.create(model="talking", input="Hello", **how).data[0].embedding for how in ({}, {"encoding_format": "float"})]
    assert both[0] == pytest.approx(both[1], abs=1e-7), "the package asks for base64 by itself"


def test_openai_errors(client, server):
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="talkng", messages=QUESTION)
    assert caught.value.code == "model_not_found" and caught.value.param == "model" and "talking" in caught.value.message
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="talking", messages=QUESTION, temperature=7)
    assert caught.value.param == "temperature" and caught.value.type == "invalid_request_error"
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="talking", messages=[{"role": "user", "content": "x" * 5000}], stream=True)
    assert caught.value.code == "context_length_exceeded"
    with pytest.raises(openai.AuthenticationError):
        openai.OpenAI(base_url=server.base_url, api_key="wrong", max_retries=0).models.list()


def test_openai_json_schema(client):
    class Answer(pydantic.BaseModel):
        ok: bool

    parsed = client.chat.completions.parse(model="talking", messages=QUESTION, response_format=Answer, max_tokens=60)
    assert isinstance(parsed.choices[0].message.parsed.ok, bool)


def test_langchain(server):
    model = langchain_openai.ChatOpenAI(model="talking", base_url=server.base_url, api_key="secret", max_retries=0)
    answer = model.invoke("Hi")
    assert answer.content == SAID and answer.usage_metadata["output_tokens"] == 7
    assert "".join(part.content for part in model.stream("Hi")) == SAID
    caller = langchain_openai.ChatOpenAI(model="calling", base_url=server.base_url, api_key="secret", max_retries=0)
    answer = caller.bind_tools([WEATHER]).invoke("Hi")
    assert answer.tool_calls[0]["name"] == "weather" and answer.tool_calls[0]["args"] == {"city": "Bern"}
    gathered = None
    for part in caller.bind_tools([WEATHER]).stream("Hi"):
        gathered = part if gathered is None else gathered + part
    assert gathered.tool_calls[0]["args"] == {"city": "Bern"}
    embeddings = langchain_openai.OpenAIEmbeddings(model="talking", base_url=server.base_url, api_key="secret", check_embedding_ctx_length=False)
    assert len(embeddings.embed_documents(["Hello", "there"])) == 2


def test_as_continue_asks(server):
    """Continue's chat and its completion of code: fields that are not set are left out, and there are many stops."""
    headers = {"Authorization": "Bearer secret", "api-key": "secret", "Content-Type": "application/json"}
    _, _, body = server.request("POST", "/v1/chat/completions", {
        "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": " "}, {"role": "user", "content": "Hi"}],
        "model": "talking", "max_tokens": 4096, "temperature": 0.01, "stream": True,
        "stop": ["<|im_end|>", "<|im_start|>", "[INST]", "</s>", "```", "\n\n\n"]}, headers)
    assert "".join(part["choices"][0]["delta"].get("content", "") for part in events(body)[:-1]) == SAID
    _, _, body = server.request("POST", "/v1/completions", {
        "model": "talking", "max_tokens": 1024, "temperature": 0.01, "stream": True, "prompt": "def f():\n    return Hello",
        "stop": ["<fim_prefix>", "<fim_suffix>", "<fim_middle>", "\n\n", "/src/", "#- coding: utf-8", "```"]}, headers)
    assert "".join(part["choices"][0]["text"] for part in events(body)[:-1]) == SAID.removeprefix("Hello")


def test_as_cline_asks(server):
    """Cline sends a long system prompt, contents in parts, and wants the usage at the end of the stream."""
    _, _, body = server.request("POST", "/v1/chat/completions", {
        "model": "talking", "temperature": 0, "stream": True, "stream_options": {"include_usage": True},
        "messages": [{"role": "system", "content": "You are Cline. " * 100},
                     {"role": "user", "content": [{"type": "text", "text": "<task>\nHi\n</task>"},
                                                  {"type": "text", "text": "<environment_details>\n# VSCode Visible Files\n</environment_details>"}]},
                     {"role": "assistant", "content": "<attempt_completion>"}, {"role": "user", "content": [{"type": "text", "text": "Go on"}]}]},
        {"Authorization": "Bearer secret", "X-Stainless-Lang": "js", "User-Agent": "OpenAI/JS"})
    *parts, usage, done = events(body)
    assert done == "[DONE]" and usage["usage"]["prompt_tokens"] > 1000
    assert "".join(part["choices"][0]["delta"].get("content", "") for part in parts) == SAID


NODE = r"""
const { OpenAI } = require('openai');
const client = new OpenAI({ baseURL: process.env.BASE_URL, apiKey: 'secret', maxRetries: 0 });
const messages = [{ role: 'user', content: 'Hi' }];
const weather = JSON.parse(process.env.WEATHER);
(async () => {
  const found = {};
  found.models = (await client.models.list()).data.map((model) => model.id);
  found.chat = (await client.chat.completions.create({ model: 'talking', messages })).choices[0].message.content;
  found.stream = '';
  for await (const part of await client.chat.completions.create({ model: 'talking', messages, stream: true }))
    found.stream += part.choices[0]?.delta?.content ?? '';
  const called = await client.chat.completions.create({ model: 'calling', messages, tools: [weather] });
  found.call = called.choices[0].message.tool_calls[0].function;
  const runner = client.chat.completions.stream({ model: 'calling', messages, tools: [weather] });
  found.streamed = (await runner.finalChatCompletion()).choices[0].message.tool_calls[0].function.name;
  found.embedding = (await client.embeddings.create({ model: 'talking', input: 'Hello' })).data[0].embedding.length;
  try { await client.chat.completions.create({ model: 'talking', messages, temperature: 9 }); }
  catch (error) { found.error = [error.status, error.param, error.constructor.name]; }
  const aborting = await client.chat.completions.create({ model: 'talking', messages, stream: true });
  for await (const part of aborting) { aborting.controller.abort(); break; }
  found.after = (await client.chat.completions.create({ model: 'talking', messages, max_tokens: 1 })).usage.completion_tokens;
  console.log(JSON.stringify(found));
})();
"""


def test_openai_in_node(server, tmp_path):
    packages = pathlib.Path(os.environ.get("PMTUNE_NODE_MODULES", ROOT / ".cache" / "node" / "node_modules"))
    node = shutil.which("node")
    assert node and (packages / "openai").exists(), "node, or its package openai, is not here; scripts/setup --tests brings them"
    script = tmp_path / "client.js"
    script.write_text(NODE)
    run = subprocess.run([node, script], capture_output=True, text=True, timeout=120, env={
        **os.environ, "NODE_PATH": str(packages), "BASE_URL": server.base_url, "WEATHER": json.dumps(WEATHER)})
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert found["models"] == ["auto", "talking", "calling"] and found["chat"] == found["stream"] == SAID
    assert found["call"]["name"] == "weather" and json.loads(found["call"]["arguments"]) == {"city": "Bern"} and found["streamed"] == "weather"
    assert found["embedding"] > 0 and found["error"] == [400, "temperature", "BadRequestError"] and found["after"] == 1
