# One verb a target. README.md gives each as a plain command too.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: setup run test build lint bench lab colab-check

setup: $(READY)

# The mark is written last, so a set-up that was interrupted is taken up again.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'Python 3.11 以上が必要です。make PYTHON=python3.13 のように指定してください。' >&2; \
	  echo 'Python 3.11 or newer is needed: name one, as in make PYTHON=python3.13' >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[keras,instructor,widgets,dev]"
	@touch $@

run: $(READY)
	$(BIN)/course run --report build/run.json

# The mini data set and an empty cache: every machine tests the same thing, with or without a network.
test: lint
	rm -rf build/test-cache
	$(BIN)/course build --check
	COURSE_DATA=mini MPLBACKEND=agg XDG_CACHE_HOME="$(CURDIR)/build/test-cache" \
	  $(BIN)/python -m pytest --nbval-lax --nbval-current-env tests solutions

build: $(READY)
	$(BIN)/course build

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

bench: $(READY)
	$(BIN)/python -m benchmarks --json build/bench.json

lab: $(READY)
	$(BIN)/jupyter lab notebooks

colab-check: $(READY)
	$(BIN)/course colab-check
