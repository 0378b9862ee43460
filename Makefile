# Pixel Hub. `make run` starts a hub with a demo; `make test` proves it. Both set up what they need.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 8000
PY := .venv/bin/python
STAMP := .venv/.installed

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): deploy/requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed") if sys.version_info < (3, 11) else None'
	test -x $(PY) || $(PYTHON) -m venv .venv
	# torch first and pinned, so that nothing else brings a build of its own
	$(PY) -m pip install --quiet --disable-pip-version-check "$$(grep -E '^torch==' deploy/requirements.lock)"
	$(PY) -m pip install --quiet --disable-pip-version-check -r deploy/requirements.lock
	@touch $(STAMP)

setup: $(STAMP) ## make .venv and install the pinned dependencies

run: setup ## a hub with a demo workspace on http://127.0.0.1:8000
	$(PY) manage.py hub --demo --port $(PORT)

system-packages:
	@bash deploy/system-packages.sh

test: setup system-packages ## the whole suite, on PostgreSQL and on SQLite
	$(PY) -m tests.run $(ARGS)

check: setup ## lint, types, floors, migrations, templates
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	.venv/bin/lint-imports
	$(PY) -m mypy .
	$(PY) -m djlint --lint --quiet templates
	$(PY) -m codespell_lib README.md docs templates
	$(PY) manage.py makemigrations --check --dry-run
	$(PY) manage.py check

fuzz: setup ## 20,000 requests made up from our OpenAPI document against a running scoring service
	$(PY) -m tests.inference.fuzz --cases 20000

bench: setup ## figures for docs/performance.md
	test -d var/speed/teacher || $(PY) -m benchmarks.scoring_models var/speed
	$(PY) -m benchmarks.scoring --bundle var/speed/teacher --clients 1 100
	$(PY) -m benchmarks.scoring --bundle var/speed/teacher --seconds 20 --offered 0.3 0.5 0.7
	$(PY) -m benchmarks.scoring --bundle var/speed/student-2-int8 --clients 1 100
	$(PY) -m benchmarks.scoring --bundle var/speed/student-2 --sustained 300
	$(PY) -m benchmarks.labelling

integration: setup ## eleven tests against any hub: make integration URL=http://127.0.0.1:8000 KEY=phk_…
	@test -n "$(URL)" -a -n "$(KEY)" || { echo "Say which hub: make integration URL=http://127.0.0.1:8000 KEY=phk_…"; exit 2; }
	@PIXELHUB_KEY="$(KEY)" PYTHONPATH=clients/python/src $(PY) -m pixelhub_client.integration "$(URL)" $(ARGS)

# An environment of its own: what it depends on never mixes with ours.
.venv-peers/label-studio/bin/label-studio:
	$(PYTHON) -m venv .venv-peers/label-studio
	.venv-peers/label-studio/bin/pip install --quiet --disable-pip-version-check label-studio==1.23.2

.venv-peers/serving/bin/bentoml:
	$(PYTHON) -m venv .venv-peers/serving
	.venv-peers/serving/bin/pip install --quiet --disable-pip-version-check fastapi==0.165.0 'uvicorn[standard]==0.54.0' \
		litserve==0.2.19 bentoml==1.4.40 onnxruntime==1.31.1 tokenizers==0.23.3 numpy==2.4.6

bench-peers: setup ## scoring beside other model servers; labelling beside Label Studio, over HTTP and in Chromium
	@$(MAKE) --no-print-directory .venv-peers/serving/bin/bentoml || echo "The other model servers could not be installed."
	test -d var/speed/teacher || $(PY) -m benchmarks.scoring_models var/speed
	$(PY) -m benchmarks.scoring --bundle var/speed/teacher --peers .venv-peers/serving/bin/python
	@$(MAKE) --no-print-directory .venv-peers/label-studio/bin/label-studio || echo "Label Studio could not be installed."
	$(PY) -m benchmarks.labelling --peer .venv-peers/label-studio/bin/label-studio
	$(PY) -m benchmarks.labelling --peer .venv-peers/label-studio/bin/label-studio --think 2 6
	$(PY) -m benchmarks.labelling_browser --peer .venv-peers/label-studio/bin/label-studio

.PHONY: help setup run system-packages test check fuzz bench integration bench-peers
