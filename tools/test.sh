#!/usr/bin/env bash
# Everything that must hold, the quick checks first. `tools/test.sh check` stops before the tests.
set -euo pipefail
cd "$(dirname "$0")/.."
step() { printf '\033[36m▸ %s\033[0m\n' "$*"; }
# settings of the caller's shell must not leak into the tests
for name in $(env | grep -o '^YIPING_[A-Z_]*' || true) SCALE; do unset "$name"; done

step "ruff";          .venv/bin/ruff check . && .venv/bin/ruff format --check .
step "mypy --strict"; .venv/bin/mypy
step "import-linter"; .venv/bin/lint-imports --no-cache >/tmp/yiping-imports.$$ 2>&1 || { cat /tmp/yiping-imports.$$; exit 1; }; rm -f /tmp/yiping-imports.$$
step "tsc --checkJs"; node_modules/.bin/tsc -p tsconfig.json
[ "${1:-}" = check ] && exit 0
step "node --test";   node --test tests/assets/*.test.mjs
step "pytest";        .venv/bin/python -m pytest -n 2 --dist loadgroup "$@"
