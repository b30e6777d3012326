"""The sign test of src/eval, compared with scipy.stats.binomtest.

The program stats_dump is taken from $PMTUNE_BUILD/bin (build/release/bin if unset). A missing program is a failure: a
test that skips proves nothing.
"""

import os
import subprocess
from pathlib import Path

import pytest
from scipy.stats import binomtest

ROOT = Path(__file__).resolve().parents[2]


def p_values(pairs) -> list:
    build = Path(os.environ.get("PMTUNE_BUILD", ROOT / "build" / "release"))
    program = build / "bin" / "stats_dump"
    assert program.exists(), f"{program} is missing; build it, or set PMTUNE_BUILD"
    text = "".join(f"{wins} {losses}\n" for wins, losses in pairs)
    done = subprocess.run([program], input=text, capture_output=True, text=True, check=True)
    values = [float(line) for line in done.stdout.split()]
    assert len(values) == len(pairs)
    return values


def expected(wins, losses) -> float:
    return binomtest(wins, wins + losses, 0.5).pvalue if wins + losses else 1.0


def test_every_split_of_up_to_sixty_pairs():
    pairs = [(wins, n - wins) for n in range(61) for wins in range(n + 1)]
    for (wins, losses), p in zip(pairs, p_values(pairs)):
        assert p == pytest.approx(expected(wins, losses), rel=1e-12), (wins, losses)


def test_splits_of_many_pairs():
    pairs = [(250, 250), (251, 249), (280, 220), (499, 1), (0, 1000), (5100, 4900), (10000, 9000), (100500, 99500)]
    for (wins, losses), p in zip(pairs, p_values(pairs)):
        assert p == pytest.approx(expected(wins, losses), rel=1e-9, abs=1e-300), (wins, losses)
