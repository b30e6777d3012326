# The front door. Each target brings what it needs; none needs another one before it.
#   make demo    build, fine-tune a real model on examples/dataset.jsonl, judge it, register it, ask it
#   make build   build/release: bin/pmtune, lib/libpmtune.so, lib/libpmtune_c.so; .venv in which `import pmtune` works
#   make test    everything is tested, parsers also under sanitizers
#   make fuzz    the parsers with libFuzzer, SECONDS=60 each; needs clang (with its libclang-rt)
#   make bench   pmtune against PEFT on the same data, in one interleaved run
#   make install PREFIX=/usr/local
PREFIX ?= /usr/local
VENV   := .venv
PYTHON := $(VENV)/bin/python
JOBS   ?= $(shell nproc)
export PMTUNE_BUILD := $(CURDIR)/build/release

.PHONY: build demo test test-sanitized test-release fuzz bench install clean setup test-setup configure

setup:
	@scripts/setup

configure: setup
	@mkdir -p build
	@cmake --preset release -DPython_EXECUTABLE=$(CURDIR)/$(PYTHON) -DPython3_EXECUTABLE=$(CURDIR)/$(PYTHON) \
	  -DCMAKE_PREFIX_PATH="$$($(PYTHON) -c 'import torch; print(torch.utils.cmake_prefix_path)')" $(CMAKE_FLAGS) > build/configure.log 2>&1 \
	  || (cat build/configure.log; exit 1)

build: configure
	@cmake --build build/release -j $(JOBS)

demo: build
	@scripts/demo

test-setup:
	@scripts/setup --tests

# The parsers first: they need no torch, and what they say is said within a minute or two.
test-sanitized: setup
	@cmake --preset asan-ubsan > /dev/null
	@cmake --build build/asan-ubsan -j $(JOBS)
	@ctest --preset asan-ubsan

test: test-setup test-sanitized build
	@scripts/test

CLANG   ?= $(notdir $(firstword $(shell for c in clang clang-19 clang-18 clang-17 clang-16 clang-15 clang-14; do command -v $$c; done) clang))
SECONDS := 60
fuzz: setup
	@cmake --preset fuzz -DCMAKE_C_COMPILER=$(CLANG) -DCMAKE_CXX_COMPILER=$(subst clang,clang++,$(CLANG)) > /dev/null
	@cmake --build build/fuzz -j $(JOBS)
	@SECONDS_EACH=$(SECONDS) nice scripts/fuzz

bench: test-setup
	@$(MAKE) --no-print-directory build CMAKE_FLAGS=-DPMTUNE_BENCHMARKS=ON
	@scripts/bench

install: build
	@cmake --install build/release --prefix $(PREFIX) --component library

clean:
	@rm -rf build
