# Strata. `make help` lists everything.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

SYSTEM ?= starter
STACK ?= dev
export STRATA_SYSTEM := $(SYSTEM)
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
STRATA := $(VENV)/bin/strata
FLAGS := --system $(SYSTEM) --stack $(STACK)

.PHONY: help setup up down rollback stop start repair drills check images env schema lint test test-fast test-full bench bench-aws scan rehearse

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'
	@echo "  SYSTEM=polar chooses a system (default starter), STACK=... a stack (default dev)"

$(VENV)/.installed: requirements.lock pyproject.toml
	@echo "[set-up] Python packages into $(VENV) (about 30 s) ..." >&2
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --config-settings editable_mode=compat -e .
	@touch $@

setup: $(VENV)/.installed ## everything that `up` needs: packages, pulumi, Docker
	@$(PY) -m offline engine
	@$(PY) -m offline docker

up: setup ## bring the system up (MONITORING=1 adds Prometheus and Grafana, PORTS=free chooses free ports)
	@$(PY) -m offline images --system $(SYSTEM) --stack $(STACK) $(if $(MONITORING),--monitoring)
	@$(STRATA) up $(FLAGS) $(if $(MONITORING),$(if $(filter 0,$(MONITORING)),--no-monitoring,--monitoring)) $(if $(filter free,$(PORTS)),--free-ports)

down: $(VENV)/.installed ## take it down; data volumes and secrets stay (DATA=1 removes them, after a question)
	@$(STRATA) down $(FLAGS) $(if $(filter 1,$(DATA)),--data) $(if $(filter 1,$(YES)),--yes)

rollback: setup ## go back to a release, the one before or RELEASE=n, without building; RELEASE=latest leaves it
	@$(STRATA) rollback $(FLAGS) $(if $(RELEASE),--release $(RELEASE))

stop: $(VENV)/.installed ## stop its containers
	@$(STRATA) stop $(FLAGS)

start: $(VENV)/.installed ## start them again
	@$(STRATA) start $(FLAGS)

repair: $(VENV)/.installed ## show what interrupted operations left behind, and remove it after a question (YES=1: none)
	@$(STRATA) repair $(FLAGS) $(if $(filter 1,$(YES)),--yes)

check: $(VENV)/.installed ## validate description and settings of every stack, without engine, Docker or cloud
	@$(STRATA) check --project $(if $(filter starter,$(SYSTEM)),.,systems/$(SYSTEM))

images: ## the container images on this machine: origin and true version
	@$(PYTHON) -m offline.images list

env: $(VENV)/.installed ## what to put into your shell for plain pulumi: eval "$$(make env)"
	@$(PY) -m offline engine >&2
	@$(STRATA) env

schema: $(VENV)/.installed ## write the JSON schemas of the stack files anew
	@$(STRATA) schema --write

lint: $(VENV)/.installed ## ruff and pyright
	@$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check . && $(VENV)/bin/pyright

test-fast: lint ## lint and the tests that need neither Docker nor the engine
	@$(VENV)/bin/pytest -m "not docker and not aws"

test: ## set-up and all tests but the longest
	@./tests/run

test-full: ## all of `make test`, and the longest tests: Polar's prod stack on an emulated AWS
	@./tests/run --full

rehearse: setup ## the prod stack on this machine: an emulated AWS, real containers, work, kills, roll-outs
	@$(PY) -m offline aws
	@$(PY) -m offline images --system $(SYSTEM) --stack dev
	@$(PYTHON) -m offline.images ensure registry:2 python:3.14-slim
	@$(STRATA) rehearse --system $(SYSTEM)

scan: $(VENV)/.installed ## what an outside judge (checkov) says of every prod stack and of the source; needs terraform
	@$(PY) -m policy.scan --provider "$$($(PY) -m offline.engine provider aws)"

bench: setup ## up, no change and down against docker compose, side by side
	@$(PY) -m offline compose
	@$(PY) -m bench

bench-aws: setup ## previews and updates of prod stacks on an emulated AWS, against their limits
	@$(PY) -m offline aws
	@$(PYTHON) -m offline.images ensure registry:2
	@$(PY) -m bench.aws

drills: setup ## faults: kills, Ctrl-C, a full disk ... and what becomes of each (hours); STAGE=Docker|rehearsal ONLY=name TIMES=n JOBS=n
	@$(PY) -m offline aws
	@$(PYTHON) -m offline.images ensure postgres:15-alpine redis:7-alpine nginx:alpine registry:2 python:3.14-slim
	@$(PY) -m offline images --system starter --stack dev
	@$(PY) -m drills $(foreach one,$(ONLY),--only $(one)) $(if $(TIMES),--times $(TIMES)) $(if $(STAGE),--stage $(STAGE)) $(if $(JOBS),--jobs $(JOBS))
