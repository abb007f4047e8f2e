# Everything starts with one word. `make help` lists them.
PYTHON ?= python3
PORT ?= 8000
SIM_PORT ?= 8001
BIN := .venv/bin
# A check must run with settings; these are no secrets.
CHECK_ENV := SECRET_KEY=only-for-checks-$(shell printf 'x%.0s' $$(seq 50)) \
	FIELD_KEYS=dGVzdHMtb25seS1ub3QtYS1zZWNyZXQtMzItYnl0ZXM= PUBLIC_BASE_URL=https://desk.example.test

.PHONY: help demo test check format bench agents million soak clean

help: ## What there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

.venv/installed: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/installed-dev: .venv/installed requirements-dev.txt requirements-redis.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

demo: .venv/installed ## Run everything on this machine, with simulated providers, until Ctrl-C
	@DEMO=true PUBLIC_BASE_URL=http://127.0.0.1:$(PORT) $(BIN)/python manage.py demo --port $(PORT) --sim-port $(SIM_PORT)

test: .venv/installed-dev ## The tests, on SQLite
	$(BIN)/python -m pytest -m "not processes and not browser and not large" $(ARGS)

check: .venv/installed-dev ## Lint, types, deployment checks, missing migrations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(CHECK_ENV) $(BIN)/mypy .
	$(CHECK_ENV) $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(CHECK_ENV) $(BIN)/python manage.py makemigrations --check --dry-run

format: .venv/installed-dev ## Put the code in form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/installed-dev ## Webhook and routing against a floor measured in the same run (needs PostgreSQL)
	$(BIN)/python -m bench $(ARGS)

agents: .venv/installed-dev ## 200 connected agents and 20 texts/s: who sees them when, and whether all do (needs PostgreSQL)
	$(BIN)/python -m bench.desk $(ARGS)

million: .venv/installed-dev ## What pages read of 1,000,000 conversations, beside 1,000 (needs PostgreSQL)
	$(BIN)/python -m bench.history --conversations 1000000

soak: .venv/installed-dev ## The long ones: crashes under load (needs PostgreSQL)
	$(BIN)/python -m pytest -m processes --soak $(ARGS)

clean: ## Forget the demo's data
	rm -rf var
