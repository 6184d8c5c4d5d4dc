# make demo: compile, verify and run a program.   make test: all tests.   make check: lint, format, types.
# make fuzz MINUTES=60: search for inputs that break something.   make mutants: search for changes that no test notices.
# make kill-saves: saves that are killed, interrupted, without room.
# Each works on a fresh clone: what is missing is installed into .venv first. PYTHON=... picks another Python.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --constraint constraints.txt
# Elsewhere than on Linux, the torch on PyPI has no CUDA in it anyway.
CPU_TORCH := $(if $(filter Linux,$(shell uname -s)),--index-url https://download.pytorch.org/whl/cpu)
RASP := $(BIN)/rasp
SORT := programs/sorting/sort.rasp
MODEL := checkpoints/sort
MINUTES := 60
SEED := 0
COUNT := 200
SIZES := $(addprefix tests/test_,exact_bounds.py exact_scores.py exact_tables.py passes.py programs.py)

.PHONY: demo test fuzz kill-saves mutants sizes check format bench clean

demo: $(VENV)/.installed
	@printf '\n# A program, and what it means.\n\n'
	@sed -n '/^# compile/q;p' $(SORT)
	$(RASP) run $(SORT) -e sorted_tokens -i cabbage
	@printf '\n# The same as a transformer: compiled, compared with the interpreter, run.\n\n'
	@rm -rf $(MODEL)
	$(RASP) compile $(SORT) -e sorted_tokens -o $(MODEL)
	$(RASP) verify $(MODEL) --budget 5000
	$(RASP) apply $(MODEL) -i cabbage -i aheadbag
	@printf '\n# What each part of the transformer is for.\n\n'
	$(RASP) compile $(SORT) -e sorted_tokens --explain
	@printf '\nNext: %s repl, or the tutorial in docs/tutorial.md.\n' '$(RASP)'

test: $(VENV)/.tested
	$(BIN)/python -m pytest --numprocesses=auto

# Goes on where it was; findings lie in fuzz/. MINUTES=... says for how long.
fuzz: $(VENV)/.tested
	$(BIN)/python -m tests.fuzz --minutes $(MINUTES)

# Goes on where it was; results lie in build/mutants/. SEED=... chooses other changes, COUNT=... says how many.
mutants: $(VENV)/.developed
	$(BIN)/python -m tests.mutants --seed $(SEED) --count $(COUNT)

# What models cost and how sure they are, written down again where that is meant to be different.
sizes: $(VENV)/.tested
	rm -f tests/golden/sizes/*.txt
	RASP_WRITE_SIZES=1 $(BIN)/python -m pytest $(SIZES)

kill-saves: $(VENV)/.installed
	$(BIN)/python -m benchmarks.kill_saves

check: $(VENV)/.developed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

format: $(VENV)/.developed
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: $(VENV)/.installed
	$(BIN)/python benchmarks/interpreter.py
	$(BIN)/python benchmarks/compiler.py
	$(BIN)/python benchmarks/compiler.py --alta
	$(BIN)/python benchmarks/compiler.py --algo

clean:
	rm -rf $(VENV) build dist checkpoints *.egg-info .pytest_cache .ruff_cache .hypothesis

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or newer is needed: install it, or name it as in make demo PYTHON=...'; exit 1; }
	@# Debian's Python comes without ensurepip; its pip can then be used from outside.
	@echo 'Setting up $(VENV) ...'
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { $(PYTHON) -m venv --without-pip $(VENV) && \
		$(PYTHON) -m pip --python $(BIN)/python install --quiet pip; }

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo 'Installing into $(VENV) (most of the time is for torch) ...'
	@# The torch without CUDA, if it can be had; otherwise the next line takes the one that there is.
	@$(INSTALL) --no-deps --retries 0 --timeout 15 $(CPU_TORCH) torch >/dev/null 2>&1 || true
	@$(INSTALL) --editable .
	@touch $@

$(VENV)/.tested: $(VENV)/.installed
	@$(INSTALL) --editable '.[test]'
	@touch $@

$(VENV)/.developed: $(VENV)/.installed
	@$(INSTALL) --editable '.[dev]'
	@touch $@
