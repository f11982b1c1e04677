# Installs what the tests need beside Rust, a C compiler and Python. Sourced by tests/run.
#
# Debian packages come from the machine's own package sources, the Python client from pip, buf from npm:
# each through its ordinary client, with the versions pinned here and in tests/python/requirements.txt.

BUF_VERSION=1.75.0
CARGO_DENY_VERSION=0.20.2
CARGO_CYCLONEDX_VERSION=0.5.9

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
    command -v git >/dev/null || missing+=(git)
    command -v curl >/dev/null || missing+=(curl)
    command -v systemd-analyze >/dev/null || missing+=(systemd)
    python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
    command -v npm >/dev/null || missing+=(nodejs npm)
    [ ${#missing[@]} -eq 0 ] || tools_install "${missing[@]}"
}

tools_install() {
    echo "installing $*"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# llvm-profdata of the compiler's LLVM, for the build by profile of --long.
tools_llvm() {
    local major
    major=$(rustc --version --verbose | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
    command -v "llvm-profdata-$major" >/dev/null || tools_install "llvm-$major"
}

# Makes a virtual environment named after its pinned requirements, and gives its interpreter in the named variable.
#   tools_environment VARIABLE NAME FILE REQUIRED...    FILE is installed; what else it reads counts for the name
tools_environment() {
    local variable=$1 home wanted=$3
    home=$tools_cache/$2-$(cat "${@:3}" | sha256sum | cut -c1-12)
    export "$variable=$home/bin/python"
    [ -e "$home/complete" ] && return 0
    python3 -m venv --clear "$home"
    "$home/bin/python" -m pip install --quiet --disable-pip-version-check -r "$wanted"
    touch "$home/complete"
}

# The Python gRPC client.
tools_python() {
    tools_environment DOUDI_TEST_PYTHON python "$1/tests/python/requirements.txt"
}

# The checkers of deployment files, with the client beside them.
tools_deploy() {
    tools_environment DOUDI_TEST_DEPLOY_PYTHON deploy "$1/tests/deploy/requirements.txt" "$1/tests/python/requirements.txt"
    tools_cargo cargo-deny "$CARGO_DENY_VERSION"
    tools_cargo cargo-cyclonedx "$CARGO_CYCLONEDX_VERSION"
}

# A tool of cargo's from its source, once a version: minutes, with little optimisation, since each runs for a second.
tools_cargo() {
    local home=$tools_cache/tools/$1-$2
    export PATH=$PATH:$home/bin
    [ -x "$home/bin/$1" ] && return 0
    echo "building $1 $2"
    CARGO_TARGET_DIR=$tools_cache/tools/target CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=false \
        CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 cargo install --quiet --locked --root "$home" --version "$2" "$1"
    rm -rf "$tools_cache/tools/target"
}

# The buf command, from the npm package that ships its binary.
tools_buf() {
    local home=$tools_cache/buf-$BUF_VERSION
    DOUDI_TEST_BUF=$home/node_modules/.bin/buf
    export DOUDI_TEST_BUF
    [ -x "$DOUDI_TEST_BUF" ] && return 0
    npm install --silent --no-audit --no-fund --prefix "$home" "@bufbuild/buf@$BUF_VERSION"
}
