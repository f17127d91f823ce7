# Everything a person or a machine does with this checkout. `make` alone lists it. Needs: make, Python 3.11 or later.

PYTHON ?= python3
SEED ?= 1
DECISIONS ?= 1000000
CASSETTES ?= ../shared/cassettes
ARGS ?=
JOBS ?= 2
PORT ?= 9970
BIN := .venv/bin
export PYTHON

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup runtime check test sim sim-long foreign wire golden bench bench-security bench-compiler adversary
.PHONY: conformance servers assets screenshots a2a-sut
.PHONY: demo docs format size lock wheel clean

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: ## make .venv with everything a change needs
	@scripts/setup.sh dev

runtime: ## make .venv with what running needs, and no more
	@scripts/setup.sh runtime

demo: runtime ## run the newsroom, without a key, a service or a network
	@$(BIN)/ergos demo $(ARGS)

check: setup ## format, lint, types, layers, generated docs, tidiness
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports --no-logo
	$(BIN)/python scripts/gen_docs.py --check
	$(BIN)/python -m pytest -q tests/test_tidy.py

test: setup ## the whole suite, JOBS=2 tests at a time
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

sim: setup ## one run of the whole system under faults: SEED=7
	$(BIN)/python -m ergos.sim --seed $(SEED) $(ARGS)

sim-long: setup ## 100,000 such runs
	$(BIN)/python -m ergos.sim --seeds 100000 $(ARGS)

foreign: setup ## agents of other frameworks, unmodified, killed at random: none of their answered calls is made again
	@scripts/setup.sh foreign
	$(BIN)/python -m pytest tests/foreign $(ARGS)

wire: setup ## replay recorded exchanges with real models through the drivers: CASSETTES=folder
	$(BIN)/python scripts/wire_proof.py $(CASSETTES)

golden: setup ## record a journal of this release for tests/golden
	$(BIN)/python -m ergos.sim.golden $(ARGS)

bench: ## measure against other engines, in an environment of its own
	@scripts/setup.sh bench
	@scripts/setup.sh gateway
	@scripts/setup.sh foreign
	.bench-venv/bin/python -m bench $(ARGS)

bench-security: ## a fully compromised model against the door, on a public benchmark
	@scripts/setup.sh security
	PYTHONPATH=src:. .security-venv/bin/python -m bench.security --write bench/SECURITY.md $(ARGS)

bench-compiler: setup ## how well words are compiled, on the requests it was developed on and on those nobody looks at
	$(BIN)/python -m bench.compiler --part dev $(ARGS)
	$(BIN)/python -m bench.compiler --part sealed $(ARGS)

adversary: setup ## a million random calls and every attack story against the policy: DECISIONS=1000000
	$(BIN)/python -m ergos.sim.adversary --stories --decisions $(DECISIONS) --seed $(SEED)

conformance: setup ## the protocol's own conformance suite against our server and host; installs Node.js into .conformance
	@scripts/conformance.sh $(ARGS)

servers: setup ## install the public tool servers that the tests run, into .mcp-servers
	@scripts/mcp_servers.sh

assets: ## fetch the libraries of the console's pages (npm)
	@scripts/assets.sh --required

screenshots: setup ## a picture of every page of the console, into docs/screenshots
	$(BIN)/python scripts/screenshots.py $(ARGS)

a2a-sut: setup ## run the agent under test of the A2A compatibility kit: PORT=9970
	$(BIN)/python scripts/a2a_sut.py --port $(PORT) $(ARGS)

docs: setup ## write docs/reference from the code
	$(BIN)/python scripts/gen_docs.py

format: setup ## format the code and fix what can be fixed
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

size: ## lines of every module, the longest first
	@find src -name '*.py' -exec wc -l {} + | sort -rn

lock: ## choose the newest allowed versions of every dependency (needs uv)
	@scripts/lock.sh

wheel: setup assets ## build dist/*.whl
	$(BIN)/python -m hatchling build -t wheel

clean: ## remove what was built and measured; the environments and your homes stay
	rm -rf dist build .demo .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './.venv/*' -not -path './.*-venv/*' -prune -exec rm -rf {} +
