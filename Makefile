# Needs only Python 3.11+ and make. Everything else is put into .venv.
PYTHON ?= python3
BIN := .venv/bin
export FLASK_APP := wsgi
.PHONY: run test lint check bench bench-ledger bench-impact catalogue catalogue-update clean

# dependencies, database, demo programme, server on HOST:PORT (127.0.0.1:8000)
run: .venv/app catalogue
	$(BIN)/flask db upgrade
	$(BIN)/flask demo load --if-empty
	$(BIN)/flask serve

# everything a change must keep: style, types, import contracts, and all tests (on TEST_DATABASE_URL, else SQLite;
# CHECK="-m 'not browser'" runs a part of them)
test: lint check

lint: .venv/dev catalogue
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint app/templates --lint --quiet

check: .venv/dev catalogue
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(CHECK)

# the figures of the README; takes some minutes (BENCH="--members 1000" for a quick look)
bench: .venv/dev catalogue
	$(BIN)/python -m tests.bench $(BENCH)

# the same for a ledger of ten million transfers: some minutes, 5 GB in a temporary folder
# (BENCH="--server postgresql+psycopg://user@host/postgres" for PostgreSQL too)
bench-ledger: .venv/dev catalogue
	$(BIN)/python -m tests.bench.ledger $(BENCH)

# the same for the impact of members in a programme of a hundred thousand: a minute or two
# (BENCH="--server postgresql+psycopg://user@host/postgres" for PostgreSQL too)
bench-impact: .venv/dev catalogue
	$(BIN)/python -m tests.bench.impact $(BENCH)

# the compiled Chinese catalogue
catalogue: app/translations/zh_Hans_CN/LC_MESSAGES/messages.mo
app/translations/%.mo: app/translations/%.po | .venv/app
	$(BIN)/pybabel -q compile -d app/translations

# collect new texts into the Chinese catalogue, keeping its translations
catalogue-update: .venv/dev
	$(BIN)/pybabel -q extract -F babel.cfg --no-location --sort-output --omit-header -k _ -k N_ -k both \
	  -k pgettext:1c,2 -k ngettext:1,2 -o app/translations/messages.pot .
	$(BIN)/pybabel -q update -N --ignore-pot-creation-date -w 110 -l zh_Hans_CN -d app/translations -i app/translations/messages.pot
	# of the header only what reading the catalogue needs: no dates, no names
	sed -i -E "1{/^$$/d};/^\"(Project-Id-Version|Report-Msgid-Bugs-To|POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team|Generated-By):/d" app/translations/zh_Hans_CN/LC_MESSAGES/messages.po
	rm app/translations/messages.pot

.venv/app: requirements/app.lock
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r $<
	touch $@
.venv/dev: requirements/dev.lock | .venv/app
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r $<
	touch $@

clean:
	rm -rf .venv app/translations/*/LC_MESSAGES/*.mo
