# One command per wish; `make help` lists them. Needs only git, make and Python 3.11 or newer.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The stamp of each installation step carries the version of Python, so an upgrade of Python installs everything again.
SHOW_VERSION := import sys; print("%d.%d" % sys.version_info[:2])
PY_VERSION := $(shell $(BIN)/python -c '$(SHOW_VERSION)' 2>/dev/null || $(PYTHON) -c '$(SHOW_VERSION)' 2>/dev/null)
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
# pip prints a line per package in a terminal, to show progress, and nothing in a log.
PROGRESS := $(shell test -t 2 || echo -q)
# Does nothing while the style is newer than what it is made of; says in one line why when it cannot build it.
BUILD_STYLE = PYTHON=$(BIN)/python bash stijl/bouw
# REGIE_* settings from the environment reach every command below.
# Each process that starts would compile the source anew: a third of a second, and the tests start hundreds.
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help
.PHONY: help run test demo bench lint stijl plaatjes voorbeelden koppelvlak audit sbom lock clean

help: ## list these commands
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST)

run: $(VENV)/.run-$(PY_VERSION) ## install, start everything (embedded PostgreSQL included) and serve
	@$(BUILD_STYLE) || true
	@exec $(BIN)/regie serve

test: $(VENV)/.dev-$(PY_VERSION) ## all tests, from nothing
	@$(BUILD_STYLE) || true
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

demo: $(VENV)/.run-$(PY_VERSION) ## play the interactions against a running server
	@exec $(BIN)/regie demo $(ARGS)

bench: $(VENV)/.dev-$(PY_VERSION) ## measure speed beside its floor (tests/belasting)
	@exec $(BIN)/python -m tests.belasting $(ARGS)

lint: $(VENV)/.dev-$(PY_VERSION) ## ruff, mypy --strict, the layers, and whether every test can be imported
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@# mypy reads src only, so a name that the tests import and src lost shows here.
	$(BIN)/python -m pytest -q --collect-only tests >/dev/null || $(BIN)/python -m pytest -q --collect-only tests

stijl: $(VENV)/.build-$(PY_VERSION) ## build the style of the pages, which `make run` and `make test` do too when they can
	@$(BUILD_STYLE)

plaatjes: $(VENV)/.dev-$(PY_VERSION) ## make the pictures of the documentation again (needs Chromium)
	@$(BUILD_STYLE) || true
	@$(BIN)/python -m tests.browser.pictures $(ARGS)

voorbeelden: $(VENV)/.dev-$(PY_VERSION) ## write the example messages for vendors again, with the answers they get
	$(BIN)/python -m regiesysteem.kit.examples
	$(BIN)/python -m regiesysteem.kit.soapui
	REGIE_TEST_ANTWOORDEN=1 $(BIN)/python -m pytest -q tests/kit/test_examples.py

koppelvlak: $(VENV)/.dev-$(PY_VERSION) ## write the koppelvlakspecificatie of the example inrichting, HTML and PDF, in dist/koppelvlak
	@$(BIN)/regie koppelvlak --map dist/koppelvlak --inrichting src/regiesysteem/inrichting/voorbeeld.toml

audit: ## hold the locked packages against the lists of known vulnerabilities (needs the internet)
	@PYTHON="$(PYTHON)" bash .ci/audit

sbom: $(VENV)/.run-$(PY_VERSION) ## list the packages of the product with their licences, in dist/sbom.json (CycloneDX)
	$(BIN)/python .ci/sbom.py requirements.lock dist/sbom.json stijl/package-lock.json

lock: ## renew the lock files (needs uv)
	uv pip compile $(LOCK) requirements-build.in -o requirements-build.lock
	uv pip compile $(LOCK) requirements-audit.in -o requirements-audit.lock
	uv pip compile $(LOCK) requirements-stijl.in -o requirements-stijl.lock
	uv pip compile $(LOCK) pyproject.toml --extra s3 -o requirements.lock
	uv pip compile $(LOCK) pyproject.toml --extra s3 --extra dev -o requirements-dev.lock

clean: ## remove the virtual environment, the built style and caches, not the data
	rm -rf stijl/node_modules stijl/.node src/regiesysteem/web/static/regie.css src/regiesysteem/web/static/licenties.txt
	rm -rf $(VENV) .venv-audit .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# The lock files name no index and no host: the settings of pip on each machine say where packages come from.
LOCK := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --upgrade -q

$(VENV)/.build-$(PY_VERSION): requirements-build.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 of nieuwer is nodig (make PYTHON=python3.12 ...)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "Van Python ontbreekt venv; op Debian en Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "Installeren (eenmalig, ongeveer een minuut). Stap 1: een eigen Python in $(VENV), en gereedschap."
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@$(PIP) install -q --require-hashes -r requirements-build.lock
	@touch $@

# Spyne has no wheel, so pip builds it, with the pinned tools above instead of the newest ones.
$(VENV)/.run-$(PY_VERSION): $(VENV)/.build-$(PY_VERSION) requirements.lock pyproject.toml
	@echo "Stap 2: $$(grep -c == requirements.lock) pakketten ophalen en installeren."
	@$(PIP) install $(PROGRESS) --require-hashes --no-build-isolation -r requirements.lock
	@echo "Stap 3: het Regiesysteem zelf."
	@$(PIP) install -q --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev-$(PY_VERSION): $(VENV)/.run-$(PY_VERSION) requirements-dev.lock
	@echo "Stap 4: wat de tests nodig hebben."
	@$(PIP) install $(PROGRESS) --require-hashes --no-build-isolation -r requirements-dev.lock
	@touch $@
