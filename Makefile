# The one entry: make demo, make test, make browser, make check, make bench. Needs Python >= 3.11 with pip, and the package index.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
FOUND = $(or $(PYTHON),$(error no Python >= 3.11 is on the path; name one: make PYTHON=/path/to/python3))
BIN := .venv/bin

.PHONY: demo test test-all browser check bench clean python

# Another example: make demo EXAMPLE=netflix
EXAMPLE ?= tokyo_olympics

demo: .venv/installed
	$(BIN)/python examples/$(EXAMPLE)/demo.py

test: .venv/developed
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow and not spark and not shared and not browser"

# Needs Chromium, and fails where there is none.
browser: .venv/developed
	INGOT_BROWSER=required $(BIN)/python -m pytest -n 2 --dist loadfile -m browser --durations=10

test-all: .venv/spark
	$(BIN)/python -m pytest

check: .venv/developed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright --pythonpath $(BIN)/python

bench: .venv/developed
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/landing.py
	$(BIN)/python benchmarks/dashboards.py

# Which Python is taken: the first one on the path that is new enough.
python:
	@echo $(FOUND)

clean:
	rm -rf .venv build dist .pytest_cache .ruff_cache .hypothesis

.venv/installed: pyproject.toml
	$(FOUND) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable '.[serve]'
	touch $@

.venv/developed: .venv/installed
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

.venv/spark: .venv/developed
	$(BIN)/python -m pip install --quiet --editable '.[spark]'
	touch $@
