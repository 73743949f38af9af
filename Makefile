# Everything a fresh machine needs is Python 3.11, make and a package registry.
PYTHON ?= python3.11
BIN := .venv/bin
ARGS ?=
UV_VERSION := 0.13.9
# uv does not read pip's settings: hand over an index or a certificate that pip was given.
export UV_DEFAULT_INDEX ?= $(shell $(PYTHON) -m pip config get global.index-url 2>/dev/null || echo $(PIP_INDEX_URL))
export UV_HTTP_TIMEOUT ?= 180
ifeq ($(strip $(UV_DEFAULT_INDEX)),)
unexport UV_DEFAULT_INDEX
endif

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format serve screenshots clean

help: ## show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

setup: .venv/installed ## install everything into .venv (the other targets do it themselves)

.venv/installed: requirements.lock pyproject.toml
	@echo "installing into .venv (a minute or two) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip --upgrade >/dev/null
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

demo: setup ## the whole product on real purchases; ARGS=--no-serve stops before serving
	@$(BIN)/regulars demo $(ARGS)

test: setup ## the tests; ARGS=... goes to pytest
	@# They start many processes: each would compile our code anew where Python was told to write no bytecode.
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

lint: setup ## ruff and mypy
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

format: setup ## let ruff rewrite what it can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

serve: setup ## start the service on the workspace
	@$(BIN)/regulars serve $(ARGS)

screenshots: setup ## the pictures of docs/desk.md, of the demo's workspace; ARGS="--workspace DIR" of another (needs Chromium)
	@$(BIN)/python -m tests.docs.desk_pictures $(ARGS)

clean: ## remove what make made (the demo's workspace too)
	@rm -rf .venv workspace build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
