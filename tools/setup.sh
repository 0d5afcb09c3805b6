#!/usr/bin/env bash
# Sets up what `make run` or `make test` needs, and nothing twice. Usage: tools/setup.sh run|test|bench
set -euo pipefail
cd "$(dirname "$0")/.."
purpose=${1:?run, test or bench}
peers=
if [ "$purpose" = bench ]; then peers=1; purpose=test; fi

say() { printf '\033[36m▸ %s\033[0m\n' "$*"; }
fail() { printf '\033[31m✗ %s\033[0m\n' "$*" >&2; exit 1; }

# --- Debian packages -----------------------------------------------------------------------------------
missing=()
need() { missing+=("$1"); }
command -v python3 >/dev/null || need python3
python3 -c 'import venv, ensurepip' 2>/dev/null || need python3-venv
command -v node >/dev/null || need nodejs
command -v npm >/dev/null || need npm
if [ "$purpose" = test ]; then
  ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || need postgresql
  ls /usr/share/postgresql/*/extension/postgis.control >/dev/null 2>&1 || need postgresql-15-postgis-3
  command -v redis-server >/dev/null || need redis-server
  [ -x /usr/sbin/mosquitto ] || command -v mosquitto >/dev/null || need mosquitto
  command -v espeak-ng >/dev/null || need espeak-ng
  command -v openssl >/dev/null || need openssl
  [ -x /usr/sbin/nginx ] || command -v nginx >/dev/null || need nginx-light
  command -v chromium >/dev/null || need chromium
  # not through a pipe: the list is long, and what stops reading it early would count as a failure
  grep -qi 'noto.*cjk' <<< "$(fc-list 2>/dev/null || true)" || need fonts-noto-cjk
  command -v fc-list >/dev/null || need fontconfig
fi
if [ -n "$peers" ]; then
  command -v wrk >/dev/null || need wrk
fi
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ]; then sudo=; elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo=sudo; else
    fail "请先安装 / please install first: sudo apt-get install ${missing[*]}"
  fi
  command -v apt-get >/dev/null || fail "缺少软件包，且没有 apt-get / packages are missing and there is no apt-get: ${missing[*]}"
  say "安装软件包 / installing packages: ${missing[*]}"
  $sudo apt-get update -qq || fail "apt-get update 失败 / failed"
  # Installing a server must not start one: the tests start their own on free ports.
  DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null \
    || fail "安装失败，请手动安装 / could not install, please do it by hand: sudo apt-get install ${missing[*]}"
fi
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "需要 Python 3.11 以上 / Python 3.11 or newer is needed: $(python3 --version)"
node -e 'process.exit(+process.versions.node.split(".")[0] < 18 ? 1 : 0)' || fail "需要 Node 18 以上 / Node 18 or newer is needed: $(node --version)"

# --- Python --------------------------------------------------------------------------------------------
lock=requirements.lock; [ "$purpose" = test ] && lock=requirements-test.lock
stamp=.venv/.installed-$purpose
have() { [ -f "$stamp" ] && cmp -s <(cat "$lock" pyproject.toml) "$stamp"; }
if ! have; then
  say "安装 Python 依赖 / installing Python packages ($(grep -c '^[a-z].*==' "$lock"))"
  [ -x .venv/bin/python ] || python3 -m venv .venv
  .venv/bin/python -m pip install --disable-pip-version-check --progress-bar off -qq --require-hashes -r "$lock"
  .venv/bin/python -m pip install --disable-pip-version-check -qq --no-deps --no-build-isolation -e . 2>/dev/null \
    || .venv/bin/python -m pip install --disable-pip-version-check -qq --no-deps -e .
  cat "$lock" pyproject.toml > "$stamp"
fi

# --- JavaScript ----------------------------------------------------------------------------------------
stamp=node_modules/.installed
if ! { [ -f "$stamp" ] && cmp -s package-lock.json "$stamp" && [ -d assets/vendor ]; }; then
  say "安装浏览器端依赖 / installing browser libraries"
  npm ci --no-audit --no-fund --loglevel=error >/dev/null || fail "npm ci 失败 / failed"
  node tools/vendor.mjs
  cp package-lock.json "$stamp"
fi

# --- Peers to be measured beside -----------------------------------------------------------------------
if [ -n "$peers" ]; then
  stamp=bench/.peers/.installed
  if ! cmp -s bench/peers/requirements.txt "$stamp" || ! [ -d bench/.peers/node_modules ]; then
    say "安装对照程序 / installing the peers"
    mkdir -p bench/.peers
    cp bench/peers/package.json bench/peers/package-lock.json bench/.peers/
    (cd bench/.peers && npm ci --no-audit --no-fund --loglevel=error >/dev/null) || fail "npm ci 失败 / failed"
    python3 -m venv bench/.peers/venv
    bench/.peers/venv/bin/python -m pip install --disable-pip-version-check -qq -r bench/peers/requirements.txt
    cp bench/peers/requirements.txt "$stamp"
  fi
fi
