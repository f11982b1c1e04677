-- Makes the roles, the logins and the database of Doudi. Run once, and again after an upgrade, by a superuser:
--   psql --no-psqlrc --set ON_ERROR_STOP=1 --dbname postgres --file roles.sql
-- It changes nothing that is already right. Passwords are set afterwards, see deploy/operate/GUIDE.md.
-- 由数据库管理员执行；可重复执行。密码另行设置。
--
-- | login           | member of                  | may                                                             |
-- | doudi_migrator  | owns the database          | bring the schema up to date; never used by the service          |
-- | doudi_service   | doudi_writer, doudi_eraser | add to the log, move its head, keep projections; destroy keys   |
-- | doudi_auditor   | doudi_reader               | read the log and its sealed documents; no keys, not who is who  |
-- | doudi_backup    | pg_read_all_data           | read everything, for pg_dump                                    |
--
-- The groups cannot log in. What each may do to which table is granted by the migrations, beside the tables.

SELECT format('CREATE ROLE %I NOLOGIN', name)
FROM unnest(ARRAY['doudi_writer', 'doudi_reader', 'doudi_eraser']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec

SELECT format('CREATE ROLE %I LOGIN', name)
FROM unnest(ARRAY['doudi_migrator', 'doudi_service', 'doudi_auditor', 'doudi_backup']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec

-- Nobody here is more than the table above says, also if somebody meant well before.
ALTER ROLE doudi_migrator LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
-- Sixteen connections a server, three servers, and as many again while old ones leave in an upgrade.
ALTER ROLE doudi_service LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 100;
ALTER ROLE doudi_auditor LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 10;
ALTER ROLE doudi_backup LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 4;

GRANT doudi_writer, doudi_eraser TO doudi_service;
GRANT doudi_reader TO doudi_auditor;
GRANT pg_read_all_data TO doudi_backup;
-- A seat-belt: a reader's session writes nothing by mistake. What it may read is granted by the migrations.
ALTER ROLE doudi_auditor SET default_transaction_read_only = on;
ALTER ROLE doudi_backup SET default_transaction_read_only = on;

SELECT 'CREATE DATABASE doudi OWNER doudi_migrator ENCODING ''UTF8'' TEMPLATE template0'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'doudi')
\gexec

REVOKE ALL ON DATABASE doudi FROM PUBLIC;
GRANT CONNECT ON DATABASE doudi TO doudi_writer, doudi_reader, doudi_eraser, doudi_backup;

\connect doudi
-- Before PostgreSQL 15 this schema belonged to the superuser, and everybody could make tables in it.
ALTER SCHEMA public OWNER TO doudi_migrator;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO doudi_writer, doudi_reader, doudi_eraser, doudi_backup;
