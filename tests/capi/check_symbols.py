#!/usr/bin/env python3
"""libpmtune_c.so exports what symbols.txt lists, under the version PMT_1, and nothing else.

usage: check_symbols.py LIBRARY SYMBOLS_TXT [HEADER]
"""
import re
import subprocess
import sys


def exported(library):
    lines = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout
    symbols = [line.split()[1:] for line in lines.splitlines()]
    return {name for kind, name in symbols if kind != "A"}  # A: the version's own name


def main():
    library, listing = sys.argv[1:3]
    lines = open(listing, encoding="utf-8").read().splitlines()
    problems = []
    if lines != sorted(set(lines)):
        problems.append(f"{listing} is not sorted, or names a symbol twice")
    found = exported(library)
    names = {symbol.split("@")[0] for symbol in found}
    problems += [f"{symbol} is exported but not listed" for symbol in sorted(names - set(lines))]
    problems += [f"{symbol} is listed but not exported" for symbol in sorted(set(lines) - names)]
    problems += [f"{symbol} does not carry the version PMT_1" for symbol in sorted(found) if "@@PMT_1" not in symbol]
    if len(sys.argv) > 3:
        declared = set(re.findall(r"\b(pmt_\w+)\(", open(sys.argv[3], encoding="utf-8").read()))
        problems += [f"{symbol} is declared but not listed" for symbol in sorted(declared - set(lines))]
        problems += [f"{symbol} is listed but not declared" for symbol in sorted(set(lines) - declared)]
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
