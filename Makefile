# `make help` lists the targets. Each works on a fresh clone: what is missing is installed into .venv first.
# PYTHON=... picks another Python.

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
SIZES := tests/proof/test_exact_*.py tests/compiler/test_passes.py tests/compiler/test_programs.py

TRIED := 3.11
# A few files of each kind: what parses, evaluates, compiles, runs models, talks to people and to editors.
LIBRARY_TESTS := $(addprefix tests/,language/test_parser.py language/test_evaluate.py compiler/test_circuit.py \
	compiler/test_heads.py model/test_decoder.py model/test_checkpoint.py interface/test_cli.py interface/test_session.py \
	interface/test_language_server.py interface/test_pygments.py interface/test_draw.py)

SAID := ^([a-z -]+):.*\#\# (.*)

.PHONY: help demo test browser test-engines fuzz random kill-saves mutants sizes snapshots tables docs check types changes lock lowest newest lowest-here format bench long grid clean

help: ## this list
	@sed -nE 's/$(SAID)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

demo: $(VENV)/.installed ## compile a program, verify it, run it, and look inside
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

# Tests of one file stay together until a worker has nothing left, so that what they share is made once.
test: $(VENV)/.tested ## all tests, on all cores
	$(BIN)/python -m pytest --numprocesses=auto --dist worksteal

# They skip where Chromium or Playwright (python -m pip install playwright) is not there.
browser: $(VENV)/.tested ## all tests of pages in headless Chromium
	$(BIN)/python -m pytest -m "slow or not slow" tests/browser

# Each set of engines that go together has an environment of its own in build/, since one wants another transformers than the
# next, and all are too large for everybody; CI does not run them. The measurements go on where they were.
ENGINES := build/engines build/transformers-4.57 
ENVIRONMENT = $(BIN)/python -m uv venv --quiet --clear --python $(TRIED) $@
INTO = $(BIN)/python -m uv pip install --quiet --python $@ --constraint
SLOW := -m pytest -m 'slow or not slow'

.PHONY: $(ENGINES)
test-engines: $(ENGINES) ## run models in all engines, and write the table of docs/engines.md

build/engines: $(VENV)/.developed
	$(ENVIRONMENT)
	$(INTO) constraints.txt '.[test,notebook,stock,onnx,engines]' 'transformer-lens>=4' 'nnsight>=0.8' ipywidgets \
		'openvino>=2025' 'transformers[serving]' accelerate
	$@/bin/python $(SLOW) tests/model/test_exports.py tests/model/test_gallery.py tests/model/test_golden.py \
		tests/model/test_hooks.py tests/model/test_serving.py tests/project/test_notebooks.py
	$@/bin/python -m benchmarks.engines --write

# The oldest transformers that is admitted: every family, its tokenizers and pipelines.
build/transformers-4.57: $(VENV)/.developed
	$(ENVIRONMENT)
	$(INTO) constraints.in '.[test,stock]' 'transformers==4.57.*'
	$@/bin/python $(SLOW) tests/model/test_stock.py tests/model/test_golden.py tests/model/test_completions.py
	$@/bin/python -m benchmarks.engines --write transformers-eager transformers-sdpa

# Goes on where it was; findings lie in fuzz/. MINUTES=... says for how long.
fuzz: $(VENV)/.tested ## search for inputs that break something (MINUTES=60)
	$(BIN)/python -m tests.fuzz --minutes $(MINUTES)

# Goes on where it was; what was tried lies in build/random/.
random: $(VENV)/.tested ## compile 5,000 random programs and compare them on all short inputs
	$(BIN)/python -m tests.random_programs --count 5000

# Goes on where it was; results lie in build/mutants/. SEED=... chooses other changes, COUNT=... says how many.
mutants: $(VENV)/.developed ## change the compiler and list what no test notices (COUNT=200 SEED=0)
	$(BIN)/python -m tests.mutants --seed $(SEED) --count $(COUNT)

