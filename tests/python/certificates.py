"""Authorities and certificates, made by openssl as a data centre would."""

import pathlib
import subprocess

import grpc


def _openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=60)


class Authority:
    """An authority with its folder; every certificate it signs is a pair of files there."""

    def __init__(self, folder, name="callers"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.key, self.certificate = self.folder / "ca.key", self.folder / "ca.pem"
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                 "-subj", f"/CN={name}", "-addext", "keyUsage=critical,keyCertSign",
                 "-keyout", self.key, "-out", self.certificate)

    def issue(self, name, alternative, usage):
        """A new key and certificate for this name; an earlier one of the same name is replaced."""
        key, request, certificate = (self.folder / f"{name}.{end}" for end in ("key", "csr", "pem"))
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={alternative}\nextendedKeyUsage={usage}\n")
        _openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                 "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        _openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial",
                 "-days", "2", "-extfile", extensions, "-out", certificate)
        return certificate, key

    def server(self):
        return self.issue("server", "DNS:localhost,IP:127.0.0.1", "serverAuth")

    def client(self, name):
        return self.issue(name, f"URI:urn:doudi:{name}", "clientAuth")

    def credentials(self, shown=None, trusted=None):
        """What a client connects with: the authority that it trusts, and the pair that it shows, if any."""
        certificate, key = (path.read_bytes() for path in shown) if shown else (None, None)
        return grpc.ssl_channel_credentials((trusted or self.certificate).read_bytes(), key, certificate)


def table(rows):
    """The table of principals: name -> (roles, areas)."""
    def listed(texts):
        return "[" + ", ".join(f'"{text}"' for text in texts) + "]"
    return "\n".join(
        f'[[principal]]\nname = "{name}"\ncertificates = ["uri:urn:doudi:{name}"]\n'
        f"roles = {listed(roles)}\nareas = {listed(areas)}\n" for name, (roles, areas) in rows.items())
