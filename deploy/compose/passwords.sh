#!/bin/sh
# Gives the logins of roles.sql their passwords, each from its file. Run once by the image of PostgreSQL.
set -eu
for login in service migrator auditor backup; do
    printf "SET log_statement = 'none'; ALTER ROLE doudi_%s PASSWORD '%s';\n" "$login" "$(cat "/run/passwords/$login.password")"
done | psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username postgres --dbname postgres
