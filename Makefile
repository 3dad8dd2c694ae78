# Two commands do everything on a fresh machine (Python 3.11 or newer, make): make demo, make test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test check deb twice installer wine looks rig plug powercut simulate soak day thirdparty receipts replug scans money clouds bench format lock clean setup

setup: $(READY)

$(READY): requirements-dev.lock pyproject.toml
	$(PYTHON) scripts/python_version.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

demo: $(READY)  ## the whole thing on simulated devices, in a browser
	$(BIN)/stillopen demo

test: $(READY)  ## every test, in two processes at once (JOBS=1: in one); the browser tests find or install a Chromium
	scripts/chromium
	scripts/thirdparty
	JOBS=$(JOBS) $(BIN)/python scripts/side_by_side.py

check: $(READY)  ## the gate: yes or no
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/check_docs.py
	$(MAKE) test

powercut: $(READY)  ## power cuts until IMAGES disks were tried; SEED=7 OP=1234 tries one operation again
	$(BIN)/python -m tests.powercut.campaign $(if $(IMAGES),--images $(IMAGES)) $(if $(SEED),--seed $(SEED)) $(if $(OP),--op $(OP))

rig: $(READY)  ## devices on a real USB stack, the Debian package and updates, in a Debian guest: ONLY=unplug ONLY=updates CUTS=20 (needs the rig, and root once)
	$(if $(filter updates,$(ONLY)),,$(BIN)/python -m tests.rig $(if $(ONLY),-k "$(ONLY)"))
	$(if $(filter-out updates,$(ONLY)),,$(BIN)/python -m tests.installed $(if $(ONLY),--only $(ONLY)) $(if $(CUTS),--cuts $(CUTS)) $(if $(SEED),--seed $(SEED)))

deb: $(READY)  ## the Debian package, into dist/, the same bytes each time: ARCH=arm64; ROOT=releases/metadata/1.root.json for updates
	$(BIN)/python packaging/linux/build_deb.py $(if $(ARCH),--arch $(ARCH)) $(if $(ROOT),--update-root $(ROOT))

twice: $(READY)  ## the same from two fresh checkouts of the newest commit, for both processors: are they the same? ARCH=amd64
	$(BIN)/python packaging/linux/twice.py $(if $(ARCH),--arch $(ARCH))

installer: $(READY)  ## the Windows installer, into dist/: PYTHON_ZIP=python-3.11.9-embed-amd64.zip PYTHON_SHA256=… ROOT=… SIGN='…'
	$(BIN)/python packaging/windows/build_installer.py $(if $(PYTHON_ZIP),--python $(PYTHON_ZIP)) \
	  $(if $(PYTHON_SHA256),--sha256 $(PYTHON_SHA256)) $(if $(ROOT),--update-root $(ROOT)) $(if $(SIGN),--sign "$(SIGN)")

wine: $(READY)  ## the Windows installer and service under wine, with a stand-in for Python: ONLY=sick (root once, to install wine)
	scripts/wine
	$(BIN)/python -m tests.wine $(if $(ONLY),--only $(ONLY))

plug: $(READY)  ## doctor --pull-the-plug in a Debian whose power is cut: CUTS=6 (needs the rig: STILLOPEN_RIG)
	$(BIN)/python -m tests.plug $(if $(CUTS),--cuts $(CUTS)) $(if $(SEED),--seed $(SEED))

soak: $(READY)  ## the real agent killed under load, with lost answers: KILLS=200 BATCH=50 SEED=17
	$(BIN)/python -m tests.soak $(if $(KILLS),--kills $(KILLS)) $(if $(BATCH),--batch $(BATCH)) $(if $(SEED),--seed $(SEED))

simulate: $(READY)  ## whole stores under seeds: SEEDS=200 DAYS=365 JOBS=2; SEEDS=17, replays one, RESUME=file goes on
	$(BIN)/python -m tests.simulate $(if $(SEEDS),--seeds $(SEEDS)) $(if $(DAYS),--days $(DAYS)) \
	  $(if $(JOBS),--jobs $(JOBS)) $(if $(CUSTOMERS),--customers $(CUSTOMERS)) $(if $(WITHOUT),--without $(WITHOUT)) \
	  $(if $(RESUME),--resume $(RESUME))

day: $(READY)  ## a cashier's whole day in a real browser; KEYS=1 by keys alone; KILLS=100 SEED=1 kills the agent meanwhile
	$(BIN)/python -m tests.day $(if $(KILLS),--kills $(KILLS)) $(if $(SEED),--seed $(SEED)) $(if $(KEYS),--keys)

thirdparty: $(READY)  ## receiptio, receiptline and others (npm) against our simulated printers
	scripts/thirdparty
	$(BIN)/python -m pytest -q tests/thirdparty

looks: $(READY)  ## a picture of every page in every state, and what is wrong with it: ONLY=paying (axe-core is from npm)
	scripts/thirdparty
	$(BIN)/python -m tests.looks $(if $(ONLY),--only "$(ONLY)")

replug: $(READY)  ## plugs pulled and put in again in mid-scan and mid-receipt: TIMES=500 SEED=1
	$(BIN)/python -m tests.replug $(if $(TIMES),--times $(TIMES)) $(if $(SEED),--seed $(SEED))

receipts: $(READY)  ## printers that fail in every listed way: RECEIPTS=10000 SEED=1 WIRES=sim,tcp; COUNTER=sim/17 is one again
	$(BIN)/python -m tests.receipts $(if $(RECEIPTS),--receipts $(RECEIPTS)) $(if $(SEED),--seed $(SEED)) \
	  $(if $(WIRES),--wires $(WIRES)) $(if $(COUNTER),--counter $(COUNTER))

scans: $(READY)  ## frames of scanners, whole and harmed: FRAMES=1000000 SEED=1
	$(BIN)/python -m tests.scans $(if $(FRAMES),--frames $(FRAMES)) $(if $(SEED),--seed $(SEED))

money: $(READY)  ## sales and refunds of random baskets against exact fractions: BASKETS=100000 SEED=1; ONE=1/17 is one again
	$(BIN)/python -m tests.money $(if $(BASKETS),--baskets $(BASKETS)) $(if $(SEED),--seed $(SEED)) $(if $(ONE),--one $(ONE))

clouds: $(READY)  ## every kind of cloud, random days against one that lies: DAYS=500 KIND=square SEED=1; ONE=1 is one seed again
	$(BIN)/python -m tests.clouds.conformance $(if $(DAYS),--days $(DAYS)) $(if $(KIND),--kind $(KIND)) \
	  $(if $(SEED),--seed $(SEED)) $(if $(ONE),--one)

bench: $(READY)  ## our figure, the peer's and the limit, interleaved in one run, into the READMEs; LONG=1 takes an hour
	$(BIN)/python -m bench $(if $(LONG),--long)
	$(BIN)/python scripts/readme_figures.py

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock:  ## write both lock files again from pyproject.toml (needs uv)
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
	  --custom-compile-command "make lock" --python-version 3.11 pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
	  --custom-compile-command "make lock" --python-version 3.11 --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
