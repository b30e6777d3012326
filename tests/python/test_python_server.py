"""Server from Python; what it answers is in tests/e2e/test_server*.py."""

import json
import os
import signal
import threading
import time
import urllib.request

import pmtune as pm
import pytest
from small_model import random_model


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    random_model(folder / "random")
    return folder / "random"


def models(server):
    with urllib.request.urlopen(server.address + "/v1/models", timeout=20) as answer:
        return [model["id"] for model in json.load(answer)["data"]]


def test_with(small, tmp_path):
    with pm.Server(models=[str(small)], port=0, inbox="") as server:
        assert server.address == f"http://127.0.0.1:{server.port}"
        assert models(server) == ["auto", "random"]
        with pytest.raises(pm.Busy):
            server.start()
    with pytest.raises(OSError):
        models(server)
    with pm.Server(pm.ModelRegistry(tmp_path / "models"), port=0) as server:
        assert models(server) == []


def test_run_until_stop(small):
    server = pm.Server(models=str(small), port=0)
    thread = threading.Thread(target=server.run)
    thread.start()
    assert "random" in models(server)
    server.stop()
    thread.join(30)
    assert not thread.is_alive()


def test_ctrl_c_ends_run(small):
    server = pm.Server(models=str(small), port=0)
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        server.run()
    assert time.monotonic() - start < 20


def test_options():
    with pytest.raises(pm.InvalidArgument, match='Did you mean "port"'):
        pm.Server(prot=1)
    with pytest.raises(pm.InvalidArgument, match="API key"):
        pm.Server(host="0.0.0.0", port=0)
