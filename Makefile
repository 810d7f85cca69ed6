# Everything runs in .venv, which is made when it is missing or older than pyproject.toml.
# Needed: Python 3.11 or later with its venv module, and make.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.installed

.PHONY: help demo test test-slow check bench schemas docs format clean

help:
	@echo "make demo       run a whole election and verify its record"
	@echo "make test       run the tests, with coverage"
	@echo "make test-slow  run the tests that take minutes"
	@echo "make check      format, lint, types, layers, citations, schemas, help texts, documentation"
	@echo "make bench      measure encryption, verification and decryption"
	@echo "make schemas    write schemas/*.json from the record types"
	@echo "make docs       build the documentation in build/docs"
	@echo "make format     format the code and refresh the help texts in README.md"
	@echo "make clean      remove .venv, build/ and caches"
	@echo "PYTHON=python3.12 make …   use another interpreter for .venv"

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(READY)
	$(BIN)/e2evote demo

test: $(READY)
	$(BIN)/pytest --cov

test-slow: $(READY)
	$(BIN)/pytest -m slow || [ $$? -eq 5 ] # 5: there are none

check: $(READY)
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tests/checks/citations.py
	$(BIN)/python tests/checks/schemas.py
	$(BIN)/python tests/checks/readme_help.py
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going docs build/docs

bench: $(READY)
	$(BIN)/e2evote bench --memory

schemas: $(READY)
	$(BIN)/python tests/checks/schemas.py --write

docs: $(READY)
	$(BIN)/sphinx-build --fail-on-warning --keep-going docs build/docs
	@echo "open build/docs/index.html"

format: $(READY)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/python tests/checks/readme_help.py --write

clean:
	rm -rf $(VENV) build docs/api/generated e2evote.egg-info .coverage htmlcov
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find e2evote tests docs -name __pycache__ -type d -prune -exec rm -rf {} +
