#!/usr/bin/env bash
# Makes .venv with `munadi` in its bin, from a lock file with hashes. Does nothing when nothing changed.
#   setup.sh          for development: requirements.lock, which has everything
#   setup.sh server   for running a server: requirements-server.lock, and nothing is built
#   setup.sh uv       only uv, which is all that `make lock` needs
# uv comes by its hashes from requirements-uv.lock.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

UV_LOCK=requirements-uv.lock
UV_VERSION=$(sed -n 's/^uv==\([0-9.]*\).*/\1/p' "$UV_LOCK")
UV_HOME=.cache/uv
STAMP=.venv/.munadi-setup
export UV_PYTHON_DOWNLOADS=never
unset VIRTUAL_ENV PYTHONPATH PYTHONHOME

fail() {
    printf 'setup: %s\n' "$@" >&2
    exit 1
}

is_suitable() {
    "$1" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    local name
    for name in "${PYTHON:-python3}" python3 python3.13 python3.12 python3.11; do
        if is_suitable "$name"; then
            command -v "$name"
            return
        fi
    done
    fail "Python 3.11 or newer is needed; ${PYTHON:-python3} is $("${PYTHON:-python3}" --version 2>&1 || true)." \
        "Install one, or name one: make setup PYTHON=/path/to/python3.11"
}

ensure_uv() {
    if [[ "$("$UV_HOME/bin/uv" --version 2>/dev/null)" == "uv $UV_VERSION"* ]]; then
        return
    fi
    rm -rf "$UV_HOME"
    "$python" -m venv "$UV_HOME" >&2 ||
        fail "$python cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv"
    "$UV_HOME/bin/python" -m pip install -q --disable-pip-version-check --require-hashes --only-binary :all: -r "$UV_LOCK" ||
        fail "uv $UV_VERSION could not be installed. Is a package index reachable?"
}

fingerprint() {
    { cat "${sources[@]}" scripts/setup.sh; pwd; "$@"; } | "$python" -c \
        'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())'
}

make_environment() {
    if ! is_suitable .venv/bin/python; then
        "$UV_HOME/bin/uv" venv -q --clear --python "$python" .venv
    fi
    echo "setup: installing into .venv"
    # Compiled now, once. Where PYTHONDONTWRITEBYTECODE is set, as in many containers, Python would compile the packages
    # again whenever a process starts: a worker's start costs 2.8 s of CPU then, and 1.0 s with this.
    "$UV_HOME/bin/uv" pip sync -q --python .venv/bin/python --require-hashes "${flags[@]}" "${sources[0]}"
    "link_$kind"
}

link_development() {
    # The build backend is the one that was just installed by its hashes.
    "$UV_HOME/bin/uv" pip install -q --python .venv/bin/python --no-deps --no-build-isolation -e .
}

# The folder is the application: its environment finds it by a path, and no package of ours is installed.
link_server() {
    local packages
    packages=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    pwd >"$packages/munadi-server.pth"
    printf '#!/bin/sh\nexec "%s/.venv/bin/python" -P -m munadi.cli "$@"\n' "$PWD" >.venv/bin/munadi
    chmod +x .venv/bin/munadi
    if [[ -d munadi ]]; then # the image copies it later
        .venv/bin/python -m compileall -q munadi workflows activities api worker
    fi
}

is_current() {
    [[ -x .venv/bin/munadi && -f $STAMP && "$(cat "$STAMP")" == "$wanted" ]] && is_suitable .venv/bin/python
}

case "${1:-}" in
    "") kind=development sources=(requirements.lock pyproject.toml) flags=(--compile-bytecode) ;;
    # A package that had to be built would bring a build backend without a hash.
    server) kind=server sources=(requirements-server.lock) flags=(--compile-bytecode --no-build) ;;
    uv) kind=uv ;;
    *) fail "there is no set-up \"$1\": setup.sh [server | uv]" ;;
esac

python=$(find_python)
mkdir -p .cache
exec 9>.cache/setup.lock
if command -v flock >/dev/null; then flock 9; fi # two makes at once take turns

if [[ $kind == uv ]]; then
    ensure_uv
    exit
fi
wanted=$(fingerprint "$python" --version)
if ! is_current; then
    ensure_uv
    make_environment
    echo "$wanted" >"$STAMP"
    echo "setup: ready, .venv/bin/munadi"
fi
