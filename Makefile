# Everything sets itself up; second runs start at once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint docs bench calibrate clean tools pango

demo: $(VENV)/.installed pango
	$(BIN)/hotspots demo

test: $(VENV)/.installed-dev pango tools
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# the pages in build/docs; any warning is an error, and the tutorial is run
docs: $(VENV)/.installed-docs
	$(BIN)/sphinx-build -W --keep-going -q -b html docs build/docs
	@echo "Open build/docs/index.html."

bench: $(VENV)/.installed-bench
	$(BIN)/python -m benchmarks.speed

calibrate: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.calibration
	$(BIN)/python -m benchmarks.power

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis hotspots.sqlite
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: set PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(VENV)/.installed $(VENV)/.installed-docs

$(VENV)/.installed-docs: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[docs]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-bench: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev,bench]'
	@touch $@ $(VENV)/.installed $(VENV)/.installed-dev $(VENV)/.installed-docs

# Installs the Debian packages in $$missing, or says how.
define INSTALL
	if [ -z "$$missing" ]; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	else \
		echo "$$without: install with 'sudo apt-get install$$missing'."; \
	fi
endef

# PDF files need Pango when they are made; everything else works without it
pango: | $(VENV)/bin/python
	@missing=""; without="PDF files need Pango"; \
	$(BIN)/python -c 'import ctypes.util as c, sys; sys.exit(not (c.find_library("pangoft2-1.0") and c.find_library("harfbuzz-subset")))' || \
		missing=" libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"; \
	{ $(INSTALL); } || echo "$$without; it could not be installed."

# programs that we did not write, in which the tests open what we export
tools:
	@missing=""; without="Some tests are skipped without other programs"; \
	command -v chromium >/dev/null || missing="$$missing chromium chromium-sandbox fonts-liberation"; \
	command -v ogrinfo >/dev/null || missing="$$missing gdal-bin"; \
	command -v pdftotext >/dev/null || missing="$$missing poppler-utils"; \
	command -v soffice >/dev/null || missing="$$missing libreoffice-calc-nogui"; \
	/usr/bin/python3 -c 'import importlib.util as i, sys; sys.exit(i.find_spec("qgis") is None)' || \
		missing="$$missing python3-qgis"; \
	$(INSTALL)
