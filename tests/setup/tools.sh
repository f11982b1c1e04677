# Installs what the tests need beside Rust, a C compiler and Python. Sourced by tests/run.
#
# Debian packages come from the machine's own package sources, the Python client from pip, buf from npm:
# each through its ordinary client, with the versions pinned here and in tests/python/requirements.txt.

BUF_VERSION=1.75.0

# Where tools are kept between runs, outside the checkout.
tools_cache=${XDG_CACHE_HOME:-$HOME/.cache}/doudi

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# The folder of PostgreSQL's server binaries, newest first; empty if there is none.
postgres_bin() {
    local found
    found=$(find /usr/lib/postgresql -path '*/bin/initdb' 2>/dev/null | sort -V | tail -n 1)
    [ -n "$found" ] || found=$(command -v initdb || true)
    [ -z "$found" ] || dirname "$(readlink -f "$found")"
}

# Debian packages, only those that are missing.
tools_packages() {
    local missing=()
    [ -n "$(postgres_bin)" ] || missing+=(postgresql)
    command -v openssl >/dev/null || missing+=(openssl)
    command -v faketime >/dev/null || missing+=(faketime)
    command -v promtool >/dev/null || missing+=(prometheus)
    python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
    command -v npm >/dev/null || missing+=(nodejs npm)
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "installing ${missing[*]}"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# The Python gRPC client in a virtual environment named after its pinned requirements.
tools_python() {
    local wanted key
    wanted=$1/tests/python/requirements.txt
    key=$(sha256sum "$wanted" | cut -c1-12)
    DOUDI_TEST_PYTHON=$tools_cache/python-$key/bin/python
    export DOUDI_TEST_PYTHON
    [ -e "$tools_cache/python-$key/complete" ] && return 0
    python3 -m venv --clear "$tools_cache/python-$key"
    "$DOUDI_TEST_PYTHON" -m pip install --quiet --disable-pip-version-check -r "$wanted"
    touch "$tools_cache/python-$key/complete"
}

# The buf command, from the npm package that ships its binary.
tools_buf() {
    local home=$tools_cache/buf-$BUF_VERSION
    DOUDI_TEST_BUF=$home/node_modules/.bin/buf
    export DOUDI_TEST_BUF
    [ -x "$DOUDI_TEST_BUF" ] && return 0
    npm install --silent --no-audit --no-fund --prefix "$home" "@bufbuild/buf@$BUF_VERSION"
}
