# The same few commands here, on a contributor's machine and in CI.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.current

.PHONY: setup demo board test quick fuzz lint style types tests tests-quick format docs bench validate offline clean
.DEFAULT_GOAL := setup

setup: $(STAMP)

# Built anew only when the package's needs or the pinned versions change.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "ParaLBench needs Python 3.11 or newer; set PYTHON=python3.11" >&2; exit 3; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $@

demo: setup
	$(BIN)/paralbench demo --to build/demo

# Everything, on all cores; types are checked while the tests run.
test: setup style
	@$(MAKE) --no-print-directory -j2 types tests

# The inner loop: what is not marked slow.
quick: setup style
	@$(MAKE) --no-print-directory -j2 types tests-quick

tests: setup
	$(BIN)/python -m pytest -n auto --dist loadgroup

tests-quick: setup
	$(BIN)/python -m pytest -n auto --dist loadgroup -m "not slow"

# Ten thousand mutated files, from fixed seeds, to every reader of what others send.
fuzz: setup
	$(BIN)/python -m tests.fuzz.running

lint: style types

style: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Pages, tables and schemas that are written from code and cards, and the docs site from them.
docs: setup
	$(BIN)/python -m docs.generate
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet
	@echo "docs site: build/docs/index.html"

bench: setup
	$(BIN)/python -m benchmarks

# The committed board from nothing but packages; ONLY="--task T --model M --head H" for a part of it.
board: setup
	$(BIN)/python -m benchmarks.make_board $(ONLY)

# What CI runs once a reviewer has merged results: refuse by name, or rebuild the board from them.
validate: setup
	$(BIN)/paralbench validate leaderboard/results
	$(BIN)/paralbench leaderboard build

# One archive of wheels (and of BUNDLE=screener.plb) to install from where there is no internet.
offline: setup
	rm -rf build/offline build/paralbench-offline.zip
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check -c constraints.txt -w build/offline/wheels ".[screen]"
	cp docs/offline.md build/offline/README.md
	$(if $(BUNDLE),cp "$(BUNDLE)" build/offline/)
	cd build && ../$(BIN)/python -m zipfile -c paralbench-offline.zip offline
	@echo "archive: build/paralbench-offline.zip"

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache
