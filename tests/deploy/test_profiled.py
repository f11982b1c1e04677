"""Builds by a profile: what is asked of the compiler, what is trained, and with --long such a release itself."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from server import BIN, TOP

PROFILED = TOP / "deploy" / "profiled"
# The whole release: two builds of our own crate and one of everything else.
RELEASE_SECONDS_MAX = 7200


class Compiler(unittest.TestCase):
    """The wrapper of rustc; echo stands for the compiler."""

    def told(self, *arguments):
        environment = os.environ | {"BUILD_PROFILE_FLAG": "-Cprofile-use=/some/profile"}
        done = subprocess.run([PROFILED / "rustc", "echo", *arguments], capture_output=True, text=True, env=environment, check=True)
        return done.stdout.split()

    def test_our_own_crate_is_compiled_by_the_profile(self):
        self.assertEqual(self.told("--crate-name", "doudi", "src/lib.rs"),
                         ["--crate-name", "doudi", "src/lib.rs", "-Cprofile-use=/some/profile"])

    def test_the_build_script_and_questions_about_the_compiler_are_left_alone(self):
        for arguments in (("--crate-name", "build_script_build", "build.rs"), ("-vV",)):
            self.assertEqual(self.told(*arguments), list(arguments))


class Refused(unittest.TestCase):
    def run_with_llvm(self, version, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            rustc = pathlib.Path(folder) / "rustc"
            rustc.write_text(f"#!/bin/sh\nprintf 'host: x86_64-unknown-linux-gnu\\nLLVM version: {version}\\n'\n")
            rustc.chmod(0o755)
            environment = os.environ | {"PATH": f"{folder}:{os.environ['PATH']}", "CARGO_TARGET_DIR": f"{folder}/target"}
            done = subprocess.run([PROFILED / "run", *arguments], capture_output=True, text=True, env=environment)
            self.assertFalse((pathlib.Path(folder) / "target").exists(), "nothing is built")
            return done.returncode, done.stderr

    def test_a_machine_without_the_tool_of_its_compiler_is_told_how_to_get_it(self):
        code, said = self.run_with_llvm("99.1.2", "build")
        self.assertEqual(code, 1)
        self.assertIn("llvm-profdata of LLVM 99 is missing", said)
        self.assertIn("apt-get install llvm-99", said)

    def test_what_cannot_be_meant_shows_how_to_call_it(self):
        for arguments in ((), ("bench",), ("build", "--by"), ("build", "release"), ("train",)):
            code, said = self.run_with_llvm("99.1.2", *arguments)
            self.assertEqual(code, 2, arguments)
            self.assertIn("deploy/profiled/run build --by PROFILE", said)

    def test_a_profile_that_is_not_there_is_named(self):
        code, said = self.run_with_llvm("99.1.2", "build", "--by", "/nowhere/doudi.profdata")
        self.assertEqual(code, 1)
        self.assertIn("/nowhere/doudi.profdata is no file", said)


class Training(unittest.TestCase):
    def test_the_training_does_what_the_program_is_for(self):
        # As deploy/profiled/run calls it: what the build is told must be no setting of the programs.
        environment = os.environ | {"BUILD_PROFILE_FLAG": "-Cprofile-generate=/some/folder"}
        done = subprocess.run([PROFILED / "train", pathlib.Path(BIN).parent, "--short"], capture_output=True, text=True, env=environment)
        self.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr[-3000:])
        answered = int(re.search(r'"summary":\{"acknowledged":(\d+)', done.stdout).group(1))
        self.assertGreater(answered, 0)
        self.assertIn("500 of 500 opened decisions follow again", done.stdout)

    def test_a_training_of_which_a_step_fails_fails(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("doudi", "doudi-load", "doudi-training"):
                shutil.copy(pathlib.Path(BIN).with_name(name), folder)
            load = pathlib.Path(folder) / "doudi-load"
            load.write_text("#!/bin/sh\nexit 1\n")
            done = subprocess.run([PROFILED / "train", folder, "--short"], capture_output=True, text=True)
            self.assertNotEqual(done.returncode, 0)


@unittest.skipUnless(os.environ.get("DOUDI_TEST_LONG"), "builds everything three times: with --long")
class Released(unittest.TestCase):
    def test_a_release_by_profile_is_the_same_program_and_can_be_built_again_by_its_profile(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        clone, release = folder / "clone", folder / "release"
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", TOP, clone], check=True)
        environment = os.environ | {"CARGO_TARGET_DIR": str(folder / "target")}
        subprocess.run([clone / "deploy" / "release", release, "--profiled"], check=True, env=environment, timeout=RELEASE_SECONDS_MAX)
        self.assertEqual(subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=release).returncode, 0)
        for name in ("doudi-load", "doudi-training"):
            shutil.copy(pathlib.Path(BIN).with_name(name), release)
        subprocess.run([PROFILED / "train", release, "--short"], check=True)
        again = [clone / "deploy" / "profiled" / "run", "build", "--by", release / "doudi.profdata"]
        subprocess.run(again, check=True, env=environment, timeout=RELEASE_SECONDS_MAX)
        self.assertEqual((folder / "target" / "profiled" / "doudi").read_bytes(), (release / "doudi").read_bytes())


if __name__ == "__main__":
    unittest.main()
