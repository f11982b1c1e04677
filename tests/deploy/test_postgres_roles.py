"""The logins of deploy/postgres/roles.sql on a real PostgreSQL: each may do what is its own, and nothing else."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import calls
import households as h
from guide import Desk
from server import CALL_SECONDS_MAX, POSTGRES_BIN, TOP, Place, run

FOLDER = TOP / "deploy" / "postgres"
# What only grows: the log, its documents, what was answered, who read what, which keys are gone.
ONLY_GROWS = ("log", "log_entry", "log_tile", "log_checkpoint", "log_cosignature", "document", "request", "record",
              "policy_document", "access", "access_place", "erased_key")
KEYS_AND_PEOPLE = ("data_key", "person_map", "person_link", "person_span", "person_lock", "request", "case_head")
PASSWORD = "test-of-the-roles"


class Roles(unittest.TestCase):
    """One server with the settings of settings.conf, one decision in it."""

    @classmethod
    def setUpClass(cls):
        cls.desk = Desk()
        cls.addClassCleanup(cls.desk.remove)
        cls.port = cls.desk.values["DATABASE_PORT"]
        cls.desk.type("postgres", """
            initdb --pgdata "$PGDATA" --auth-local trust --auth-host scram-sha-256 --encoding UTF8 --locale C.UTF-8
            cat > "$PGDATA/doudi.conf"
            echo "include 'doudi.conf'
                port = $DATABASE_PORT
                shared_buffers = 64MB
                unix_socket_directories = '$SOCKETS'" >> "$PGDATA/postgresql.conf"
            pg_ctl --pgdata "$PGDATA" --log "$PGDATA/server.log" --wait start""".replace("            ", ""),
            given=(FOLDER / "settings.conf").read_text(encoding="utf-8"))
        roles = (FOLDER / "roles.sql").read_text(encoding="utf-8")
        # The second time nothing is left to do, and nothing is wrong.
        for _ in range(2):
            cls.admin(roles)
        logins = ("migrator", "service", "auditor", "backup")
        cls.admin("".join(f"ALTER ROLE doudi_{login} PASSWORD '{PASSWORD}';\n" for login in logins))
        run("migrate", "--database", cls.url("doudi_migrator"))
        cls.decide()

    @classmethod
    def admin(cls, sql):
        line = 'psql --no-psqlrc --quiet -At --set ON_ERROR_STOP=1 --host "$SOCKETS" --port "$DATABASE_PORT" --dbname postgres'
        return cls.desk.type("postgres", line, given=sql)

    @classmethod
    def url(cls, login):
        return f"postgres://{login}:{PASSWORD}@127.0.0.1:{cls.port}/doudi"

    @classmethod
    def decide(cls):
        """The service's login serves, decides and writes all that a decision writes."""
        place = Place.__new__(Place)
        place.kind, place.postgres, place.url, place.servers = "postgres", None, cls.url("doudi_service"), []
        place.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        place.keys = place.folder / "keys.json"
        run("keys", "create", place.keys)
        server = place.start()
        cls.addClassCleanup(server.kill)
        calls.publish(server.client)
        answer = server.client.determination.Determine(h.determine(h.three(100_000)), timeout=CALL_SECONDS_MAX)
        assert answer.acknowledgement.receipt
        server.stop()
        cls.log = place.logs().decode()

    def test_a_server_on_postgres_warns_where_nobody_could_build_it_again(self):
        is_release = re.search(r"\([0-9a-f]{40}\)$", run("--version").stdout.strip())
        self.assertEqual("not a release build" in self.log, not is_release)

    def sql(self, login, statement, role=None):
        """Runs it as a login, in a role of its if one is given; gives what is wrong, or nothing."""
        before = f"SET ROLE {role};" if role else ""
        done = subprocess.run([os.path.join(POSTGRES_BIN, "psql"), self.url(login), "-qAtX", "-v", "ON_ERROR_STOP=1", "-c",
                               f"BEGIN; {before} {statement}; ROLLBACK"], capture_output=True, text=True, timeout=60)
        return done.stderr

    def assert_refused(self, login, statement, role=None, why="permission denied"):
        self.assertIn(why, self.sql(login, statement, role), f"{login} {role or ''}: {statement}")

    def test_the_writer_adds_and_changes_or_deletes_nothing_of_the_record(self):
        for table in ONLY_GROWS:
            column = "leaf_hash" if table in ("access", "access_place") else "key_ref" if table == "erased_key" else "log_id"
            for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
                self.assert_refused("doudi_service", statement, "doudi_writer")
        for statement in ("UPDATE data_key SET destroyed_ms = 1, wrapped = NULL", "DELETE FROM person_map",
                          "DELETE FROM log_head", "DELETE FROM case_head", "CREATE TABLE x (y int)",
                          "ALTER TABLE log_entry DISABLE TRIGGER ALL", "DROP TABLE log_entry"):
            why = "must be owner" if statement.startswith(("ALTER", "DROP")) else "permission denied"
            self.assert_refused("doudi_service", statement, "doudi_writer", why)

    def test_the_head_grows_and_never_shrinks_for_the_writer_and_for_the_owner(self):
        for login, role in (("doudi_service", "doudi_writer"), ("doudi_migrator", None)):
            self.assertEqual(self.sql(login, "UPDATE log_head SET size = size + 1", role), "")
            self.assert_refused(login, "UPDATE log_head SET size = size - 1", role, "a head only grows")

    def test_even_the_owner_is_stopped_by_a_trigger(self):
        for table in ONLY_GROWS:
            self.assert_refused("doudi_migrator", f"TRUNCATE {table} CASCADE", why="is append-only")
        for table in ("log_entry", "document", "record", "request", "policy_document"):
            self.assert_refused("doudi_migrator", f"DELETE FROM {table}", why="is append-only")

    def test_the_eraser_destroys_keys_and_nothing_else(self):
        destroy = "UPDATE data_key SET wrapped = NULL, destroyed_ms = 1 WHERE destroyed_ms IS NULL"
        self.assertEqual(self.sql("doudi_service", destroy, "doudi_eraser"), "")
        self.assertEqual(self.sql("doudi_service", "DELETE FROM person_map", "doudi_eraser"), "")
        self.assert_refused("doudi_service", "UPDATE data_key SET key_ref = 'x'", "doudi_eraser")
        self.assert_refused("doudi_service", "DELETE FROM data_key", "doudi_eraser")
        self.assert_refused("doudi_service", f"{destroy}; UPDATE data_key SET wrapped = 'x', destroyed_ms = NULL",
                            "doudi_eraser", "stays destroyed")
        for table in (*ONLY_GROWS, "case_head", "person_span"):
            self.assert_refused("doudi_service", f"INSERT INTO {table} SELECT * FROM {table} LIMIT 1", "doudi_eraser")
            self.assert_refused("doudi_service", f"DELETE FROM {table}", "doudi_eraser")

    def test_the_auditor_reads_the_log_and_neither_keys_nor_who_is_who(self):
        for table in set(ONLY_GROWS) - set(KEYS_AND_PEOPLE):
            self.assertEqual(self.sql("doudi_auditor", f"SELECT count(*) FROM {table}"), "")
        for table in KEYS_AND_PEOPLE:
            self.assert_refused("doudi_auditor", f"SELECT count(*) FROM {table}")
        # With the seat-belt off as well.
        for statement in ("DELETE FROM log_entry", "UPDATE log_head SET size = size + 1", "CREATE TABLE x (y int)"):
            self.assert_refused("doudi_auditor", statement, why="read-only transaction")
            self.assert_refused("doudi_auditor", f"SET TRANSACTION READ WRITE; {statement}")
        self.assert_refused("doudi_auditor", "SET ROLE doudi_writer")

    def test_the_backup_reads_everything_and_writes_nothing(self):
        for table in (*ONLY_GROWS, *KEYS_AND_PEOPLE):
            self.assertEqual(self.sql("doudi_backup", f"SELECT count(*) FROM {table}"), "")
        self.assert_refused("doudi_backup", "SET TRANSACTION READ WRITE; DELETE FROM person_map")
        self.assert_refused("doudi_backup", "SET ROLE doudi_eraser")

    def test_nobody_is_more_than_the_table_says(self):
        more = self.admin("SELECT rolname FROM pg_roles WHERE rolname LIKE 'doudi%' AND "
                          "(rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)")
        self.assertEqual(more.strip(), "")
        groups = self.admin("SELECT string_agg(rolname, ',' ORDER BY rolname) FROM pg_roles "
                            "WHERE rolname LIKE 'doudi%' AND NOT rolcanlogin")
        self.assertEqual(groups.strip(), "doudi_eraser,doudi_reader,doudi_writer")
        self.assertEqual(self.admin("CREATE ROLE anybody LOGIN; SELECT has_database_privilege('anybody', 'doudi', 'CONNECT')"
                                    "; DROP ROLE anybody").strip(), "f")

    def test_every_setting_is_in_force_as_the_file_says(self):
        text = (FOLDER / "settings.conf").read_text(encoding="utf-8")
        wanted = dict(re.findall(r"^(\w+) = '?(.*?)'?$", text, re.MULTILINE))
        self.assertGreater(len(wanted), 20)
        for name, value in wanted.items():
            shown = self.admin(f"SHOW {name}").strip("\n")
            self.assertEqual(shown, value, name)
        self.assertEqual(self.admin("SELECT count(*) FROM pg_settings WHERE pending_restart").strip(), "0")


if __name__ == "__main__":
    unittest.main()
