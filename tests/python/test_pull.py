"""pull against a server on this machine that drops, lies, redirects and refuses; and killed at any moment."""

import ctypes
import gc
import json
import os
import pathlib
import shutil
import signal
import ssl
import subprocess
import threading
import time

import pmtune as pm
import pytest
from hub_server import Hub
from small_model import random_model

BUILD = pathlib.Path(os.environ.get("PMTUNE_BUILD", pathlib.Path(__file__).resolve().parents[2] / "build" / "release"))
BIG = bytes(range(256)) * 2000  # 512 kB
GGUF = {"acme/tiny": {"tiny-Q4_0.gguf": BIG}}


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    """No test sees the caches, tokens and proxies of the person who runs it."""
    for name in list(os.environ):
        if name.startswith(("HF_", "OLLAMA_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home" / ".cache"))
    monkeypatch.setenv("PMTUNE_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def model_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hub") / "tiny"
    random_model(folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def pull(hub, name="acme/tiny", **options):
    return pm.pull(name, progress=None, **{"endpoint": hub.url, "retries": 2, "timeout": 5, **options})


def placed(tmp_path, name="acme/tiny"):
    return tmp_path / "cache" / "models" / name


def visible(folder):
    """What a person or a program finds there: hidden files are not looked at."""
    return sorted(path.name for path in folder.iterdir() if path.name[0] != ".") if folder.exists() else []


def test_a_folder_is_pulled_loaded_and_not_pulled_again(tmp_path, model_files):
    extra = {"README.md": b"#", "pytorch_model.bin": b"\x80" * 2000, "sub/x.safetensors": b"x" * 2000}
    with Hub({"acme/tiny": {**model_files, **extra}}) as hub:
        path = pull(hub)
        assert path == str(placed(tmp_path)) and visible(placed(tmp_path)) == sorted(model_files)
        for name, content in model_files.items():
            assert (placed(tmp_path) / name).read_bytes() == content
        requests = len(hub.requests)
        assert pull(hub) == path and len(hub.requests) == requests + 1, "only the listing is asked for again"
        assert all("pytorch_model" not in request for request, _ in hub.requests)
        # Pinned to the commit of the listing, whatever main becomes meanwhile.
        assert hub.asked("resolve/0123456789abcdef") and not hub.asked("resolve/main")
    by_name, by_path = pm.Model.load("acme/tiny"), pm.Model.load(path)
    assert by_name.info["source"] == by_path.info["source"] and by_name.tokenize("Hi") == by_path.tokenize("Hi")
    entry, = [model for model in pm.local_models() if model["place"] == "pmtune"]
    assert entry["reference"] == "acme/tiny" and entry["trains"] and entry["reason"] == ""
    assert not [name for name in os.listdir(placed(tmp_path).parent) if name != "tiny"]


def test_one_gguf_is_taken_several_are_named(tmp_path):
    with Hub({**GGUF, "acme/many": {"m-Q8_0.gguf": BIG, "m-Q4_K_M.gguf": BIG[:5000], "mmproj-m.gguf": BIG}}) as hub:
        assert pull(hub) == str(placed(tmp_path) / "tiny-Q4_0.gguf")
        with pytest.raises(pm.InvalidArgument, match=r"m-Q8_0.gguf \(512 kB\).*for example acme/many:m-Q4_K_M.gguf"):
            pull(hub, "acme/many")
        assert not placed(tmp_path, "acme/many").exists()
        path = pull(hub, "acme/many:q4_k_m")
        assert pathlib.Path(path).read_bytes() == BIG[:5000]
        assert pull(hub, "acme/many:m-Q8_0.gguf", to=tmp_path / "mine") == str(tmp_path / "mine" / "m-Q8_0.gguf")
    assert visible(placed(tmp_path, "acme/many")) == ["m-Q4_K_M.gguf"] and visible(tmp_path / "mine") == ["m-Q8_0.gguf"]


def test_dropped_connections_go_on_where_they_were(tmp_path):
    with Hub(GGUF) as hub:
        hub.cuts = [100_000, 0, 50_000]
        with pytest.raises(pm.IoError, match="failed after 3 attempts: the connection dropped"):
            pull(hub)
        assert visible(placed(tmp_path)) == []
        path = pull(hub)
        assert pathlib.Path(path).read_bytes() == BIG
        ranges = [headers.get("Range") for headers in hub.asked("/resolve/")]
        assert ranges == [None, "bytes=100000-", "bytes=100000-", "bytes=150000-"]
        assert all("If-Range" in headers for headers in hub.asked("/resolve/")[1:])


def test_a_server_without_ranges_is_begun_anew(tmp_path):
    with Hub(GGUF) as hub:
        hub.cuts, hub.ignores_range = [100_000], True
        assert pathlib.Path(pull(hub)).read_bytes() == BIG


def test_another_file_behind_the_same_name_is_begun_anew(tmp_path):
    with Hub(GGUF) as hub:
        hub.cuts, hub.etag = [100_000], '"first"'
        with pytest.raises(pm.IoError):
            pull(hub, retries=0)
        hub.etag = '"second"'  # If-Range makes the server send all of it
        assert pathlib.Path(pull(hub)).read_bytes() == BIG
        assert hub.asked("/resolve/")[-1]["If-Range"] == '"first"'


def test_a_part_of_another_file_is_noticed_even_when_the_server_does_not_care(tmp_path):
    with Hub(GGUF) as hub:
        hub.altered = {"tiny-Q4_0.gguf": b"\0" * len(BIG)}
        hub.cuts, hub.etag = [100_000], '"first"'
        with pytest.raises(pm.IoError):
            pull(hub, retries=0)
        hub.altered, hub.etag, hub.ignores_if_range = {}, '"second"', True
        assert pathlib.Path(pull(hub)).read_bytes() == BIG


def test_a_spoiled_part_costs_a_second_download_and_no_more(tmp_path):
    with Hub(GGUF) as hub:
        hub.altered, hub.cuts, hub.etag = {"tiny-Q4_0.gguf": b"\0" * len(BIG)}, [100_000], '"same"'
        with pytest.raises(pm.IoError):
            pull(hub, retries=0)
        hub.altered = {}
        assert pathlib.Path(pull(hub)).read_bytes() == BIG
        assert [headers.get("Range") for headers in hub.asked("/resolve/")] == [None, "bytes=100000-", None]


def test_a_range_that_was_not_asked_for(tmp_path):
    with Hub(GGUF) as hub:
        hub.cuts, hub.shift = [100_000], 7
        assert pathlib.Path(pull(hub)).read_bytes() == BIG


@pytest.mark.parametrize("name", ["tiny-Q4_0.gguf", "config.json"])
def test_wrong_bytes_are_not_kept(tmp_path, model_files, name):
    files = GGUF["acme/tiny"] if name.endswith("gguf") else model_files
    with Hub({"acme/tiny": files}) as hub:
        content = bytearray(files[name])
        content[len(content) // 2] ^= 1
        hub.altered = {name: bytes(content)}
        with pytest.raises(pm.Corrupt, match=f"{name} is not the file that the server lists"):
            pull(hub)
        assert visible(placed(tmp_path)) == []
        assert len([path for path, _ in hub.requests if path.endswith(name)]) == 1, "no second attempt at a lie"
        hub.altered = {}
        pull(hub)
    assert name in visible(placed(tmp_path))


@pytest.mark.parametrize("announced, error, words", [
    (len(BIG) - 1, pm.Corrupt, "announces 511999 bytes .* lists 512000"),
    (len(BIG) + 1, pm.Corrupt, "announces 512001 bytes"),
    (0, pm.Corrupt, "announces 0 bytes"),
    (10**18, pm.Corrupt, "announces"),
    (-5, (pm.Corrupt, pm.IoError), "."),
])
def test_lies_about_the_length(tmp_path, announced, error, words):
    with Hub(GGUF) as hub:
        hub.announces = announced
        with pytest.raises(error, match=words):
            pull(hub, retries=0)
    assert visible(placed(tmp_path)) == []


def test_more_than_was_listed(tmp_path):
    with Hub(GGUF) as hub:
        hub.announces, hub.surplus = False, b"x" * 100_000
        with pytest.raises(pm.Corrupt, match="sends more of"):
            pull(hub)
    assert visible(placed(tmp_path)) == []


def test_less_than_was_listed(tmp_path):
    with Hub(GGUF) as hub:
        hub.announces, hub.altered = False, {"tiny-Q4_0.gguf": BIG[:1000]}
        with pytest.raises(pm.Error):
            pull(hub, retries=1)
    assert visible(placed(tmp_path)) == []


@pytest.mark.parametrize("status, code, error, words", [
    (401, "RepoNotFound", pm.NotFound, "does not exist on 127.0.0.1, or is private.*HF_TOKEN"),
    (403, "GatedRepo", pm.IoError, r"accepted its terms.*http://127.0.0.1:\d+/acme/tiny.*HF_TOKEN"),
    (401, "GatedRepo", pm.IoError, "accepted its terms"),
    (404, "RepoNotFound", pm.NotFound, "check the spelling"),
    (404, "RevisionNotFound", pm.NotFound, "no such revision"),
    (418, "", pm.IoError, "answered 418"),
])
def test_refusals_in_words(tmp_path, status, code, error, words):
    with Hub(GGUF) as hub:
        hub.override = lambda handler, path: handler.refuse(status, code) or True
        with pytest.raises(error, match=words):
            pull(hub)
        assert len(hub.requests) == 1, "a refusal is not tried again"
        hub.override = lambda handler, path: "/resolve/" in path and (handler.refuse(status, code) or True)
        with pytest.raises(error, match=words):
            pull(hub)


def test_a_busy_server_is_asked_again_after_the_pause_that_it_wants(tmp_path):
    with Hub(GGUF) as hub:
        answers = [429, 503, 500]
        hub.override = lambda handler, path: answers and (handler.refuse(answers.pop(0), Retry_After="0") or True)
        assert pathlib.Path(pull(hub, retries=3)).read_bytes() == BIG
        hub.override = lambda handler, path: handler.refuse(429) or True
        with pytest.raises(pm.IoError, match=r"failed after 2 attempts: the server is asked too often \(429\)"):
            pull(hub, retries=1)
        hub.override = lambda handler, path: handler.refuse(429, Retry_After="3600") or True
        with pytest.raises(pm.IoError, match="wants 3600 seconds of rest"):
            pull(hub)


def test_nobody_there(tmp_path):
    with Hub() as hub:
        pass
    started = time.monotonic()
    with pytest.raises(pm.IoError, match="no connection could be made"):
        pull(hub, retries=1)
    assert time.monotonic() - started < 10


def test_a_silent_server_counts_as_dropped(tmp_path):
    with Hub(GGUF) as hub:
        hub.override = lambda handler, path: time.sleep(4) or True
        with pytest.raises(pm.IoError, match="the connection dropped"):
            pull(hub, retries=0, timeout=1)


@pytest.mark.parametrize("name", ["../../evil.gguf", "/tmp/evil.gguf", "a\\..\\evil.gguf", "evil\0.gguf", "a/../../evil.gguf"])
def test_hostile_names(tmp_path, name):
    with Hub({"acme/tiny": {name: BIG, "config.json": b"{}"}}) as hub:
        with pytest.raises(pm.Corrupt, match="which no file may have"):
            pull(hub)
    assert not list(tmp_path.rglob("*evil*")) and not pathlib.Path("/tmp/evil.gguf").exists()


@pytest.mark.parametrize("listing", [
    b"", b"<html>", b"[]", b'{"siblings": "no"}', {"siblings": [{"rfilename": "a.gguf", "size": -1}]},
    {"siblings": [{"rfilename": "a.gguf", "size": 1 << 60, "lfs": {"sha256": "a" * 64}}]}, b" " * (40 << 20),
])
def test_hostile_listings(tmp_path, listing):
    with Hub(GGUF) as hub:
        hub.listing = listing
        with pytest.raises(pm.Corrupt):
            pull(hub)
    assert not (tmp_path / "cache").exists()


def test_what_does_not_fit_on_the_disk_is_not_begun(tmp_path):
    with Hub(GGUF) as hub:
        hub.listing = {"siblings": [{"rfilename": "a.gguf", "size": 4 << 40, "lfs": {"sha256": "a" * 64}}]}
        with pytest.raises(pm.IoError, match="free some disk space"):
            pull(hub)
        assert not hub.asked("/resolve/")


@pytest.mark.parametrize("name", ["tiny", "a/b/c", "../a", "a/..", "", "a b/c", "a/b?c", "/a/b"])
def test_names_that_are_none(name):
    with pytest.raises(pm.InvalidArgument, match="OWNER/NAME"):
        pm.pull(name, endpoint="http://127.0.0.1:1", retries=0)


@pytest.mark.parametrize("endpoint", ["huggingface.co", "ftp://x", "http://a b", "http://me:pw@host/"])
def test_endpoints_that_are_none(endpoint):
    with pytest.raises(pm.InvalidArgument, match="The endpoint"):
        pm.pull("acme/tiny", endpoint=endpoint)


def test_the_token_stays_with_its_server(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    with Hub(GGUF) as hub, Hub(GGUF) as other:
        def away(handler, path):
            if "/resolve/" not in path:
                return False
            handler.redirect(other.url + handler.path)
            return True

        hub.override = away
        assert pathlib.Path(pull(hub)).read_bytes() == BIG
        assert {headers.get("Authorization") for _, headers in hub.requests} == {"Bearer hf_secret"}
        assert len(other.requests) == 1 and "Authorization" not in other.requests[0][1]
        # A part is gone on with through the redirect, too.
        shutil.rmtree(tmp_path / "cache")
        other.cuts = [1000]
        assert pathlib.Path(pull(hub)).read_bytes() == BIG
        assert other.asked("/resolve/")[-1]["Range"] == "bytes=1000-"


def test_where_the_token_comes_from(tmp_path, monkeypatch):
    with Hub(GGUF) as hub:
        login = tmp_path / "home" / ".cache" / "huggingface"
        login.mkdir(parents=True)
        (login / "token").write_text("hf_login\n")
        pull(hub)
        monkeypatch.setenv("HF_TOKEN", "hf_environment")
        pull(hub)
        pull(hub, token="hf_option")
        seen = [headers["Authorization"] for headers in hub.asked("/api/")]
        assert seen == ["Bearer hf_login", "Bearer hf_environment", "Bearer hf_option"]
        with pytest.raises(pm.InvalidArgument, match="token"):
            pull(hub, token="hf\r\nX-Evil: 1")


def test_redirects_end(tmp_path):
    with Hub(GGUF) as hub:
        hub.override = lambda handler, path: handler.redirect(path + "x") or True
        with pytest.raises(pm.Corrupt, match="without end"):
            pull(hub)
        assert len(hub.requests) == 11
        hub.override = lambda handler, path: handler.redirect("file:///etc/passwd") or True
        with pytest.raises(pm.Corrupt):
            pull(hub)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", folder / "key.pem",
                    "-out", folder / "certificate.pem", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
                   check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context, folder / "certificate.pem"


def test_certificates_are_checked(tmp_path, certificate, monkeypatch):
    context, file = certificate
    with Hub(GGUF, tls=context) as hub:
        with pytest.raises(pm.IoError, match="certificate"):
            pull(hub)
        assert not hub.requests, "nothing was asked, and no token sent"
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        assert pathlib.Path(pull(hub)).read_bytes() == BIG


def test_https_never_leads_to_http(tmp_path, certificate, monkeypatch):
    context, file = certificate
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with Hub(GGUF, tls=context) as hub, Hub(GGUF) as plain:
        hub.override = lambda handler, path: "/resolve/" in path and (handler.redirect(plain.url + handler.path) or True)
        with pytest.raises(pm.Corrupt, match="from https to http"):
            pull(hub)
        assert not plain.requests


def test_progress_counts_what_arrives(tmp_path, model_files):
    events = []
    with Hub({"acme/tiny": model_files}) as hub:
        pm.pull("acme/tiny", endpoint=hub.url, progress=events.append)
    total = sum(map(len, model_files.values()))
    assert events[-1]["bytes"] == events[-1]["total"] == total
    assert events[-1]["files_done"] == events[-1]["files"] == len(model_files)
    assert {event["file"] for event in events if event["file"]} == set(model_files)
    amounts = [event["bytes"] for event in events]
    assert amounts == sorted(amounts) and all(event["text"] for event in events if event["total"])


def test_notes_say_what_is_waited_for(tmp_path):
    notes = set()
    with Hub(GGUF) as hub:
        hub.cuts = [1000]
        pm.pull("acme/tiny", endpoint=hub.url, progress=lambda event: notes.add(event["note"]))
    assert "the connection dropped; trying again in 1 s" in notes


def test_cancelled_from_the_callback_and_gone_on_with(tmp_path):
    with Hub(GGUF) as hub:
        hub.cuts, hub.stall = [200_000], threading.Event()  # half of it, then silence
        started = time.monotonic()
        with pytest.raises(pm.Cancelled, match="goes on where it was"):
            pm.pull("acme/tiny", endpoint=hub.url, timeout=60, progress=lambda event: event["bytes"] < 200_000)
        assert time.monotonic() - started < 5, "a silent server does not hold up a cancel"
        assert visible(placed(tmp_path)) == []
        hub.stall.set()
        assert pathlib.Path(pull(hub)).read_bytes() == BIG
        assert hub.asked("/resolve/")[-1]["Range"] == "bytes=200000-"


def test_ctrl_c_and_exceptions_of_the_callback_come_out(tmp_path):
    def interrupt(event):
        if event["bytes"] >= 200_000:
            signal.raise_signal(signal.SIGINT)

    def broken(event):
        raise ZeroDivisionError

    with Hub(GGUF) as hub:
        hub.cuts, hub.stall = [200_000], threading.Event()
        with pytest.raises(KeyboardInterrupt):
            pm.pull("acme/tiny", endpoint=hub.url, timeout=60, progress=interrupt)
        with pytest.raises(ZeroDivisionError):
            pm.pull("acme/tiny", endpoint=hub.url, progress=broken)
    gc.collect()


def test_a_second_process_waits_its_turn(tmp_path):
    with Hub(GGUF) as hub:
        hub.cuts, hub.stall = [1000], threading.Event()
        first = subprocess.Popen([BUILD / "bin" / "pmtune", "pull", "acme/tiny", "--endpoint", hub.url])
        try:
            assert hub.stalled.wait(20)
            with pytest.raises(pm.Busy, match="Another process"):
                pull(hub)
        finally:
            hub.stall.set()
            assert first.wait(30) == 0
        assert pathlib.Path(pull(hub)).read_bytes() == BIG


class TestCommand:
    def run(self, *arguments, **options):
        return subprocess.run([BUILD / "bin" / "pmtune", *map(str, arguments)], capture_output=True, text=True, timeout=60, **options)

    def test_pull_and_list(self, tmp_path, model_files):
        with Hub({"acme/tiny": model_files}) as hub:
            done = self.run("pull", "acme/tiny", "--endpoint", hub.url)
            assert done.returncode == 0, done.stderr
            assert f"acme/tiny is in {placed(tmp_path)}" in done.stdout and "--model acme/tiny" in done.stdout
            assert "model.safetensors: " in done.stderr and "\r" not in done.stderr
            quiet = self.run("pull", "acme/tiny", "--endpoint", hub.url, "--quiet")
            assert quiet.stdout == f"{placed(tmp_path)}\n" and quiet.stderr == ""
        table = self.run("models", "--local").stdout.splitlines()
        assert table[0].split() == ["MODEL", "WHERE", "SIZE", "TYPE", "ARCHITECTURE", "TRAINS"]
        assert table[1].split()[:2] == ["acme/tiny", "pmtune"] and table[1].endswith("yes")
        listed, = json.loads(self.run("models", "--local", "--json").stdout)
        assert listed == {**pm.local_models()[0]}

    def test_errors_are_one_line(self):
        for arguments in (["pull", "tiny"], ["pull", "acme/tiny", "--endpoint", "http://127.0.0.1:1", "--retries", "0"]):
            done = self.run(*arguments)
            assert done.returncode == 1 and done.stderr.splitlines()[-1].startswith("pmtune: ")
        missing = self.run("train", pathlib.Path(__file__), "--model", "acme/tiny")
        assert missing.returncode == 1

    def test_ctrl_c(self, tmp_path):
        with Hub(GGUF) as hub:
            hub.cuts, hub.stall = [200_000], threading.Event()
            process = subprocess.Popen([BUILD / "bin" / "pmtune", "pull", "acme/tiny", "--endpoint", hub.url],
                                       stderr=subprocess.PIPE, text=True)
            assert hub.stalled.wait(20)
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=10)
            assert process.returncode == 1 and "was stopped; the same again goes on" in errors
        assert visible(placed(tmp_path)) == []

    def test_killed_at_any_moment(self, tmp_path, model_files):
        """Nothing or the whole is visible, and the next one completes it without fetching again what it had."""
        moments = [(name, cut) for name, content in model_files.items() for cut in (0, len(content) // 2, len(content))]
        for name, cut in moments:
            with Hub({"acme/tiny": model_files}) as hub:
                stall = threading.Event()
                reached = threading.Event()

                def hold(handler, path):
                    if not path.endswith("/" + name) or reached.is_set():
                        return False
                    content = model_files[name]
                    handler.send_response(200)
                    handler.send_header("ETag", '"held"')
                    handler.send_header("Content-Length", str(len(content)))
                    handler.end_headers()
                    handler.wfile.write(content[:cut])
                    handler.wfile.flush()
                    reached.set()
                    stall.wait(30)
                    return True

                hub.override = hold
                process = subprocess.Popen([BUILD / "bin" / "pmtune", "pull", "acme/tiny", "--endpoint", hub.url, "--quiet"],
                                           stdout=subprocess.DEVNULL)
                assert reached.wait(20)
                time.sleep(0.05)
                process.send_signal(signal.SIGKILL)
                process.wait()
                stall.set()
                assert visible(placed(tmp_path)) in ([], sorted(model_files))
                assert [model["trains"] for model in pm.local_models()] in ([], [True])
                before = [path for path, _ in hub.requests]
                pull(hub)
                again = [path for path, _ in hub.requests[len(before):] if "/resolve/" in path and path in before]
                # Only the one that was on its way; after the last byte of `name` that is another one.
                assert len(again) <= 1 and (cut == len(model_files[name]) or again[0].endswith("/" + name))
            for file, content in model_files.items():
                assert (placed(tmp_path) / file).read_bytes() == content
            shutil.rmtree(tmp_path / "cache")

    OLD = {"config.json": b"{}", "tokenizer.json": b"t" * 500, "model.safetensors": b"m" * 5000, "merges.txt": b"x"}
    NEW = {"config.json": b"{}", "tokenizer.json": b"T" * 500, "model.safetensors.index.json": b"{}",
           "model-00001-of-00001.safetensors": b"M" * 6000}

    @pytest.mark.parametrize("before, after", [(None, OLD), (OLD, NEW), (None, {"sub/a.gguf": b"g" * 4000})],
                             ids=["new folder", "newer revision", "one file"])
    @pytest.mark.parametrize("call", ["rename", "unlink", "rmdir", "mkdir", "fsync", "ftruncate"])
    def test_killed_at_every_system_call(self, tmp_path, before, after, call):
        """What opens as a model is the old one or the new one; the next pull completes it and leaves nothing behind."""
        assert shutil.which("strace"), "strace is missing; scripts/setup --tests brings it"
        to = tmp_path / "to" / "model"

        def shown():
            return {str(path.relative_to(to)): path.read_bytes() for path in to.rglob("*")
                    if path.is_file() and not any(part[0] == "." for part in path.relative_to(to).parts)}

        calls = f"?{call},?{call}at"  # as the processor's Linux has it
        for nth in range(1, 100):
            with Hub({"acme/tiny": before or after}) as hub:
                if before:
                    pull(hub, to=to)
                hub.repositories["acme/tiny"].files = after
                killing = ["strace", "-f", "-o", "/dev/null", "-e", f"trace={calls}", "-e", f"inject={calls}:signal=KILL:when={nth}"]
                done = subprocess.run([*killing, BUILD / "bin" / "pmtune", "pull", "acme/tiny", "--endpoint", hub.url, "--to", to],
                                      capture_output=True, text=True, timeout=60)
                assert "ptrace" not in done.stderr, done.stderr
                now = shown()
                if "config.json" in now or "config.json" not in after:
                    assert now in (before or {}, after), nth
                pull(hub, to=to)
                assert shown() == after, nth
            assert not (to / ".pmtune-pull").exists() and os.listdir(to.parent) == ["model"], nth
            shutil.rmtree(to.parent)
            if done.returncode == 0:
                break
        assert done.returncode == 0 and (nth > 1 or call in ("rmdir", "mkdir"))


def test_from_c(tmp_path):
    library = ctypes.CDLL(str(BUILD / "lib" / "libpmtune_c.so"))
    library.pmt_error_message.restype = ctypes.c_char_p

    class Options(ctypes.Structure):
        _fields_ = [("struct_size", ctypes.c_size_t), *((name, ctypes.c_char_p) for name in ("to", "endpoint", "revision", "token")),
                    ("retries", ctypes.c_int64), ("timeout", ctypes.c_int64)]

    class Text(ctypes.Structure):
        _fields_ = [("data", ctypes.c_char_p), ("size", ctypes.c_size_t)]

    class Event(ctypes.Structure):
        _fields_ = [("struct_size", ctypes.c_size_t), ("bytes", ctypes.c_int64), ("total", ctypes.c_int64)]

    library.pmt_buffer_view.restype = Text
    library.pmt_buffer_view.argtypes = library.pmt_buffer_free.argtypes = library.pmt_error_free.argtypes = [ctypes.c_void_p]
    library.pmt_error_message.argtypes = [ctypes.c_void_p]
    progress_type = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.POINTER(Event), ctypes.c_void_p)
    destroy_type = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
    options = Options()
    library.pmt_pull_options_init(ctypes.byref(options), ctypes.c_size_t(ctypes.sizeof(options)))
    assert options.retries == 5 and options.timeout == 30
    destroyed = []
    destroy = destroy_type(destroyed.append)

    def run(answer):
        seen = []
        out, error = ctypes.c_void_p(), ctypes.c_void_p()
        progress = progress_type(lambda event, data: seen.append((event.contents.struct_size, event.contents.bytes, data)) or answer)
        status = library.pmt_pull(b"acme/tiny", ctypes.byref(options), progress, ctypes.c_void_p(7), destroy,
                                  ctypes.byref(out), ctypes.byref(error))
        return status, seen, out, error

    with Hub(GGUF) as hub:
        options.endpoint = hub.url.encode()
        status, seen, out, error = run(1)
        assert status == -8 and b"was stopped" in library.pmt_error_message(error) and out.value is None
        library.pmt_error_free(error)
        status, seen, out, error = run(0)
        assert status == 0 and seen[-1] == (104, len(BIG), 7) and destroyed == [7, 7]
        view = library.pmt_buffer_view(out)
        assert view.data == str(placed(tmp_path) / "tiny-Q4_0.gguf").encode()
        library.pmt_buffer_free(out)
    assert library.pmt_local_models(ctypes.byref(out), None) == 0
    listed = json.loads(library.pmt_buffer_view(out).data)
    library.pmt_buffer_free(out)
    assert [model["reference"] for model in listed] == ["acme/tiny:tiny-Q4_0.gguf"] and not listed[0]["trains"]
