# Starts and stops a real PostgreSQL of the tests' own. Sourced by tests/run; needs tests/setup/tools.sh.
#
# The server lives in a temporary folder, on a free port of the loopback address, with fsync on as in production.
# It refuses to run as root, so root becomes the user `postgres` that Debian's package makes.

postgres_as() {
    # From /: the user postgres may not be able to enter the checkout.
    if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi
}

# Sets DOUDI_TEST_POSTGRES to the URL of a superuser; tests create their own databases and roles under it.
postgres_start() {
    local bin port password
    bin=$(postgres_bin)
    postgres_home=$(mktemp -d)
    password=$(python3 -c 'import secrets; print(secrets.token_hex(16))')
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    printf '%s\n' "$password" > "$postgres_home/password"
    [ "$(id -u)" != 0 ] || chown -R postgres "$postgres_home"
    postgres_as "$bin/initdb" --pgdata "$postgres_home/data" --username postgres --pwfile "$postgres_home/password" \
        --auth-local trust --auth-host scram-sha-256 --encoding UTF8 --locale C.UTF-8 >/dev/null
    # Many test binaries with a pool each run at once, hence the connections.
    postgres_as "$bin/pg_ctl" --pgdata "$postgres_home/data" --log "$postgres_home/log" --wait --silent \
        --options "-p $port -k $postgres_home -c listen_addresses=127.0.0.1 -c max_connections=300" start \
        || { cat "$postgres_home/log" >&2; return 1; }
    DOUDI_TEST_POSTGRES=postgres://postgres:$password@127.0.0.1:$port/postgres
    DOUDI_TEST_POSTGRES_BIN=$bin
    export DOUDI_TEST_POSTGRES DOUDI_TEST_POSTGRES_BIN
}

postgres_stop() {
    [ -n "${postgres_home:-}" ] || return 0
    postgres_as "$(postgres_bin)/pg_ctl" --pgdata "$postgres_home/data" --mode immediate --silent stop || true
    rm -rf "$postgres_home"
    postgres_home=
}
