# Two commands do everything a newcomer needs: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help demo test lint serve bench bench-coding clean

help: ## Say what each target does
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV) 2>/dev/null || $(PYTHON) -m venv --without-pip $(VENV)
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m pip --python $(BIN)/python install --quiet pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $(READY)

demo: $(READY) ## Start the service, fire the connectathon orders at it, and go on serving
	$(BIN)/python -m conformance.ehr.demo --serve

test: $(READY) ## Run the whole suite
	$(BIN)/python -m pytest

lint: $(READY) ## Run ruff, mypy and import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

serve: $(READY) ## Serve on 127.0.0.1:8080
	$(BIN)/apposite serve

bench: $(READY) ## Measure the service beside a bare endpoint (needs wrk); writes docs/results/load.md
	$(BIN)/python -m benchmarks.load --write

bench-coding: $(READY) ## Measure ICD-10-CM coding on held-out terms
	$(BIN)/python -m benchmarks.coding

clean: ## Remove what the other targets made
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist *.egg-info
