# Everything runs in .venv inside this folder; nothing outside it is changed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Many tests wait for servers, so there are more workers than cores.
JOBS ?= $(shell expr 2 \* $$(nproc))
# Compiled modules are kept, in their own place, so that every command and every test process starts quickly.
export PYTHONDONTWRITEBYTECODE :=
export PYTHONPYCACHEPREFIX := $(CURDIR)/$(VENV)/pycache

.PHONY: help demo test lint bench fuzz docs clean lock install
help:  ## Show what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): requirements/dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is missing: install it, or name it with PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python's venv module is missing: as root, apt-get install python3-venv"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the locked dependencies into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: --no-deps -r requirements/dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

install: $(STAMP)  ## Install into .venv

demo: $(STAMP)  ## The whole way of one task on this machine (IMAGE=..., FEEDS=..., KEEP=1)
	@$(BIN)/landwaiter demo $(if $(IMAGE),--image $(IMAGE)) $(if $(FEEDS),--feeds $(FEEDS)) $(if $(KEEP),--keep)

test: $(STAMP) lint  ## All checks and tests
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal

lint: $(STAMP)  ## Style, types, architecture
	@$(BIN)/ruff format --check --quiet . || { echo "run: $(BIN)/ruff format ."; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@told=$$($(BIN)/lint-imports --no-logo) || { echo "$$told"; exit 1; }

bench: $(STAMP)  ## Speed, as ratios to the peers
	@$(BIN)/python -m benchmarks $(ARGS)

fuzz: $(STAMP)  ## Mutated inputs for the parsers, if atheris is installed (ARGS=-max_total_time=600)
	@$(BIN)/python fuzzing/fuzz_parsers.py $(ARGS)

docs: $(STAMP)  ## Build the documentation into docs/_build
	@$(BIN)/sphinx-build -q -W -b html docs docs/_build/html && echo docs/_build/html/index.html

lock: ## Pin the dependencies again (needs the index)
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --custom-compile-command "make lock" --extra sandbox --group dev pyproject.toml -o requirements/dev.lock
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --custom-compile-command "make lock" pyproject.toml -o requirements/runtime.lock

clean:  ## Remove everything that was made here
	rm -rf $(VENV) var build dist docs/_build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage* htmlcov
