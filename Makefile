# The recipes are plain sh and every path is relative, so a clone may lie anywhere, also under a name with spaces.
.DEFAULT_GOAL := help
.PHONY: help setup encryption test-setup demo test shake format lock bench clean named

BIN := .venv/bin
# The interpreter that is named behind make (not in the environment, where it may mean something else), or the first of
# these that is new enough.
PYTHON :=
PYTHONS := $(if $(PYTHON),"$(PYTHON)",python3.14 python3.13 python3.12 python3.11 python3)

# A user's own pip settings may not send the packages elsewhere; its index and mirror settings stay in force.
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
export PIP_USER := 0
export PIP_NO_INPUT := 1
# Seconds without a byte. A mirror that fetches a large package first says nothing for longer than pip waits by itself.
export PIP_DEFAULT_TIMEOUT ?= 120

# The locks are complete, so nothing is resolved here, and most modules are never imported, so none is compiled ahead.
PIP_INSTALL := $(BIN)/python -m pip install --quiet --no-deps --no-compile

# One more than there are cores, since many tests wait for servers; but not too many, for some look at the time.
WORKERS = $$(n=$$(getconf _NPROCESSORS_ONLN); [ "$$n" -lt 4 ] && echo $$((n + 1)) || echo 4)

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s%s\n", $$1, $$2 }' Makefile

setup: .venv/.run  ## create .venv with the locked packages and the klatsch command; PYTHON=… names the interpreter
encryption: .venv/.encryption  ## the same, and what encrypted rooms of Matrix need
test-setup: .venv/.test  ## the same, and what the tests need

demo: setup  ## run the demo; ARGS="--once" and others are passed on
	@$(BIN)/klatsch demo $(ARGS)

test: test-setup  ## format, lint, types, import direction, tests; ARGS goes to pytest
	@echo "== format"
	@$(BIN)/python -m ruff format --check .
	@echo "== lint"
	@$(BIN)/python -m ruff check .
	@echo "== types"
	@$(BIN)/python -m mypy
	@echo "== imports"
	@$(BIN)/lint-imports --no-logo
	@echo "== tests"
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal $(ARGS)

# Twice as many processes as usual: most of them wait.
shake: test-setup  ## the tests with delays wherever the scheduler may put them; ARGS goes to pytest
	@$(BIN)/python -m pytest -p tests.shaken --numprocesses $$(( 2 * $(WORKERS) )) --dist worksteal $(ARGS)

format: test-setup  ## format the code and repair what the linter can
	@$(BIN)/python -m ruff check --fix-only --quiet .
	@$(BIN)/python -m ruff format .

bench: test-setup  ## the speed targets; ARGS is passed on
	@$(BIN)/python -m tests.bench $(ARGS)

named:

# The resolver lives in a folder of its own for as long as it runs: it is no dependency of the project.
# It keeps the versions that are in the lock; LOCK_ARGS=--upgrade takes the newest allowed ones.
UV_COMPILE = "$$uv/bin/uv" pip compile --no-config --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --quiet $(LOCK_ARGS)

lock: setup  ## resolve the dependencies again
	@uv=$$(mktemp -d) && trap 'rm -rf "$$uv"' EXIT && \
	$(BIN)/python -m venv "$$uv" && "$$uv/bin/python" -m pip install --quiet uv && \
	$(UV_COMPILE) pyproject.toml --group build --output-file requirements/run.txt && \
	$(UV_COMPILE) --group encryption --constraint requirements/run.txt --output-file requirements/encryption.txt && \
	$(UV_COMPILE) --group test --constraint requirements/encryption.txt --constraint requirements/run.txt --output-file requirements/test.txt
	@echo "The files in requirements are resolved again."

clean:  ## remove .venv and everything that was generated
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Whose .venv it is, or would be.
WHOSE := import os, sys; print(os.path.realpath(sys._base_executable))

# A .venv whose interpreter is gone (upgraded system, moved clone), or is not the one that is named now, is made anew.
.venv/.run: requirements/run.txt pyproject.toml $(if $(PYTHON),named)
	@if ! $(BIN)/python -m pip --version >/dev/null 2>&1 || \
		{ [ -n "$(PYTHON)" ] && [ "$$($(BIN)/python -c '$(WHOSE)')" != "$$("$(PYTHON)" -c '$(WHOSE)' 2>&1)" ]; }; then \
		taken=; \
		for python in $(PYTHONS); do \
			"$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
			rm -rf .venv; \
			"$$python" -m venv .venv && taken=1 && break; \
		done; \
		if [ -z "$$taken" ]; then \
			echo "Klatsch needs Python 3.11 or newer with its venv module (Debian: apt install python3-venv)." >&2; \
			echo "None of these is: $(strip $(PYTHONS))" >&2; \
			exit 1; \
		fi; \
		echo "Taking $$($(BIN)/python -c '$(WHOSE)'). Another one: make setup PYTHON=/usr/bin/python3"; \
	fi
	@echo "Installing the locked packages into .venv ..."
	@$(PIP_INSTALL) --require-hashes -r requirements/run.txt
	@$(PIP_INSTALL) --no-build-isolation -e .
	@touch $@

.venv/.encryption: .venv/.run requirements/encryption.txt
	@echo "Installing what encrypted rooms need ..."
	@$(PIP_INSTALL) --require-hashes -r requirements/encryption.txt
	@touch $@

.venv/.test: .venv/.run requirements/test.txt
	@echo "Installing what the tests need ..."
	@$(PIP_INSTALL) --require-hashes -r requirements/test.txt
	@touch $@
