"""A server on this machine that speaks as huggingface.co does, and misbehaves as it is told to."""

import hashlib
import http.server
import json
import threading
import urllib.parse

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def git_sha1(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class Repository:
    """files: name -> bytes. Those above 1000 bytes are listed with SHA-256 as large files are, others with git's."""

    def __init__(self, files):
        self.files = dict(files)
        self.commit = COMMIT

    def listing(self):
        siblings = []
        for name, content in self.files.items():
            entry = {"rfilename": name, "size": len(content), "blobId": git_sha1(content)}
            if len(content) > 1000:
                entry["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
            siblings.append(entry)
        return {"id": "acme/tiny", "sha": self.commit, "siblings": siblings}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        hub = self.server.hub
        path = urllib.parse.unquote(self.path)
        with hub.lock:
            hub.requests.append((path, dict(self.headers)))
        self.close_connection = True
        try:
            self.answer(hub, path)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def answer(self, hub, path):
        if hub.override and hub.override(self, path):
            return
        if path.startswith("/api/models/"):
            name = "/".join(path.split("/")[3:5])
            if name not in hub.repositories:
                return self.refuse(401, "RepoNotFound")
            listing = hub.listing if hub.listing is not None else hub.repositories[name].listing()
            body = listing if isinstance(listing, bytes) else json.dumps(listing).encode()
            return self.give(body)
        parts = path.lstrip("/").split("/", 4)  # OWNER NAME resolve REVISION FILE
        if len(parts) == 5 and parts[2] == "resolve" and "/".join(parts[:2]) in hub.repositories:
            content = hub.repositories["/".join(parts[:2])].files.get(parts[4])
            if content is not None:
                return self.give_file(hub, parts[4], content)
        self.refuse(404, "EntryNotFound")

    def give_file(self, hub, name, content):
        """Whole or from where Range says; hub.behaviour may cut it, alter it, or lie about it."""
        content = hub.altered.get(name, content)
        etag = hub.etag or '"' + hashlib.md5(content).hexdigest() + '"'
        start = 0
        asked = self.headers.get("Range")
        same = self.headers.get("If-Range") in (None, etag)
        if asked and not hub.ignores_range and (same or hub.ignores_if_range):
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
        self.send_response(206 if start else 200)
        self.send_header("ETag", etag)
        if start:
            self.send_header("Content-Range", f"bytes {start + hub.shift}-{len(content) - 1}/{len(content)}")
        body = content[start:] + hub.surplus
        if hub.announces is not False:
            self.send_header("Content-Length", str(hub.announces if hub.announces is not None else len(body)))
        self.end_headers()
        cut = hub.cuts.pop(0) if hub.cuts else None
        if cut is not None:
            self.wfile.write(body[:cut])
            self.wfile.flush()
            if hub.stall:
                hub.stalled.set()
                hub.stall.wait(60)
            return  # and the connection is closed
        self.wfile.write(body)

    def give(self, body, status=200, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status, error="", **headers):
        self.give(b"refused", status, **({"X-Error-Code": error} if error else {}), **headers)

    def redirect(self, location, status=302):
        self.give(b"", status, Location=location)


class Hub:
    """with Hub({"acme/tiny": {...}}) as hub: hub.url is what endpoint takes; hub.requests says what was asked."""

    def __init__(self, repositories=None, tls=None):
        self.repositories = {name: Repository(files) for name, files in (repositories or {}).items()}
        self.requests = []
        self.lock = threading.Lock()
        self.override = None  # function(handler, path) -> True when it has answered
        self.listing = None  # instead of the real one: bytes, or what becomes JSON
        self.altered = {}  # name -> other bytes than those listed
        self.cuts = []  # after so many bytes of the next answers the connection ends
        self.stall = None  # an Event to wait for at the cut
        self.stalled = threading.Event()
        self.etag = None
        self.ignores_range = False
        self.ignores_if_range = False
        self.announces = None  # a number instead of the true Content-Length; False: none
        self.shift = 0  # of the start in Content-Range
        self.surplus = b""
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.hub = self
        self.server.daemon_threads = True
        scheme = "http"
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
            scheme = "https"
        self.port = self.server.server_address[1]
        self.url = f"{scheme}://127.0.0.1:{self.port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        if self.stall:
            self.stall.set()
        self.server.shutdown()
        self.server.server_close()

    def asked(self, part):
        """The headers of the requests whose path holds that text."""
        with self.lock:
            return [headers for path, headers in self.requests if part in path]
