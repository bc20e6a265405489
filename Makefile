# Everything a person types here sets up what it needs first: the virtual environment .venv, and, as root on Debian or
# Ubuntu, the packages of the daemons that pybgp is tested against. Without root the tests that need one say so and skip.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
PYTHON := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed
SOURCES := pybgp tests examples
OTHERS := .venv-bench

.PHONY: help venv peers codecs demo test lint bench bench-codec fuzz churn docs clean

help: ## show this list (the default)
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(INSTALLED) peers ## three nodes exchange routes and ping each other (as root; else three speakers in one process)
	@$(PYTHON) examples/demo.py

test: lint peers ## lint, types, and all tests: unit, property, simulated, FIB, and with real daemons
	@log=$(VENV)/daemons.log
	$(PYTHON) -m pytest --durations=10 tests/interop >$$log 2>&1 & daemons=$$!
	trap 'kill $$daemons 2>/dev/null || true' EXIT
	failed=0
	$(PYTHON) -m pytest --durations=10 --ignore tests/interop tests || failed=$$?
	echo "make: those with daemons, which ran beside the others"
	wait $$daemons || failed=$$?
	cat $$log
	exit $$failed

lint: $(INSTALLED) ## ruff and mypy --strict
	@$(PYTHON) -m ruff check $(SOURCES)
	$(PYTHON) -m ruff format --check $(SOURCES)
	$(PYTHON) -m mypy

bench: $(INSTALLED) peers codecs ## measure beside BIRD, FRR, GoBGP and OpenBGPD, then the codec (with ARGS="..." for tests/bench: only that)
	@$(PYTHON) -m tests.bench $(ARGS)
	[ -n "$(ARGS)" ] || $(PYTHON) -m tests.bench.codec

bench-codec: $(INSTALLED) codecs ## measure the codec beside exabgp, os-ken, mrtparse and scapy (ARGS="...")
	@$(PYTHON) -m tests.bench.codec $(ARGS)

fuzz: $(INSTALLED) ## damage messages for five minutes, for the codec and a live speaker (ARGS="--seconds 3600")
	@$(PYTHON) -m tests.fuzz --seconds 300 $(ARGS)

churn: $(INSTALLED) ## let much happen in a small simulated network, and compare with a computation from scratch (EXAMPLES=2000)
	@CHURN=$${EXAMPLES:-1000} $(PYTHON) -m pytest -q tests/property/test_churn.py tests/property/test_flowspec_churn.py

docs: $(INSTALLED) ## make the generated pages of docs/reference/ again
	@$(PYTHON) -m pybgp.fsm.table > $(VENV)/page && cp $(VENV)/page docs/reference/fsm.md
	$(PYTHON) -m pybgp.config.reference > $(VENV)/page && cp $(VENV)/page docs/reference/configuration.md
	$(PYTHON) -m tests.rows > $(VENV)/page && cp $(VENV)/page docs/reference/compliance.md
	$(PYTHON) -m tests.reference

venv: $(INSTALLED) ## .venv with pybgp (editable) and the tools of its tests

clean: ## remove .venv and the tools' caches
	@rm -rf $(VENV) $(OTHERS) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist *.egg-info

# The newest Python is not always the best one: take python3 where it is good enough, else what there is. Debian keeps
# the means to make a virtual environment in a package of its own.
$(INSTALLED): pyproject.toml
	@good() { "$$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
	find_python() { for each in python3 python3.13 python3.12 python3.11; do good $$each && echo $$each && return; done; }
	if ! { python=$$(find_python) && $$python -c 'import ensurepip, venv'; } 2>/dev/null; then
	    if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	        echo "make: installing python3-venv"
	        export DEBIAN_FRONTEND=noninteractive
	        apt-get -qq update && apt-get -qq install --no-install-recommends python3 python3-venv >/dev/null
	    fi
	    python=$$(find_python) || { echo "make: needs Python 3.11 or newer" >&2; exit 1; }
	    $$python -c 'import ensurepip, venv' || { echo "make: needs the venv module (Debian: apt install python3-venv)" >&2; exit 1; }
	fi
	good $(PYTHON) || $$python -m venv --clear $(VENV)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

# The codecs to compare with have an environment of their own: what they bring along shall not be what pybgp is tested with.
codecs: $(INSTALLED)
	@[ $(OTHERS)/.installed -nt pyproject.toml ] && exit 0
	$(PYTHON) -m venv --clear $(OTHERS)
	if $(OTHERS)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'; then
	    touch $(OTHERS)/.installed
	else
	    echo "make: without other codecs, they can't be installed"
	fi

# apt runs only when something is missing. Installing a package must not start its daemon: invoke-rc.d asks policy-rc.d,
# and ours says no; one that is already there is respected. Nor shall what comes in for tests start at the next boot.
peers: ## BIRD, FRR, GoBGP, OpenBGPD, StayRTR, tshark and the network tools, from the system's packages (root; Debian, Ubuntu)
	@PATH=$$PATH:/usr/sbin:/sbin
	missing=()
	need() { local found=0; for program in "$${@:2}"; do command -v "$$program" >/dev/null || found=1; done; \
	    [ $$found = 0 ] || missing+=("$$1"); }
	need bird2 bird birdc
	need frr /usr/lib/frr/bgpd /usr/lib/frr/zebra vtysh
	need gobgpd gobgpd gobgp
	command -v openbgpd >/dev/null || need openbgpd bgpctl bgpd
	need bgpdump bgpdump
	need stayrtr stayrtr
	need tshark tshark
	need iproute2 ip
	need iputils-ping ping
	[ $${#missing[@]} = 0 ] && exit 0
	if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
	    echo "make: without $${missing[*]} (root on Debian or Ubuntu would install them); what needs them is skipped"
	    exit 0
	fi
	echo "make: installing $${missing[*]}"
	policy=/usr/sbin/policy-rc.d
	if [ ! -e $$policy ]; then
	    trap 'rm -f '$$policy EXIT
	    printf '#!/bin/sh\nexit 101\n' > $$policy
	    chmod 755 $$policy
	fi
	export DEBIAN_FRONTEND=noninteractive
	apt-get -qq update
	apt-get -qq install --no-install-recommends "$${missing[@]}" >/dev/null
	for unit in bird frr gobgpd stayrtr openbgpd; do
	    case " $${missing[*]} " in *" $$unit"*) systemctl --quiet disable $$unit 2>/dev/null || true ;; esac
	done
	case " $${missing[*]} " in *" openbgpd "*) systemctl --quiet disable bgplgd 2>/dev/null || true ;; esac
