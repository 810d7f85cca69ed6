# Everything runs in .venv, which is made when it is missing or older than pyproject.toml or the C sources.
# Needed: Python 3.11 or later with its venv module, and make. A C compiler makes it faster, where there is one.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.installed
PEERS  := .venv-peers
PARTS  := workload example ballots cores options log submission booth

# Debian packages that tests need, all of them here; without them these tests are skipped, and fail where CI=true.
# Go with its transparency log: somebody else's reading of the board's notes, proofs and tiles. PostgreSQL for the board.
# Chromium for the pages; Node and TypeScript for the voting page's modules; nginx as it stands before the booth.
# belenios-tool makes elections of another system, which our verifier then judges.
SYSTEM_PACKAGES := golang-go golang-golang-x-mod-dev postgresql chromium nodejs node-typescript nginx belenios-tool \
	libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0
SUDO            := $(if $(filter 0,$(shell id -u)),,sudo)

# Of 'make fuzz': seconds for each target, and which targets; none named are all.
FUZZ_SECONDS ?= 60
FUZZ_EXAMPLES ?= 100
FUZZ_TARGETS ?=
# Of 'make mutants': files or folders to change; none named are all that docs/mutation-testing.md names.
MUTANTS ?=

# Of 'make board-kill'.
ROUNDS  ?= 50
BALLOTS ?= 1000
BOOTH_PORT ?= 8000

.PHONY: help demo booth test test-slow interop interop-electionguard interop-belenios fuzz fuzz-booth mutants check conformance bench bench-quick \
	bench-peers bench-page bench-plot screenshots extras schemas spec-coverage docs system-packages postgres \
	postgres-stop board-kill format clean

help:
	@echo "make demo         run a whole election and verify its record"
	@echo "make booth        begin an election online with invented members, and serve its voting booth until Ctrl-C"
	@echo "make test         run the tests, with coverage"
	@echo "make test-slow    run the tests that take minutes"
	@echo "make interop-belenios  make elections with Debian's belenios-tool, verify them, and refuse tampered copies"
	@echo "make fuzz         feed every parser mutated data, FUZZ_SECONDS (60) a target, FUZZ_TARGETS='manifest archive'"
	@echo "make fuzz-booth   send a voting booth what its description allows and forbids, FUZZ_EXAMPLES (100) a call"
	@echo "make mutants      change the code and see which tests notice (an hour or more), MUTANTS='e2evote/zkp'"
	@echo "make check        format, lint, types, layers, coverage of the specification, schemas, help texts, documentation"
	@echo "make bench        measure everything (ten minutes to an hour) into build/bench.json"
	@echo "make bench-quick  the same with less of everything (some minutes)"
	@echo "make bench-peers  electionguard 1.4.0 from PyPI beside ours (some minutes; QUICK=--quick for less)"
	@echo "make interop      let other systems hold elections, and verify their records"
	@echo "make bench-page   how long a ballot takes to encrypt in Chromium"
	@echo "make screenshots  take pictures of every screen of the voting page into docs/booth"
	@echo "make bench-plot   draw both as docs/performance.svg"
	@echo "make extras       install what is optional, so that its tests run too"
	@echo "make system-packages  install the Debian packages that some tests need (apt-get, as root or with sudo)"
	@echo "make postgres     install PostgreSQL if it is missing, and start a server for the tests in build/postgres"
	@echo "make board-kill   kill a board's server while 1,000 ballots come in, 50 times; ROUNDS=5 BALLOTS=200 for less"
	@echo "make postgres-stop  stop it, and delete what it had"
	@echo "make conformance  make the conformance suite anew from its seeds (some minutes) into vectors/records"
	@echo "make schemas      write schemas/*.json from the record types"
	@echo "make spec-coverage  write docs/spec-coverage.md: equation, function, test"
	@echo "make docs         build the documentation in build/docs"
	@echo "make format       format the code and refresh the help texts in README.md"
	@echo "make clean        remove .venv, .venv-peers, build/ and caches"
	@echo "PYTHON=python3.12 make …   use another interpreter for .venv"

$(READY): pyproject.toml $(wildcard e2evote/group/backends/_ifma*.[ch])
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(READY)
	$(BIN)/e2evote demo

booth: $(READY)
	$(BIN)/e2evote booth demo --port $(BOOTH_PORT)

test: $(READY)
	$(BIN)/pytest --cov --numprocesses=auto --dist=loadfile

test-slow: $(READY)
	$(BIN)/pytest -m slow || [ $$? -eq 5 ] # 5: there are none

