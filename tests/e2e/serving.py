"""A `pmtune serve` of a test's own, and what can be asked of it."""

import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
PMTUNE = pathlib.Path(os.environ.get("PMTUNE_BUILD", ROOT / "build" / "release")) / "bin" / "pmtune"


class Served:
    def __init__(self, process, port):
        self.process, self.port, self.host = process, port, f"127.0.0.1:{port}"
        self.url = f"http://{self.host}"
        self.base_url = self.url + "/v1"
        self.said = []
        threading.Thread(target=lambda: self.said.extend(process.stderr), daemon=True).start()

    def connect(self, timeout=60):
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout)

    def raw(self, data, timeout=60):
        """What comes back for these bytes until the server closes."""
        with self.connect(timeout) as connection:
            connection.sendall(data)
            received = b""
            with contextlib.suppress(ConnectionResetError):
                while piece := connection.recv(65536):
                    received += piece
            return received

    def request(self, method, path, body=None, headers=(), timeout=60):
        """(status, headers, body) with no client library between."""
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
        head = {"Host": self.host, "Connection": "close", **dict(headers)}
        if body is not None:
            head.setdefault("Content-Length", len(body))
        lines = [f"{method} {path} HTTP/1.1"] + [f"{name}: {value}" for name, value in head.items()]
        answer = self.raw("\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b""), timeout)
        top, _, rest = answer.partition(b"\r\n\r\n")
        first, *others = top.decode("latin-1").split("\r\n")
        fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in others)}
        if fields.get("transfer-encoding") == "chunked":
            rest = b"".join(chunks(rest))
        return int(first.split()[1]), fields, rest

    def post(self, path, body, headers=(), timeout=60):
        status, _, answer = self.request("POST", path, body, headers, timeout)
        return status, json.loads(answer)

    def metric(self, name):
        _, _, body = self.request("GET", "/metrics")
        values = [float(line.rsplit(" ", 1)[1]) for line in body.decode().splitlines() if line.startswith("pmtune_" + name)]
        return sum(values)

    def memory(self):
        """Resident bytes."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", text).group(1)) * 1024

    def descriptors(self):
        return len(list(pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def stop(self, how=signal.SIGTERM, timeout=60):
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(timeout)


def chunks(data):
    while data:
        size, _, data = data.partition(b"\r\n")
        count = int(size, 16)
        if count == 0:
            return
        yield data[:count]
        data = data[count + 2:]


def events(body):
    """The events of a stream; the last one is "[DONE]" or an error."""
    found = [line[6:] for line in body.decode().split("\n\n") if line.startswith("data: ")]
    return [text if text == "[DONE]" else json.loads(text) for text in found]


@contextlib.contextmanager
def serve(folder, *arguments, environment=()):
    changed = {**os.environ, "OMP_NUM_THREADS": "1", **dict(environment)}
    for name in ("PMTUNE_REGISTRY", "PMTUNE_API_KEY", "PMTUNE_INBOX"):
        if name not in dict(environment):
            changed.pop(name, None)
    port = [] if "--port" in arguments else ["--port", "0"]
    process = subprocess.Popen([PMTUNE, "serve", *port, *map(str, arguments)], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, cwd=folder, env=changed)
    line = process.stdout.readline()
    found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
    if not found:
        raise RuntimeError(f"no server: {line}{process.stderr.read()}")
    served = Served(process, int(found.group(1)))
    try:
        yield served
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
