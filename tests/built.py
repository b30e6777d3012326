"""Where the build under test lies."""

import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[1]


def build_folder() -> pathlib.Path:
    return pathlib.Path(os.environ.get("PMTUNE_BUILD", ROOT / "build" / "release"))
