# Two commands matter: `make run` and `make test`.
PYTHON ?= python3
PORT ?= 8000
RECORDS ?= 4000
WHOOSH3 = 3.54.0

VENV = .venv
BIN = $(VENV)/bin
SAMPLE = var/sample
TODAY := $(shell TZ=Asia/Shanghai date +%F)

.PHONY: run test lint types tests test-whoosh3 bench lock clean

# The sample city brings its own place names; the footer's lines are placeholders.
run: export PORTAL_POLICY ?= $(SAMPLE)/policy
run: export PORTAL_SITE_NAME ?= 信用澄州
run: export PORTAL_SITE_ORIGIN ?= http://127.0.0.1:$(PORT)
run: export PORTAL_SITE_OPERATOR ?= 澄州市社会信用体系建设领导小组办公室（虚构）
run: $(VENV)/.run var/.published-$(TODAY)
	$(BIN)/gunicorn --config gunicorn.conf.py --bind 127.0.0.1:$(PORT)

test: lint types tests

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

tests: $(VENV)/.dev
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder

# The same tests on the fork that could replace Whoosh.
test-whoosh3: .venv-whoosh3/.dev
	.venv-whoosh3/bin/pytest

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks.spine
	$(BIN)/python -m benchmarks.search
	$(BIN)/python -m benchmarks.freshness
	$(BIN)/python -m benchmarks.limits

# Compile the pins from the short lists.
lock: $(VENV)/.dev
	$(BIN)/pip install --quiet uv
	for name in requirements requirements-dev; do \
	  $(BIN)/uv pip compile --quiet --generate-hashes --python-version 3.11 \
	    --no-emit-index-url $$name.in -o $$name.txt || exit 1; done

clean:
	rm -rf var $(VENV) .venv-whoosh3 .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	touch $@

$(VENV)/.dev: requirements-dev.txt | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	touch $@

# Made anew each time: both distributions fill the same folder, and removing one empties the other.
.venv-whoosh3/.dev: requirements-dev.txt
	rm -rf .venv-whoosh3
	$(PYTHON) -m venv .venv-whoosh3
	.venv-whoosh3/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	.venv-whoosh3/bin/pip uninstall --quiet --yes whoosh
	.venv-whoosh3/bin/pip install --quiet --disable-pip-version-check whoosh3==$(WHOOSH3)
	touch $@

var/.ingested: | $(VENV)/.run
	$(BIN)/python -m portal sample --records $(RECORDS) --out $(SAMPLE)
	PORTAL_POLICY=$(SAMPLE)/policy $(BIN)/python -m portal ingest $(SAMPLE)/*.*
	touch $@

# A snapshot is decided for a day; a new day gets a new one, and so does a new form of the index.
var/.published-$(TODAY): var/.ingested search_index/codec.py
	PORTAL_POLICY=$(SAMPLE)/policy $(BIN)/python -m portal publish
	$(BIN)/python -m portal prune
	rm -f var/.published-*
	touch $@
