# Two commands on a fresh clone: `make site` and `make test`. Both need only Python 3.11 or newer.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= $(shell nproc 2>/dev/null || echo 2)

.PHONY: site serve test goldens bench audit clean
.DEFAULT_GOAL := site

site: $(VENV)/base ## Build every language into public/
	$(BIN)/site-builder build
	@echo "Look at it: open public/index.html, or run 'make serve'"

serve: $(VENV)/base ## Serve the site and rebuild what changes
	$(BIN)/site-builder serve

test: $(VENV)/dev ## Everything: format, lint, types, imports, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n $(JOBS) $(PYTEST)

goldens: $(VENV)/dev ## Rewrite the expected files of the tests; read the diff
	$(BIN)/pytest -n $(JOBS) --update-goldens

bench: $(VENV)/bench ## Compare with Hugo and pycco on 1,040 pages; BENCH="--write" keeps the table
	$(BIN)/python benchmarks/compare.py $(BENCH)

audit: site ## Audit the site: axe, Nu checker, Lighthouse, weight; needs Chromium, Java and Node 20
	npm install --prefix benchmarks/audit --no-package-lock --ignore-scripts --no-fund --no-audit
	node benchmarks/audit/audit.mjs public $(PAGE)

clean:
	rm -rf public .site-builder-cache $(VENV)

$(VENV)/base: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/dev: $(VENV)/base
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev,torch,kernel]'
	@touch $@

$(VENV)/bench: $(VENV)/base
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[bench]'
	@touch $@
