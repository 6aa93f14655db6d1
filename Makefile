# The same words for a person and for CI.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: chat test check eval bench clean
.PHONY: eval-gate eval-keep

chat: .venv/installed  ## the web chat: installs, indexes the corpus, starts, prints its address
	$(BIN)/python -m ingest
	$(BIN)/python app.py

test: .venv/installed-dev  ## every test
	$(BIN)/python -m pytest

check: .venv/installed-dev  ## lint, format, types, architecture and the corpus, in seconds
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_architecture.py tests/test_corpus.py

eval: .venv/installed  ## the golden questions, measured
	$(BIN)/python -m eval

eval-gate: .venv/installed  ## the dev half, compared with the committed run: fails at a real loss
	$(BIN)/python -m eval --split dev --gate

eval-keep: .venv/installed  ## all golden questions; the run, its page and its line of history go to eval/results/
	$(BIN)/python -m eval --keep

clean:  ## all that was installed and built
	rm -rf .venv index

# torch first and by name: pip then takes its CPU build where one is at hand.
.venv/installed: requirements.txt
	@echo "Installing into .venv: a few minutes, most of them torch."
	@test -d .venv || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep -o '^torch==[0-9.]*' requirements.txt)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/installed-dev: requirements-dev.txt .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@
