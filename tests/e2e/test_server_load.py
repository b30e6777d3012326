"""Many clients at once, and not the best of them: some hang up, some send nonsense, some read slowly; and the server is
stopped while they ask. Nothing may crash, leak or stick, and every answer that is finished is the one given alone."""

import json
import random
import signal
import threading
import time

import pytest
from serving import events, serve
from small_model import random_model

CLIENTS, REQUESTS = 16, 200


def request(number):
    """The body of a request, and how its client behaves."""
    question = number % 40
    body = {"model": "random", "messages": [{"role": "user", "content": f"Question {question} " + "x" * (question % 7)}],
            "max_tokens": 8 + question // 4, "temperature": 0.8, "seed": question, "stream": question % 2 == 0}
    return body, random.Random(number).choices(["patient", "gone", "malformed", "slow"], [6, 2, 1, 1])[0]


def send(server, body, timeout=120):
    connection = server.connect(timeout)
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    connection.sendall(f"POST /v1/chat/completions HTTP/1.1\r\nHost: {server.host}\r\nConnection: close\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data)
    return connection


def read(connection, slowly=False):
    received = b""
    while piece := connection.recv(40 if slowly else 65536):
        received += piece
        if slowly:
            time.sleep(0.005)
    connection.close()
    head, _, rest = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), head, rest


def text_of(body, head, rest):
    """The answer; None when it was broken off."""
    if b"chunked" not in head:
        return json.loads(rest)["choices"][0]["message"]["content"]
    plain = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        plain, rest = plain + rest[:int(size, 16)], rest[int(size, 16) + 2:]
    parts = events(plain)
    if parts[-1] != "[DONE]":
        return None
    return "".join(part["choices"][0]["delta"].get("content", "") for part in parts[:-1])


def ask(server, number):
    """("text", answer), ("status", code), or ("gone", why)."""
    body, kind = request(number)
    try:
        if kind == "malformed":
            broken = random.Random(number).choice([b"{", b"\xff" * 50, b"[]", json.dumps({**body, "n": "many"}).encode(), b""])
            return "status", read(send(server, broken))[0]
        if kind == "gone":
            body = {**body, "max_tokens": 400, "logit_bias": {"256": -100}}
        connection = send(server, body)
        if kind == "gone":
            time.sleep(random.Random(number).random() * 0.05)
            connection.close()
            return "gone", kind
        status, head, rest = read(connection, kind == "slow")
        if status != 200:
            return "status", status
        text = text_of(body, head, rest)
        return ("gone", "broken off") if text is None else ("text", text)
    except (ConnectionError, IndexError, TimeoutError) as error:
        return "gone", repr(error)


def storm(server, numbers, meanwhile=lambda: None):
    found, waiting, lock = {}, list(numbers), threading.Lock()

    def client():
        while True:
            with lock:
                if not waiting:
                    return
                number = waiting.pop()
            found[number] = ask(server, number)

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    meanwhile()
    for thread in threads:
        thread.join(300)
    assert not any(thread.is_alive() for thread in threads), "a client waits for ever"
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("load")
    random_model(folder / "random")
    return folder


@pytest.fixture(scope="module")
def alone(folder):
    """What is answered when nobody else asks: the first 40 requests are all there are."""
    answers = {}
    with serve(folder, "--model", folder / "random") as server:
        for number in range(40):
            body, _ = request(number)
            _, head, rest = read(send(server, body))
            answers[number] = text_of(body, head, rest)
    return answers


def settle(server):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and (server.metric("requests_running") or server.metric("requests_waiting") or server.metric("connections") > 1):
        time.sleep(0.1)


def test_load(folder, alone):
    with serve(folder, "--model", folder / "random", "--batch-size", "4") as server:
        ask(server, 1)
        storm(server, range(40))  # threads and buffers are there after this
        settle(server)
        memory, descriptors = server.memory(), server.descriptors()
        start = time.monotonic()
        found = storm(server, range(REQUESTS))
        seconds = time.monotonic() - start
        settle(server)
        kinds = {}
        for number, (what, value) in sorted(found.items()):
            kind = request(number)[1]
            kinds[kind] = kinds.get(kind, 0) + 1
            if kind in ("patient", "slow"):
                assert (what, value) == ("text", alone[number % 40]), number
            elif kind == "malformed":
                assert (what, value) == ("status", 400), number
        assert len(found) == REQUESTS
        assert server.metric("requests_running") == 0 and server.metric("requests_waiting") == 0
        assert server.descriptors() <= descriptors + 2
        grown = server.memory() - memory
        assert grown < 40e6, f"{grown / 1e6:.0f} MB more"
        print(f"\n{REQUESTS} requests of {CLIENTS} clients in {seconds:.1f} s ({kinds}); {server.metric('cancelled_total'):.0f} cancelled; "
              f"{grown / 1e6:+.1f} MB, {server.descriptors() - descriptors:+d} descriptors")
        assert server.stop() == 0


def test_stopped_in_the_middle(folder, alone):
    with serve(folder, "--model", folder / "random", "--batch-size", "4", "--stop-time", "20") as server:
        ask(server, 1)

        def stop():
            while server.metric("written_tokens_total") < 200:
                time.sleep(0.02)
            server.process.send_signal(signal.SIGTERM)

        found = storm(server, range(REQUESTS), stop)
        assert server.process.wait(60) == 0
        texts = {number: value for number, (what, value) in found.items() if what == "text"}
        assert texts, "those that were being answered are answered"
        for number, text in texts.items():
            assert text == alone[number % 40], number
        statuses = {value for what, value in found.values() if what == "status"}
        assert statuses <= {400, 503}, statuses
        print(f"\n{len(texts)} of {REQUESTS} answered before the stop")


def test_too_many_wait(folder):
    with serve(folder, "--model", folder / "random", "--batch-size", "1", "--queue-length", "2") as server:
        ask(server, 1)
        bodies = [{"model": "random", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 300, "stream": False} for _ in range(12)]
        connections = [send(server, body) for body in bodies]
        answers = [read(connection) for connection in connections]
        statuses = [status for status, _, _ in answers]
        assert set(statuses) <= {200, 429} and 200 in statuses and 429 in statuses
        refusal = next(head for status, head, _ in answers if status == 429)
        assert b"Retry-After: 1" in refusal


def test_slow_readers_hold_up_nobody(folder):
    with serve(folder, "--model", folder / "random", "--batch-size", "2", "--idle-time", "3") as server:
        ask(server, 1)
        # They ask for much and read nothing.
        lazy = [send(server, {"model": "random", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 300, "stream": True}) for _ in range(6)]
        start = time.monotonic()
        assert ask(server, 3)[0] == "text"
        assert time.monotonic() - start < 30
        settle(server)
        assert server.metric("requests_running") == 0
        for connection in lazy:
            connection.close()
