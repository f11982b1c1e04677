"""The compose file: it fits the published schema, every file that it names is there, and secrets are files."""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import yaml
from server import TOP
from settings import unknown

FOLDER = TOP / "deploy" / "compose"
FILE = FOLDER / "compose.yaml"
# What the operator puts there; the header of the file says what.
OF_THE_SITE = "site/"
OBSERVE = "../observe"


class Compose(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.file = yaml.safe_load(FILE.read_text(encoding="utf-8"))
        cls.services = cls.file["services"]

    def check(self, path):
        tool = pathlib.Path(sys.executable).parent / "check-jsonschema"
        command = [tool, "--builtin-schema", "vendor.compose-spec", path]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    def test_it_fits_the_published_schema_and_a_misspelt_field_does_not(self):
        done = self.check(FILE)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        spoilt = FILE.read_text(encoding="utf-8").replace("cap_drop", "cap_dropped")
        path = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "compose.yaml"
        path.write_text(spoilt, encoding="utf-8")
        self.assertNotEqual(self.check(path).returncode, 0)

    def test_every_image_is_asked_for_and_none_is_assumed(self):
        example = (FOLDER / "images.env.example").read_text(encoding="utf-8")
        asked = set()
        for name, service in self.services.items():
            [variable] = re.findall(r"^\$\{([A-Z]+_IMAGE):\?", service["image"])
            asked.add(variable)
            self.assertIn(f"\n{variable}=\n", example, name)
        self.assertEqual(asked, set(re.findall(r"^([A-Z]+_IMAGE)=$", example, re.MULTILINE)))

    def test_no_container_is_root_or_can_write_to_its_image_or_gain_rights(self):
        for name, service in self.services.items():
            self.assertRegex(service["user"], r"^[1-9]\d*:[1-9]\d*$", name)
            self.assertTrue(service["read_only"], name)
            self.assertEqual(service["cap_drop"], ["ALL"], name)
            self.assertEqual(service["security_opt"], ["no-new-privileges:true"], name)

    def test_secrets_are_files_and_no_variable_holds_one(self):
        for name, service in self.services.items():
            for secret in service.get("secrets", []):
                self.assertTrue(self.file["secrets"][secret]["file"].startswith(OF_THE_SITE), secret)
            for variable, value in service.get("environment", {}).items():
                if re.search("PASSWORD|SECRET|KEY", variable):
                    self.assertRegex(value, r"^/run/secrets/", f"{name}: {variable}")
                self.assertNotRegex(value, r"://[^@/]*:[^@/]*@", f"{name}: {variable}")
        given = {secret for service in self.services.values() for secret in service.get("secrets", [])}
        self.assertEqual(given, set(self.file["secrets"]))

    def test_every_file_that_it_mounts_is_there(self):
        mounted = [volume for service in self.services.values() for volume in service.get("volumes", [])
                   if isinstance(volume, dict)]
        self.assertGreater(len(mounted), 5)
        for volume in mounted:
            if volume["source"].startswith(OBSERVE) and not (FOLDER / OBSERVE).exists():
                print(f"NOT CHECKED: {volume['source']}, which comes with dashboards and rules")
            elif not volume["source"].startswith(OF_THE_SITE):
                self.assertTrue((FOLDER / volume["source"]).exists(), volume["source"])

    def test_only_callers_and_this_machine_reach_a_port(self):
        published = {name: service["ports"] for name, service in self.services.items() if "ports" in service}
        self.assertEqual(published, {"doudi": ["50051:50051"], "grafana": ["127.0.0.1:3000:3000"]})
        self.assertTrue(self.file["networks"]["inside"]["internal"])

    def test_the_binary_knows_every_setting(self):
        for name in ("migrate", "doudi"):
            self.assertEqual(unknown(self.services[name]["environment"]), [], name)

    def test_the_scripts_and_settings_beside_it_can_be_read(self):
        subprocess.run(["sh", "-n", FOLDER / "passwords.sh"], check=True)
        for name in ("collector.yaml", "prometheus.yaml", "grafana/datasources.yaml", "grafana/dashboards.yaml"):
            self.assertIsInstance(yaml.safe_load((FOLDER / name).read_text(encoding="utf-8")), dict, name)


if __name__ == "__main__":
    unittest.main()
