# Two commands for a fresh machine: `make demo` and `make test`. Both set up .venv first.
PYTHON ?= python3
BIN := .venv/bin
TEST_PROCESSES ?= 2
READY := .venv/.ready

.PHONY: help setup demo test check lint types bench lock docs clean

help:
	@echo "make demo   set up, then run the whole product on the sample newsroom"
	@echo "make test   set up, then run the tests"
	@echo "make check  lint, types, tests: what CI runs"
	@echo "make bench  the measurements of benchmarks/, one table each"
	@echo "make docs   write the generated pages of docs/ again"
	@echo "make lock   write requirements.lock again from pyproject.toml"
	@echo "make clean  remove the set-up and what the demo wrote"

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "spywatch needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25"
	$(BIN)/python -m pip install --quiet --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $(READY)

demo: $(READY)
	@$(BIN)/spywatch demo

test: $(READY)
	$(BIN)/python -m pytest --numprocesses $(TEST_PROCESSES) --dist loadfile

check: lint types test

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/python -m benchmarks.kills --pipeline 60 --flow 6
	$(BIN)/python -m benchmarks.load
	$(BIN)/python -m benchmarks.mutated_pages
	$(BIN)/python -m benchmarks.feed_documents
	$(BIN)/python -m benchmarks.extract
	$(BIN)/python -m benchmarks.classify
	$(BIN)/python -m benchmarks.classify_speed
	$(BIN)/python -m benchmarks.real_input

docs: $(READY)
	$(BIN)/python -m storage.describe > docs/schema.md
	$(BIN)/spywatch corpus report

lock:
	rm -rf .venv-lock
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet --upgrade "pip>=25"
	.venv-lock/bin/python -m pip install --quiet ".[dev]"
	{ echo "# Written by 'make lock' from pyproject.toml: names and versions of a set that was tested together."; \
	  .venv-lock/bin/python -m pip freeze --exclude spywatch; } > requirements.lock
	rm -rf .venv-lock

clean:
	rm -rf .venv .venv-lock demo-output build *.egg-info
