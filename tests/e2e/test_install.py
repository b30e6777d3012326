"""The installed package, as CMake projects and C projects find it, also after the folder has been moved."""

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("PMTUNE_BUILD", ROOT / "build" / "release"))


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    first = tmp_path_factory.mktemp("install") / "first"
    run("cmake", "--install", BUILD, "--prefix", first, "--component", "library")
    return first.rename(first.parent / "moved")


@pytest.mark.parametrize("consumer", ["find_package_cpp", "plain_c"])
def test_consumer(prefix, consumer, tmp_path):
    pkgconfig = next(prefix.rglob("pmtune.pc")).parent
    environment = {**os.environ, "PKG_CONFIG_PATH": str(pkgconfig)}
    run("cmake", "-S", ROOT / "tests" / "consumer" / consumer, "-B", tmp_path, f"-DCMAKE_PREFIX_PATH={prefix}", env=environment)
    run("cmake", "--build", tmp_path, env=environment)
    run("ctest", "--test-dir", tmp_path, "--output-on-failure", env=environment)


def test_installed_tool_runs(prefix):
    assert "train" in run(prefix / "bin" / "pmtune", "--help")
