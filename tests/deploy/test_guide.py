"""An operator follows deploy/operate/GUIDE.md from an empty folder to an upgrade: every command is the guide's own."""

import json
import re
import socket
import ssl
import subprocess
import time
import unittest

from guide import EXIT_CODES, FOLDER, GUIDES, TYPISTS, Desk, blocks, pack

# Kept over every step: its answer has to stay the first one.
REQUEST = "6f1cbb6a-5d0e-4d0e-9a55-0d6f2f0c7a11"

RELOAD_SECONDS_MAX = 30


class Guide(unittest.TestCase):
    """One machine, one operator, one walk in the order of the guide."""

    @classmethod
    def setUpClass(cls):
        cls.desk = Desk()
        cls.addClassCleanup(cls.desk.remove)
        pack(cls.desk.values["RELEASE"])
        pack(cls.desk.values["NEW"])

    def test_both_languages_show_the_same_commands(self):
        english, chinese = (blocks(name) for name in GUIDES)
        self.assertEqual(english, chinese)
        self.assertLessEqual({who for who, _ in english}, TYPISTS)
        for name in GUIDES:
            text = (FOLDER / name).read_text(encoding="utf-8")
            self.assertEqual(text.count("```sh"), len(english), "every block says who types it")

    def test_every_link_leads_to_a_file(self):
        for name in GUIDES:
            for target in re.findall(r"\]\(([^)#]+)\)", (FOLDER / name).read_text(encoding="utf-8")):
                self.assertTrue((FOLDER / target).exists(), f"{name} links to {target}")

    def test_the_names_that_the_commands_use_are_given_in_the_guide(self):
        [(_, names), *typed] = blocks(GUIDES[0])
        given = set(re.findall(r"^([A-Z_]+)=", names, re.MULTILINE))
        # Beside those, a block may use what it sets itself.
        for who, body in typed:
            own = set(re.findall(r"\b([A-Z_]+)=", body))
            self.assertLessEqual(set(re.findall(r"\$\{?([A-Z_]+)", body)) - own, given, body)
        everything = names + "".join(body for _, body in typed)
        self.assertEqual([name for name in given if f"${name}" not in everything], [], "a name that nothing uses")

    def test_what_is_not_run_here_is_marked_so(self):
        for name, mark in zip(GUIDES, ("Not runnable on a bare machine", "裸机上无法运行")):
            text = (FOLDER / name).read_text(encoding="utf-8").replace("bare\nmachine", "bare machine")
            for before in re.split(r"```sh machine\n", text)[:-1]:
                self.assertIn(mark, before.rsplit("```", 1)[-1])

    def test_from_an_empty_folder_to_an_upgrade(self):
        self.walk = iter(blocks(GUIDES[0]))
        self.serve_line = next(body for who, body in blocks(GUIDES[0]) if who == "serve")
        next(self.walk)
        self.install()
        self.first_calls()
        self.back_up_and_restore()
        self.change_keys()
        self.upgrade()
        self.assertIsNone(next(self.walk, None), "a block of the guide was not typed")

    def step(self, who, *words):
        """Types the next block, which has to be this person's and to hold these words."""
        typist, commands = next(self.walk)
        self.assertEqual(typist, who, commands)
        for word in words:
            self.assertIn(word, commands)
        if who == "machine":
            return self.machine(commands)
        if who == "serve":
            return self.desk.serve(commands)
        return self.desk.type(who, commands, expected=EXIT_CODES.get(who, 0))

    def machine(self, commands):
        """Stands in for systemd: what the unit would run is run by hand."""
        if "systemctl stop" in commands or "systemctl restart" in commands:
            self.assertEqual(self.desk.stop(), 0)
        if "systemctl start" in commands or "systemctl restart" in commands:
            self.desk.serve(self.serve_line)

    def call(self, file, request=None, expected=0):
        """A decision by the guide's own client, with this request id."""
        line = f'python3 first_call.py "$HOST:$PORT" "$AREA" {file} {request or ""}'
        return self.desk.type("caller", line, expected=expected)

    def answer(self, file):
        return json.loads((self.desk.caller / file).read_text(encoding="utf-8"))

    def verify(self, file, epoch):
        """The receipt stands under the key that signed its epoch: the third was begun with a new one."""
        keys = self.desk.type("operator", f'doudi keys public "$SITE/doudi.keys" --origin "$DOMAIN/$AREA/{epoch}"')
        key = keys.split()[0 if epoch == 3 else -1]
        return self.desk.type("caller", f"doudi verify-receipt {file} --key '{key}'")

    def install(self):
        self.assertIn("doudi 0.1.0 (", self.step("operator", "sha256sum"))
        self.step("operator", "ln -sfn")
        self.step("postgres", "initdb", "roles.sql")
        self.step("operator", "openssl rand")
        self.step("operator", "authority.key")
        self.step("operator", "principals.toml")
        self.step("operator", "keys create")
        said = self.step("operator", "config check")
        self.assertIn("principals may call with a certificate", said)
        self.assertIn("doudi_service:***@", said)
        self.assertIn("schema version 0 ->", self.step("operator", "doudi migrate"))
        self.step("serve", "doudi serve")
        self.step("machine", "systemctl enable")
        self.assertIn("doudi_build_info", self.step("operator", "readyz", "metrics"))

    def first_calls(self):
        self.step("operator", "policy publish")
        site, caller = self.desk.values["SITE"], self.desk.caller
        caller.mkdir()
        subprocess.run(["cp", "-R", self.desk.values["RELEASE"] / "proto", caller], check=True)
        for name in ("authority.pem", "huaiyuan-civil-affairs.pem", "huaiyuan-civil-affairs.key"):
            subprocess.run(["cp", site / "tls" / name, caller], check=True)
        self.step("caller", "grpc_tools.protoc")
        self.assertIn("areas/340321/cases/", self.step("caller", "first_call.py"))
        (caller / "log.vkey").write_text(self.step("operator", "keys public"))
        self.step("caller", "verify-receipt")
        self.assertIn("the caller may not do this", self.step("denied", "huaiyuan-civil-affairs.key"))
        for name in ("data-centre.pem", "data-centre.key"):
            subprocess.run(["cp", site / "tls" / name, caller], check=True)
        subprocess.run(["cp", "-R", "--parents", "deploy/audit", caller], cwd=self.desk.values["RELEASE"], check=True)
        self.assertIn("receipt", self.step("caller", "CommitSample"))
        self.call("kept.json", REQUEST)

    def back_up_and_restore(self):
        self.step("operator", "pg_dump")
        self.step("postgres", "pg_basebackup")
        self.call("lost.json")
        drilled = self.step("operator", "doudi_drill", "doudi fsck")
        self.assertIn("340321", drilled)
        self.step("machine", "stop")
        self.step("postgres", "pg_ctl")
        self.assertIn("rolled back", self.step("refused", "log status"))
        self.step("machine", "start")
        self.assertIn("the log was rolled back and is read-only", self.call("refused.json", expected=1))
        self.call("again.json", REQUEST)
        self.assertEqual(self.answer("again.json"), self.answer("kept.json"), "what stands is answered, byte for byte")
        self.assertIn("340321/2", self.step("operator", "confirm-fork"))
        checked = self.step("found", "doudi fsck")
        self.assertEqual(checked.count("WRONG"), 1, "the lost entries, and nothing else")
        self.call("second.json")
        self.verify("second.json", 2)

    def change_keys(self):
        self.assertEqual(self.step("operator", "keys rotate").count("standby"), 14, "one more each time, then all of them")
        self.step("machine", "restart")
        self.assertIn("older version", self.step("operator", "keys activate"))
        self.step("machine", "restart")
        self.assertIn("wrapped anew", self.step("operator", "rewrap"))
        self.call("again.json", REQUEST)
        self.assertEqual(self.answer("again.json"), self.answer("kept.json"), "a retry finds its first answer")
        self.call("third.json")
        self.step("machine", "stop")
        self.assertIn("340321/3", self.step("operator", "replace-signing"))
        self.step("machine", "start")
        keys = self.step("operator", "for epoch")
        self.assertGreater(len(set(keys.split())), 2)
        self.call("fourth.json")
        for file, epoch in (("kept.json", 1), ("third.json", 2), ("fourth.json", 3)):
            self.verify(file, epoch)
        before = self.served_certificate()
        self.step("operator", "server.csr")
        self.wait_for_another_certificate_than(before)
        self.step("operator", "service.password")
        self.step("machine", "restart")
        self.call("fifth.json")

    def served_certificate(self):
        values = self.desk.values
        context = ssl.create_default_context(cafile=values["SITE"] / "tls" / "authority.pem")
        context.load_cert_chain(self.desk.caller / "huaiyuan-civil-affairs.pem",
                                self.desk.caller / "huaiyuan-civil-affairs.key")
        with socket.create_connection(("localhost", int(values["PORT"])), timeout=10) as plain:
            with context.wrap_socket(plain, server_hostname="localhost") as secured:
                return secured.getpeercert()["serialNumber"]

    def wait_for_another_certificate_than(self, serial):
        deadline = time.monotonic() + RELOAD_SECONDS_MAX
        while self.served_certificate() == serial:
            self.assertLess(time.monotonic(), deadline, "the renewed certificate was not read")
            time.sleep(0.2)

    def upgrade(self):
        self.assertIn("principals may call", self.step("operator", '"$NEW"'))
        self.assertIn("nothing to do", self.step("operator", "migrate"))
        current = self.desk.values["PREFIX"] / "lib" / "doudi" / "current"
        self.assertEqual(current.resolve().name, "doudi-0.1.1")
        self.step("machine", "restart")
        self.assertIn("holds", self.step("operator", "doudi replay"))
        self.call("sixth.json")
        self.step("operator", "ln -sfn")
        self.assertEqual(current.resolve().name, "doudi-0.1.0")
        self.step("machine", "restart")
        self.call("again.json", REQUEST)
        self.assertEqual(self.answer("again.json"), self.answer("kept.json"))
        self.verify("sixth.json", 3)
        self.assertEqual(self.desk.stop(), 0)


if __name__ == "__main__":
    unittest.main()