# What models cost and how sure they are, written down again where that is meant to be different.
sizes: $(VENV)/.tested ## write down what models cost now
	rm -f tests/golden/sizes/*.txt
	RASP_WRITE_SIZES=1 $(BIN)/python -m pytest $(SIZES)

# After a change to the grammar, or of lark's version.
tables: $(VENV)/.installed ## write down the tables of the grammar
	PYTHONHASHSEED=0 $(BIN)/python -c 'from rasp.syntax.grammar import write_tables; write_tables()'

docs: $(VENV)/.tested ## write down what documents tell of limits and types
	$(BIN)/python -m tests.project.write_limits
	$(BIN)/python -m tests.project.write_schema

# What the compiler does to small programs, stage by stage, written down again where that is meant to be different.
snapshots: $(VENV)/.tested ## write down all stages of small programs
	rm -f tests/golden/stages/*.txt
	RASP_WRITE_STAGES=1 $(BIN)/python -m pytest -k stages_are tests/compiler/test_stages.py

# Pages of models in headless Chromium, which has to be here.
.PHONY: pictures notebook circuits training
pictures: $(VENV)/.developed ## take the pictures of pages in the documents
	$(BIN)/python -m tests.browser.take_pictures
	$(BIN)/python -m tests.browser.take_playground_picture

notebook: $(VENV)/.developed ## run the notebooks of the documents again
	$(BIN)/python -m tests.project.write_notebook

# Goes on where it was with the circuits; the site lies in build/website/site, whose search needs a server (python -m http.server).
.PHONY: site
site: $(VENV)/.developed ## the documents as a site, with a gallery of all programs, their models and circuits
	$(RASP) circuit programs -o build/circuits
	$(BIN)/python -m website.build_site build/circuits

# Both go on where they were; results lie in build/.
circuits: $(VENV)/.installed ## all programs with circuits and pairs; the circuits held against fresh inputs
	$(RASP) circuit programs -o build/circuits
	$(BIN)/python -m benchmarks.circuits build/circuits

training: $(VENV)/.developed ## train five programs, and write the tables and pictures of docs/training.md
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.training
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.disturbed --write

kill-saves: $(VENV)/.installed ## saves that are killed, interrupted, or without room
	$(BIN)/python -m benchmarks.kill_saves

check: $(VENV)/.developed ## lint, format, types, and what nothing uses
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m vulture
	@$(MAKE) --no-print-directory --jobs=2 types changes

# The two that take longest, each on one core.
types:
	$(BIN)/pyright
changes:
	$(BIN)/python -m pytest -m slow tests/project

# The versions of everything, in constraints.txt: the newest that go together with constraints.in and pyproject.toml.
lock: $(VENV)/.developed ## choose the versions to develop with anew
	$(BIN)/python -m uv pip compile --quiet --upgrade --universal --python-version 3.11 --all-extras --no-annotate \
		--custom-compile-command 'make lock' --constraint constraints.in pyproject.toml --output-file constraints.txt
	@$(MAKE) $(VENV)/.developed

# Other versions of the libraries than those of constraints.txt, each in an environment of its own, with the tests that bear
# on libraries: the lowest that pyproject.toml admits, and the newest that there are. TRIED=... picks the Python.
lowest: RESOLUTION := lowest-direct
newest: RESOLUTION := highest
lowest newest: $(VENV)/.developed ## test with the oldest libraries that are admitted; with the newest
	$(BIN)/python -m uv venv --quiet --clear --python $(TRIED) build/$@
	$(BIN)/python -m uv pip install --quiet --python build/$@ --resolution $(RESOLUTION) '.[test]'
	build/$@/bin/python -m pytest --numprocesses=auto $(LIBRARY_TESTS)

# The lowest in half a minute, for CI: laid over the environment that is here, whose torch stays. uv ends with 2 where it reaches no
# index; pytest's plugins are named, since those of the libraries underneath would be looked for in what lies above; the long
# comparisons of random programs are left to `make lowest`.
lowest-here: $(VENV)/.developed ## test with the oldest libraries that are admitted, but torch
	@rm -rf build/$@
	@echo torch | $(BIN)/python -m uv pip install --quiet --python $(BIN)/python --target build/$@ --resolution lowest-direct \
		--no-deps --excludes /dev/stdin -r pyproject.toml --extra test || test $$? = 2
	@if test -d build/$@/click; then \
		PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 PYTHONPATH=build/$@ $(BIN)/python -m pytest -p xdist --numprocesses=auto \
			-k "not naive_evaluator" $(LIBRARY_TESTS); \
	else echo 'No index of packages was reached: the oldest libraries are not tried.'; fi

format: $(VENV)/.developed ## lay the code out
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: $(VENV)/.installed ## sizes and times, beside other compilers'
	$(BIN)/python benchmarks/interpreter.py
	$(BIN)/python benchmarks/compiler.py
	$(BIN)/python benchmarks/compiler.py --alta
	$(BIN)/python benchmarks/compiler.py --algo
	$(BIN)/python benchmarks/commands.py

# Both measure every size in a process of its own, and go on where they were: hours of processor time.
long: $(VENV)/.installed ## programs at 4,096 positions and 50,000 tokens, compared on hard inputs
	$(BIN)/python benchmarks/compiler.py --long

grid: $(VENV)/.installed ## 25 programs on a grid of sizes: holes, cliffs, times
	$(BIN)/python benchmarks/compiler.py --grid

clean: ## remove what was built and installed
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
	@# Other software that runs our models is tried, too; tests of what cannot be had skip.
	@$(INSTALL) --editable '.[test,stock,onnx,engines,cluster]'
	@touch $@

$(VENV)/.developed: $(VENV)/.installed
	@$(INSTALL) --editable '.[dev]'
	@touch $@
