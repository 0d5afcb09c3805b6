#!/usr/bin/env bash
# Asks the advisory services about every pinned package. 0: nothing known; 1: something is, and named, or nobody has asked for two weeks
# although one could; 3: they could not be asked. tools/audited.txt says when each was asked last: commit it with what it led to.
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
audited=tools/audited.txt most_days=14
# A service that answers, and was not asked with success for long, is no excuse: somebody must look.
settle() { # name, whether it was asked, an address of the service
  if [ "$2" = 1 ]; then
    { grep -v "^$1 " "$audited" 2>/dev/null; echo "$1 $(date -u +%F)"; } | sort > "$audited.new" && mv "$audited.new" "$audited"
    return
  fi
  asked=0
  local last days
  last=$(sed -n "s/^$1 //p" "$audited" 2>/dev/null)
  days=$(( ($(date -u +%s) - $(date -u -d "${last:-1970-01-01}" +%s)) / 86400 ))
  if [ "$days" -gt "$most_days" ] && curl --silent --fail --max-time 10 --output /dev/null "$3"; then
    echo "$1: 上次核查 ${last:-从未}，服务可连接 / last asked ${last:-never}, and the service answers" >&2
    found=1
  fi
}

say "Python: requirements-test.lock"
done=1
report=$(timeout 120 .venv-audit/bin/pip-audit -r requirements-test.lock --require-hashes --disable-pip --progress-spinner off --vulnerability-service "${AUDIT_SERVICE:-osv}" 2>&1)
case $? in
  0) if grep -q "could not be audited" <<< "$report"; then done=0; fi ;;
  *) if grep -q "known vulnerabilit" <<< "$report"; then found=1; else done=0; fi ;;
esac
[ $done = 0 ] || tail -20 <<< "$report"
settle python $done https://api.osv.dev/v1/vulns/PYSEC-2018-28

say "JavaScript: package-lock.json"
done=1
report=$(timeout 60 npm audit --omit=dev 2>&1) || {
  if grep -qi "severity" <<< "$report"; then found=1; else done=0; fi
}
[ $done = 0 ] || tail -20 <<< "$report"
settle javascript $done https://registry.npmjs.org/-/npm/v1/security/advisories/bulk

[ $found = 0 ] || exit 1
if [ $asked = 0 ]; then
  echo "未能核查：无法连接漏洞通报服务 / not audited: the advisory services could not be reached" >&2
  exit 3
fi
