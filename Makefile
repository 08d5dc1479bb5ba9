# make demo | test | lint | bench | clean. The environment in .venv is made when first needed and again when
# pyproject.toml changes. Say PYTHON=... to choose the interpreter, ARCHIVE=... to choose the OCI archive to measure with.

ENV := .venv
BIN := $(ENV)/bin
OUT := demo-output
PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11 python3.14,\
  $(shell $(name) -c 'import sys; sys.version_info >= (3, 11) and print("$(name)")' 2>/dev/null)))

.PHONY: demo test lint bench clean
.DELETE_ON_ERROR:

# The day of the demo: the bundle is the same whenever it is made, and the waivers of the product hold.
demo: export SOURCE_DATE_EPOCH = 1780300800
demo: $(ENV)/.runtime
	$(BIN)/python fixtures/build_product.py fixtures/products/edge-gateway $(OUT)
	$(BIN)/sbomctl scan $(OUT)/product.yaml -o table \
	  -o spdx-json=$(OUT)/edge-gateway.spdx.json \
	  -o cyclonedx-json=$(OUT)/edge-gateway.cdx.json \
	  -o sbomctl-json=$(OUT)/edge-gateway.sbomctl.json
	@echo
	@echo 'The product and what was found in it:'
	@ls -1 $(OUT)/*.yaml $(OUT)/images/* $(OUT)/*.json
	@echo
	@echo 'The bundle that goes with the release:'
	@$(BIN)/sbomctl bundle $(OUT)/product.yaml -o $(OUT)/bundle --force --image dashboard || [ $$? -eq 1 ]
	@echo 'It may not ship: its boot chain is locked, and there is GPL-3.0 software in it.'
	@echo 'Open: $(OUT)/bundle/report.html'
	@echo 'Next: $(BIN)/sbomctl explain pkg:apk/alpine/curl $(OUT)/edge-gateway.sbomctl.json'

test: $(ENV)/.dev
	$(BIN)/python -m pytest -n auto

lint: $(ENV)/.dev
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy

bench: $(ENV)/.dev
	$(BIN)/python benchmarks/scan.py $(ARCHIVE)

clean:
	rm -rf $(ENV) $(OUT) test-output build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(ENV)/.runtime: pyproject.toml
	@test -n '$(PYTHON)' || { echo 'sbomctl needs Python 3.11 or newer; none was found. Name one: make PYTHON=/path/to/python3' >&2; exit 1; }
	@echo 'setting up $(ENV) once; this takes about half a minute'
	$(PYTHON) -m venv $(ENV)
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(ENV)/.dev: $(ENV)/.runtime
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@
