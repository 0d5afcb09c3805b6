#!/usr/bin/env bash
# Asks the advisory services about every pinned package. 0: nothing known; 1: something is, and named; 3: they could not be asked.
set -uo pipefail
cd "$(dirname "$0")/.."
say() { printf '\033[36m▸ %s\033[0m\n' "$*"; }
stamp=.venv-audit/.installed
if ! cmp -s requirements-audit.lock "$stamp"; then
  python3 -m venv .venv-audit || exit 1
  if ! report=$(.venv-audit/bin/python -m pip install --disable-pip-version-check -q --require-hashes -r requirements-audit.lock 2>&1); then
    tail -5 <<< "$report"
    if grep -qi "hash" <<< "$report"; then exit 1; fi  # not what the lock file says: worse than not to know
    exit 3
  fi
  cp requirements-audit.lock "$stamp"
fi

found=0 asked=1
say "Python: requirements-test.lock"
report=$(timeout 120 .venv-audit/bin/pip-audit -r requirements-test.lock --require-hashes --disable-pip --progress-spinner off --vulnerability-service "${AUDIT_SERVICE:-osv}" 2>&1)
case $? in
  0) if grep -q "could not be audited" <<< "$report"; then asked=0; fi ;;
  *) if grep -q "known vulnerabilit" <<< "$report"; then found=1; else asked=0; fi ;;
esac
[ $asked = 0 ] || tail -20 <<< "$report"

say "JavaScript: package-lock.json"
report=$(timeout 60 npm audit --omit=dev 2>&1) || {
  if grep -qi "severity" <<< "$report"; then found=1; else asked=0; fi
}
[ $asked = 0 ] || tail -20 <<< "$report"

[ $found = 0 ] || exit 1
if [ $asked = 0 ]; then
  echo "未能核查：无法连接漏洞通报服务 / not audited: the advisory services could not be reached" >&2
  exit 3
fi
