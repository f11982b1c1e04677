"""What a release is made of: licences, sources and versions, its parts list, its commit, and that it is no other."""

import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import tomllib
import unittest

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from guide import pack
from server import TOP, run

RELEASE = pathlib.Path("deploy") / "release"
# What build.rs looks at to call a build dirty.
SOURCES = ("Cargo.lock", "Cargo.toml", "build.rs", "migrations", "proto", "src")
# A clone of the advisory database takes seconds where it can be reached at all.
ADVISORIES_SECONDS_MAX = 60


def git(*arguments, where=TOP):
    return subprocess.run(["git", *arguments], cwd=where, check=True, capture_output=True, text=True).stdout.strip()


def deny(*arguments, config=TOP / "deny.toml", **options):
    command = ["cargo-deny", "--locked", "--config", config, *arguments[:-1], "check", *arguments[-1].split()]
    return subprocess.run(command, cwd=TOP, capture_output=True, text=True, **options)


class Dependencies(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # Of every platform: cargo-deny reads all manifests, and is not to ask the network for them.
        subprocess.run(["cargo", "fetch", "--locked", "--quiet"], cwd=TOP, check=True)

    def test_licences_bans_and_sources_hold_offline(self):
        done = deny("--offline", "licenses bans sources")
        self.assertEqual(done.returncode, 0, done.stderr[-6000:])

    def test_another_licence_another_version_or_a_banned_crate_would_be_found(self):
        text = (TOP / "deny.toml").read_text(encoding="utf-8")
        for old, new, check in (('"BSD-3-Clause", ', "", "licenses"), ('{ crate = "base64@0.22", reason = "sqlx, tonic" },', "", "bans"),
                                ('crate = "openssl-sys"', 'crate = "sqlx"', "bans")):
            self.assertIn(old, text)
            with tempfile.NamedTemporaryFile("w", suffix=".toml") as spoilt:
                spoilt.write(text.replace(old, new))
                spoilt.flush()
                self.assertIn(f"{check} FAILED", deny("--offline", check, config=spoilt.name).stdout, old)

    def test_no_advisory_is_open_where_their_database_can_be_reached(self):
        try:
            done = deny("advisories", timeout=ADVISORIES_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            print("advisories: NOT CHECKED (their database did not answer in time)")
            return
        if "failed to fetch advisory database" in done.stderr:
            print("advisories: NOT CHECKED (their database cannot be reached from here)")
            return
        self.assertEqual(done.returncode, 0, done.stderr[-6000:])


class Packed(unittest.TestCase):
    """The folder that an operator receives."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory())) / "doudi-0.1.0"
        pack(cls.folder)

    def check_sums(self):
        return subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=self.folder, capture_output=True).returncode

    def test_the_checksums_cover_every_file_and_find_a_changed_one(self):
        listed = {line.split("  ", 1)[1] for line in (self.folder / "SHA256SUMS").read_text().splitlines()}
        there = {f"./{path.relative_to(self.folder)}" for path in self.folder.rglob("*") if path.is_file()}
        self.assertEqual(listed, there - {"./SHA256SUMS"})
        self.assertEqual(self.check_sums(), 0)
        changed = self.folder / "policy" / "areas.yaml"
        kept = changed.read_bytes()
        changed.write_bytes(kept + b"\n")
        self.addCleanup(changed.write_bytes, kept)
        self.assertNotEqual(self.check_sums(), 0)

    def test_the_parts_list_fits_the_published_schema_and_the_lock_file(self):
        text = (self.folder / "doudi.cdx.json").read_text(encoding="utf-8")
        self.assertIsNone(JsonStrictValidator(SchemaVersion.V1_5).validate_str(text))
        self.assertIsNotNone(JsonStrictValidator(SchemaVersion.V1_5).validate_str(text.replace('"purl"', '"pearl"', 1)))
        bill = json.loads(text)
        locked = {(crate["name"], crate["version"])
                  for crate in tomllib.loads((TOP / "Cargo.lock").read_text(encoding="utf-8"))["package"]}
        parts = {(part["name"], part["version"]) for part in bill["components"]}
        self.assertLessEqual(parts, locked)
        direct = set(tomllib.loads((TOP / "Cargo.toml").read_text(encoding="utf-8"))["dependencies"])
        self.assertLessEqual(direct, {name for name, _ in parts})
        self.assertTrue(all(part.get("licenses") for part in bill["components"]), "a part without a licence")
        self.assertNotIn(str(TOP), text)

    def test_the_same_tree_gives_the_same_parts_list(self):
        again = self.folder.parent / "again"
        pack(again)
        self.addCleanup(shutil.rmtree, again)
        for name in ("doudi.cdx.json", "SHA256SUMS"):
            self.assertEqual((again / name).read_bytes(), (self.folder / name).read_bytes(), name)


class Release(unittest.TestCase):
    """deploy/release in a clone; a script that says a version stands for the binary, which takes minutes to build."""

    def setUp(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.clone = folder / "clone"
        git("clone", "--quiet", "--no-hardlinks", TOP, self.clone)
        self.commit = git("rev-parse", "HEAD", where=self.clone)
        self.to = folder / "release"
        self.binary = folder / "doudi"
        self.say(f"doudi 0.1.0 ({self.commit})")

    def say(self, version):
        self.binary.write_text(f"#!/bin/sh\necho '{version}'\n")
        self.binary.chmod(0o755)

    def release(self):
        done = subprocess.run([self.clone / RELEASE, self.to, "--built", self.binary], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def test_a_clean_commit_is_packed(self):
        code, said = self.release()
        self.assertEqual(code, 0, said)
        self.assertIn(self.commit, said)
        self.assertTrue((self.to / "SHA256SUMS").exists())
        self.assertEqual(git("status", "--porcelain", where=self.clone), "", "a release leaves the tree as it was")
        self.assertNotEqual(self.release()[0], 0, "an old release is never mixed with a new one")

    def test_a_dirty_tree_is_refused_with_what_is_dirty(self):
        for name in ("src/lib.rs", "src/new.rs", "README.md"):
            path = self.clone / name
            kept = path.read_bytes() if path.exists() else None
            path.write_bytes((kept or b"") + b"\n")
            code, said = self.release()
            self.assertEqual(code, 1, name)
            self.assertIn(name, said)
            path.unlink() if kept is None else path.write_bytes(kept)
        self.assertEqual(list(self.to.iterdir()), [])

    def test_a_binary_of_another_commit_or_of_a_dirty_tree_is_refused(self):
        for version in (f"doudi 0.1.0 ({self.commit}-dirty)", "doudi 0.1.0 (" + "0" * 40 + ")", "doudi 0.1.0 (development)",
                        "doudi 0.1.0 (unknown)"):
            self.say(version)
            code, said = self.release()
            self.assertEqual(code, 1, version)
            self.assertIn("build it from this commit", said)

    def test_without_a_repository_nothing_is_released(self):
        shutil.rmtree(self.clone / ".git")
        code, said = self.release()
        self.assertNotEqual(code, 0)
        self.assertIn("repository", said)


class Version(unittest.TestCase):
    def test_the_binary_names_its_commit_and_whether_the_sources_were_it(self):
        said = run("--version").stdout.strip()
        commit = re.fullmatch(r"doudi \d+\.\d+\.\d+ \((.+)\)", said).group(1)
        if commit == "development":
            print("NOT CHECKED: the commit of a release build; this is one for development")
            return
        dirty = "-dirty" if git("status", "--porcelain", "--", *SOURCES) else ""
        self.assertEqual(commit, git("rev-parse", "HEAD") + dirty)


if __name__ == "__main__":
    unittest.main()