# Debian's belenios-tool holds three elections in a few seconds; the third has a shuffled question, which stays open.
interop-belenios: $(READY)
	$(BIN)/python -m tests.interop.belenios.tool build/interop/belenios
	$(BIN)/e2evote verify build/interop/belenios/weights.bel
	$(BIN)/e2evote verify build/interop/belenios/no-weights.bel
	$(BIN)/e2evote verify build/interop/belenios/shuffled.bel || [ $$? -eq 1 ]
	CI=true $(BIN)/pytest --quiet tests/interop/belenios

fuzz: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,fuzz]'
	$(BIN)/python -m tests.fuzz run --seconds $(FUZZ_SECONDS) $(FUZZ_TARGETS)

fuzz-booth: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,fuzz]'
	$(BIN)/python -m tests.fuzz.booth_api $(FUZZ_EXAMPLES)

mutants: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,mutants]'
	$(BIN)/python -m tests.mutation_testing run $(MUTANTS)

check: $(READY)
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.checks.spec_coverage
	$(BIN)/python -m tests.checks.schemas
	$(BIN)/python tests/checks/readme_help.py
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going docs build/docs

# The log and its server are measured on PostgreSQL too if 'make postgres' has started a server.
DATABASE = $(if $(wildcard build/postgres/url),$(foreach part,log submission,--database "$$($(PYTHON) tests/postgres.py database)"))

bench: $(READY)
	@mkdir -p build
	$(BIN)/e2evote bench $(PARTS) $(DATABASE) --json build/bench.json

bench-quick: $(READY)
	$(BIN)/e2evote bench $(PARTS) $(DATABASE) --quick

# The library asks for old versions of packages that it does not need here; so only what it imports is installed.
$(PEERS)/.installed:
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps electionguard==1.4.0
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check \
		gmpy2 psutil pydantic dacite python-dateutil click
	@touch $@

bench-peers: $(READY) $(PEERS)/.installed
	@mkdir -p build
	$(PEERS)/bin/python tests/peers/electionguard_1x.py $(QUICK) --json build/peers.json
	$(BIN)/e2evote bench workload $(QUICK) --saved build/peers.json --json build/bench-peers.json

# Other systems hold elections here: each has a target of its own, which sets it up and runs its tests.
interop: interop-electionguard interop-belenios

interop-electionguard: $(READY) $(PEERS)/.installed
	CI=true $(BIN)/pytest --numprocesses=0 tests/interop/electionguard_1

bench-page: $(READY)
	$(BIN)/python -m tests.web.booth.benchmark

screenshots: $(READY)
	$(BIN)/python -m tests.web.booth.screenshots

bench-plot: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	$(BIN)/e2evote bench --saved build/bench.json --saved build/peers.json --plot docs/performance.svg

# What is optional, so that nothing is skipped in the tests: plots, clusters, PostgreSQL, Intel's crypto_mb (not free).
extras: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,bench,crypto-mb,distributed,mutants,postgres]'

system-packages:
	@missing=""; for package in $(SYSTEM_PACKAGES); do \
		dpkg-query --show --showformat='$${db:Status-Status}' $$package 2>/dev/null | grep -qx installed \
			|| missing="$$missing $$package"; \
	done; \
	[ -z "$$missing" ] || { echo "installing$$missing"; $(SUDO) apt-get update --quiet=2 && \
		$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 --no-install-recommends $$missing; }

# Both databases, if 'make postgres' has started a server; each line of output sums up fifty rounds.
board-kill: $(READY)
	$(BIN)/python -m tests.web.killing --rounds $(ROUNDS) --ballots $(BALLOTS)
	$(if $(wildcard build/postgres/url),$(BIN)/python -m tests.web.killing --rounds $(ROUNDS) --ballots $(BALLOTS) \
		--database postgresql)

# The board's tests find it by build/postgres/url; without it those that need it are skipped.
postgres: SYSTEM_PACKAGES := postgresql
postgres: system-packages
	$(PYTHON) tests/postgres.py start

postgres-stop:
	$(PYTHON) tests/postgres.py stop

conformance: $(READY)
	$(BIN)/python -m tests.conformance --write

schemas: $(READY)
	$(BIN)/python -m tests.checks.schemas --write

spec-coverage: $(READY)
	$(BIN)/python -m tests.checks.spec_coverage --write

docs: $(READY)
	$(BIN)/sphinx-build --fail-on-warning --keep-going docs build/docs
	@echo "open build/docs/index.html"

format: $(READY)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/python tests/checks/readme_help.py --write

clean: postgres-stop
	rm -rf $(VENV) $(PEERS) build docs/api/generated e2evote.egg-info .coverage htmlcov
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find e2evote guardian_cli tests docs -name __pycache__ -type d -prune -exec rm -rf {} +
