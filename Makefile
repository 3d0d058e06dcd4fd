# Each target does all the set-up it needs, in .venv beside this file.
PYTHON ?= python3

.PHONY: demo test lint notebooks docs

.venv/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "imgcls needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --editable '.[dev]'
	touch $@

# Train and test a small CNN on scikit-learn's digits: real pictures, no download.
demo: .venv/installed
	.venv/bin/imgcls fit --config digits_cnn
	.venv/bin/imgcls test --config digits_cnn --ckpt_path best

test: .venv/installed lint
	.venv/bin/python -m pytest --numprocesses auto

# Run the notebooks anew, on the kept runs and the data sets under IMGCLS_DATA.
notebooks: .venv/installed
	.venv/bin/python notebooks/execute.py

.venv/docs: .venv/installed
	.venv/bin/python -m pip install --quiet --editable '.[docs]'
	touch $@

# The docs site, build/site/index.html, which opens from disk; a warning or a broken link fails it.
docs: .venv/docs
	.venv/bin/python docs/make_site.py
	.venv/bin/zensical build --clean --strict

lint: .venv/installed
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/lint-imports
	.venv/bin/mypy
