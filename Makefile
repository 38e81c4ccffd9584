# `make` alone says what can be done. Everything happens in .venv; nothing asks a question.

VENV := .venv
BIN := $(VENV)/bin
export PYTHONFAULTHANDLER := 1
# What `make run` downloads meanwhile: auto is the best for this machine; none downloads nothing.
MODEL := auto

.DEFAULT_GOAL := help
.PHONY: help setup run test campaign newcomer gnome kde packages desktops peers vm proof lint lock fix docs site pictures bench clean

help: ## what can be done (this list)
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: $(VENV)/run.stamp ## install Dictate as a service of this user
	$(BIN)/dictate setup

run: $(VENV)/run.stamp ## dictate, in this terminal
	@$(BIN)/dictate run --demo --fetch $(MODEL)

test: $(VENV)/test.stamp lint ## everything that is checked before a change is taken
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

campaign: $(VENV)/test.stamp ## a night of random faults, keys, calls, files; a soak (5 to 8 hours)
	$(BIN)/python -m pip install --quiet 'atheris>=2.3; python_version < "3.14"' || true
	DICTATE_SOAK_PLOT=docs/soak.svg $(BIN)/python -m tests.campaigns all --publish $(ARGS)

newcomer: $(VENV)/newcomer.stamp ## walk the README as a new user, on two desktops; keep screenshots
	$(BIN)/python -m tests.newcomer $(ARGS)

gnome: $(VENV)/gnome.stamp ## the tests on GNOME Shell, whose packages are 94 MB
	$(BIN)/python -m pytest -m gnome tests/desktop $(ARGS)

kde: $(VENV)/kde.stamp ## the tests on KDE's KWin, whose packages are 51 MB
	$(BIN)/python -m pytest -m kde tests/desktop $(ARGS)

packages: $(VENV)/packages.stamp ## the Debian package, used in clean roots of Debian 12, 13 and Ubuntu (root)
	$(BIN)/python -m pytest -m packages -o faulthandler_timeout=1700 tests/packages $(ARGS)

desktops: ## the tests on Debian 13's desktops: GNOME 48, Plasma 6, sway 1.10 (root only)
	@scripts/desktops .venv/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder \
		-m 'gnome or kde or not (vm or peers)' tests/desktop tests/hotkeys tests/outputs tests/ui $(ARGS)

peers: $(VENV)/peers.stamp ## the tests with a real Whisper server and client that are not ours (430 MB)
	$(BIN)/python -m pytest -m peers tests/peers $(ARGS)

vm: $(VENV)/vm.stamp ## the tests on a kernel with input devices, in a virtual machine (3 to 10 minutes)
	@scripts/vm $(ARGS)

proof: $(VENV)/test.stamp ## run the tests of the fault matrix; write docs/proof.md, docs/reliability.md
	$(BIN)/python -m tests.fault_matrix --run $(ARGS)

lint: $(VENV)/test.stamp ## style, import law and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

lock: $(VENV)/packages.stamp ## choose newer versions of what the Debian package carries
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --no-header --extra evdev --extra onnx --extra openai --extra sources \
	  pyproject.toml packaging/requirements.in -o packaging/requirements.txt

fix: $(VENV)/test.stamp ## mend the style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: export LANGUAGE := C
docs: $(VENV)/test.stamp ## write again what is made from the code: config/, man/, translations ...
	$(BIN)/python -m dictate.config.config_file --write
	$(BIN)/python -m dictate.dbus.service --write
	$(BIN)/python scripts/manual.py man
	$(BIN)/python -m tests.fault_matrix
	$(BIN)/python scripts/translations.py

site: $(VENV)/site.stamp ## the documentation as a site, in build/site
	@$(BIN)/python scripts/docs_site.py

pictures: $(VENV)/test.stamp ## take the film and the pictures of the documentation again
	$(BIN)/python -m tests.pictures $(ARGS)

bench: $(VENV)/test.stamp ## measure this machine (bench/README.md says what)
	$(BIN)/python -m bench

clean: ## remove .venv and all that was built
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

# What is installed: made anew when a list changes, so that a second `make run` starts at once.
$(VENV)/%.stamp: scripts/prepare scripts/packages-run.txt scripts/packages-test.txt \
  scripts/packages-gnome.txt scripts/packages-vm.txt scripts/packages-kde.txt \
  scripts/packages-newcomer.txt scripts/packages-packages.txt scripts/packages-peers.txt scripts/packages-desktops.txt \
  pyproject.toml
	@scripts/prepare $*
	@touch $@ $(VENV)/run.stamp
