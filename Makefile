# Pixel Hub. `make run` starts a hub with a demo; `make test` proves it. Both set up what they need.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 8000
PY := .venv/bin/python
STAMP := .venv/.installed
MANIFESTS := .venv/.manifests-installed
AUDIT := .venv-audit/.installed
PACKAGES := pixelhub datasets_app annotation training_app inference review clients/python/src

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

$(MANIFESTS): deploy/manifests.lock | $(STAMP)
	@$(PY) -m pip install --quiet --disable-pip-version-check -r deploy/manifests.lock -c deploy/requirements.lock && touch $@ \
		|| echo "!! what checks the manifests could not be installed; its tests are reported as skipped"

test: setup $(MANIFESTS) system-packages ## the whole suite, on PostgreSQL and on SQLite
	$(PY) -m tests.run $(ARGS)

# An environment of its own: what looks at our dependencies is none of them.
$(AUDIT): deploy/audit.lock
	@{ test -x .venv-audit/bin/python || $(PYTHON) -m venv .venv-audit; } \
		&& .venv-audit/bin/python -m pip install --quiet --disable-pip-version-check -r deploy/audit.lock && touch $@ \
		|| echo "!! bandit, pip-audit and cyclonedx-py could not be installed"

check: setup $(AUDIT) ## lint, types, floors, migrations, templates, bandit
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	.venv/bin/lint-imports
	$(PY) -m mypy .
	$(PY) -m djlint --lint --quiet templates
	$(PY) -m codespell_lib README.md docs templates
	$(PY) manage.py makemigrations --check --dry-run
	$(PY) manage.py check
	@if [ -f $(AUDIT) ]; then .venv-audit/bin/bandit --quiet --configfile pyproject.toml --recursive $(PACKAGES); \
		else echo "!! bandit did not run"; fi

audit: setup $(AUDIT) ## known weaknesses of the pinned packages (asks the package index; needs the network)
	.venv-audit/bin/pip-audit --strict --requirement deploy/requirements.lock --no-deps --disable-pip --progress-spinner off $(ARGS)

sbom: setup $(AUDIT) ## var/sbom.cdx.json: every installed package with version and licence, CycloneDX 1.6
	@mkdir -p var
	.venv-audit/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --spec-version 1.6 \
		--output-format JSON --output-file var/sbom.cdx.json $(PY)

.PHONY: pages
pages: setup system-packages ## every page of a fresh demo in Chromium: pictures in var/pages, and what is wrong with them
	rm -rf var/pages
	$(PY) -m tests.pages.walk var/pages $(ARGS)

fuzz: setup ## made-up requests: 20,000 to a running scoring service, 20,000 to every address of the hub as every role
	$(PY) -m tests.inference.fuzz --cases 20000
	$(PY) -m tests.security.hub_fuzz --cases 20000

load: setup ## 30 minutes on SQLite, 30 on PostgreSQL: fifty annotators, a compile and 100 scoring clients at once
	test -d var/speed/student-2-int8 || $(PY) -m benchmarks.scoring_models var/speed
	$(PY) -m benchmarks.together --bundle var/speed/student-2-int8 --minutes 30 --everything-only
	$(PY) -m benchmarks.together --bundle var/speed/student-2-int8 --minutes 30 --everything-only --postgresql

reliability: setup ## the long forms of docs/reliability.md, hours: make reliability ARGS='--only 5'
	$(PY) -m benchmarks.reliability $(ARGS)

bench: setup ## figures for docs/performance.md
	test -d var/speed/teacher || $(PY) -m benchmarks.scoring_models var/speed
	$(PY) -m benchmarks.scoring --bundle var/speed/teacher --clients 1 100
	$(PY) -m benchmarks.scoring --bundle var/speed/teacher --seconds 20 --offered 0.3 0.5 0.7
	$(PY) -m benchmarks.scoring --bundle var/speed/student-2-int8 --clients 1 100
	$(PY) -m benchmarks.scoring --bundle var/speed/student-2 --sustained 300
	$(PY) -m benchmarks.labelling

backup-drill: setup ## back up a hub of 50,000 conversations and 1 GB beside writers, restore it, with figures (docs/backup.md)
	$(PY) -m benchmarks.backup_drill $(ARGS)

screenshots: setup ## docs/images: the pictures of the guides, taken from a demo in a temporary folder (needs Chromium)
	$(PY) -m tests.screenshots $(ARGS)

reference: setup ## docs/api-reference.md out of the OpenAPI documents
	$(PY) -m tests.docs.api_reference

.PHONY: screenshots reference

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

.PHONY: help setup run system-packages test check audit sbom fuzz load reliability backup-drill bench integration bench-peers
