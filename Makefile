# Two commands: `make run` gives a living city, `make test` everything that must hold.
PY := .venv/bin/python
.PHONY: run test check torture bench bench-setup audit lock clean

run:
	@tools/setup.sh run
	@.venv/bin/yiping run

test:
	@tools/setup.sh test
	@tools/test.sh

check:
	@tools/setup.sh test
	@tools/test.sh check

torture:
	@tools/setup.sh test
	@$(PY) -m tests.fuzz $(if $(SEED),--seed $(SEED)) $(if $(CASES),--cases $(CASES))
	@$(PY) -m tests.dashboard.simulator $(HOURS)
	@$(PY) -m tests.hosts --rounds $(or $(ROUNDS),3) --seed $(or $(SEED),1)
	@$(PY) -m tests.torture $(if $(SEED),--seed $(SEED)) $(if $(DELIVERIES),--deliveries $(DELIVERIES))
	@$(PY) -m tests.torture --database sqlite --scale full --phones 10000 --everybody 0.5 --pace 30 --deliveries 200000 --seed $(or $(SEED),1)

bench: bench-setup
	@$(PY) -m bench $(if $(MINUTES),--minutes $(MINUTES))

bench-setup:
	@tools/setup.sh bench

audit:
	@tools/audit.sh

lock:
	uv pip compile -q --generate-hashes --python-version 3.11 pyproject.toml -o requirements.lock
	uv pip compile -q --generate-hashes --python-version 3.11 --extra test pyproject.toml -o requirements-test.lock
	echo pip-audit | uv pip compile -q --generate-hashes --python-version 3.11 - -o requirements-audit.lock

clean:
	rm -rf .venv .venv-audit node_modules assets/vendor artefacts .mypy_cache .ruff_cache .pytest_cache .hypothesis
