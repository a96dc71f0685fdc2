# The one entry: make demo, make test, make check, make bench. Needs Python >= 3.11 with pip, and the package index.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test test-all check bench clean

demo: .venv/installed
	$(BIN)/python examples/tokyo_olympics/demo.py

test: .venv/developed
	$(BIN)/python -m pytest -m "not slow and not spark and not shared"

test-all: .venv/spark
	$(BIN)/python -m pytest

check: .venv/developed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright

bench: .venv/developed
	$(BIN)/python benchmarks/run.py

clean:
	rm -rf .venv build dist .pytest_cache .ruff_cache .hypothesis

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

.venv/developed: .venv/installed
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

.venv/spark: .venv/developed
	$(BIN)/python -m pip install --quiet --editable '.[spark]'
	touch $@
