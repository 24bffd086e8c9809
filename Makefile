# One verb a target. README.md gives each as a plain command too.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
WEB := site/node_modules/.package-lock.json
EVERYTHING := .[keras,instructor,widgets,site,dev]

.PHONY: setup run test build site lint bench lab colab-check grade-demo

# A PYTHON that somebody names must be that of .venv, which takes too long to make to be thrown away.
setup: $(READY)
ifneq ($(origin PYTHON),file)
	@[ "$$($(PYTHON) -V)" = "$$(.venv/bin/python -V)" ] || { \
	  echo '.venv は別の版の Python でできています。消して（rm -rf .venv）から、もう一度実行してください。' >&2; \
	  echo '.venv was made with another Python: remove it (rm -rf .venv), then try again.' >&2; exit 1; }
endif

# uv installs in a minute what takes pip five; where it does not reach the packages, pip still may.
# The mark is written last, so a set-up that was interrupted is taken up again.
# TensorFlow has no release for Python 3.14.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { \
	  echo 'Python 3.11〜3.13 が必要です。make PYTHON=python3.13 のように指定してください。' >&2; \
	  echo 'Python 3.11 to 3.13 is needed: name one, as in make PYTHON=python3.13' >&2; exit 1; }
	$(PYTHON) -m venv .venv
	{ $(BIN)/python -m pip install --quiet uv && $(BIN)/uv pip install --quiet --compile-bytecode \
	    --python $(BIN)/python -c constraints.txt -e "$(EVERYTHING)"; } || \
	  $(BIN)/python -m pip install --quiet -c constraints.txt -e "$(EVERYTHING)"
	@command -v bwrap > /dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null \
	  && apt-get update -qq && apt-get install -qq -y bubblewrap; } > /dev/null 2>&1 || { \
	  echo '採点（course grade）を使うときは、bubblewrap を入れてください: sudo apt install bubblewrap'; \
	  echo 'To grade (course grade), install bubblewrap: sudo apt install bubblewrap'; }
	@touch $@

# What the site and its tests need besides Python: Node's packages, and a browser. Where they cannot
# be had, the tests that need them are skipped and say so.
$(WEB): site/package-lock.json
	@missing="$$(command -v npm > /dev/null || echo nodejs npm) \
	  $$(command -v chromium > /dev/null || command -v google-chrome > /dev/null || echo chromium)"; \
	[ -z "$${missing# }" ] || { [ "$$(id -u)" = 0 ] && command -v apt-get \
	  && apt-get update -qq && apt-get install -qq -y $$missing; } > /dev/null 2>&1 || { \
	  echo "サイト（course site）のために、入れてください: sudo apt install $$missing"; \
	  echo "For the site (course site), install: sudo apt install $$missing"; }
	@npm ci --silent --prefix site/explorer && npm ci --silent --prefix site || { \
	  echo 'Node のパッケージが入りませんでした。サイトは作れません。'; \
	  echo "Node's packages could not be installed: no site can be built."; }

run: $(READY)
	$(BIN)/course run --report build/run.json

# The mini data set, an empty cache and no trained weights: every machine tests the same thing, with
# or without a network. Two processes of one thread each share the files, whole notebooks first, as
# they take longest.
test: lint $(WEB)
	rm -rf build/test-cache notebooks/output solutions/output
	$(BIN)/course build --check
	COURSE_DATA=mini MPLBACKEND=agg OMP_NUM_THREADS=1 XDG_CACHE_HOME="$(CURDIR)/build/test-cache" \
	  $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --nbval-lax --nbval-current-env notebooks solutions tests

build: $(READY)
	$(BIN)/course build

site: $(READY) $(WEB)
	$(BIN)/course run
	$(BIN)/course run --language en
	$(BIN)/course site

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

bench: $(READY)
	$(BIN)/python -m pip install --quiet --no-deps -r benchmarks/requirements.txt
	$(BIN)/python -m benchmarks --json build/bench.json

lab: $(READY)
	$(BIN)/jupyter lab notebooks

colab-check: $(READY)
	$(BIN)/course colab-check

grade-demo: $(READY)
	rm -rf build/sample-class build/sample-grades
	$(BIN)/course sample-class build/sample-class
	$(BIN)/course grade build/sample-class --out build/sample-grades
	$(BIN)/course sample-check build/sample-grades
