# Connex: what a developer or a curious user runs. Every target makes its own virtual environment in .venv first.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
WORKERS ?= auto

.PHONY: help install demo test check format unit bench clean

help:
	@echo "make demo    run the whole job on this machine with a simulated QuickBooks"
	@echo "make test    check the code and run every test"
	@echo "make check   ruff and mypy alone"
	@echo "make unit    the tests alone; make unit TESTS=tests/refunds for some of them"
	@echo "make bench   measure speed"
	@echo "make format  bring the code into shape"
	@echo "make clean   remove what was made"

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(RUN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[test]"
	@touch $@

install: $(VENV)/.installed

demo: install
	$(RUN)/connex demo

test: check unit

check: install
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy

TESTS ?=
unit: install
	$(RUN)/python -m pytest -n $(WORKERS) --dist worksteal $(TESTS)

bench: install
	for benchmark in benchmarks/*.py; do $(RUN)/python $$benchmark; done

format: install
	$(RUN)/ruff check --fix .
	$(RUN)/ruff format .

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
