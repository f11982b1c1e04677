"""Authorities and certificates, made by openssl as a data centre would."""

import pathlib
import subprocess

import grpc


DAYS = 2


def _openssl(*arguments, before=()):
    subprocess.run([*before, "openssl", *map(str, arguments)], check=True, capture_output=True, timeout=60)


class Authority:
    """An authority with its folder; every certificate it signs is a pair of files there."""

    def __init__(self, folder, name="callers"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.key, self.certificate = self.folder / "ca.key", self.folder / "ca.pem"
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", DAYS,
                 "-subj", f"/CN={name}", "-addext", "keyUsage=critical,keyCertSign",
                 "-keyout", self.key, "-out", self.certificate)

    def issue(self, name, alternative, usage, ends_in=None):
        """A new key and certificate for this name; an earlier one of the same name is replaced.

        `ends_in`: seconds until it runs out, by a clock that is almost as far behind as it would last.
        """
        key, request, certificate = (self.folder / f"{name}.{end}" for end in ("key", "csr", "pem"))
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={alternative}\nextendedKeyUsage={usage}\n")
        _openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                 "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        before = () if ends_in is None else ("faketime", "-f", f"-{DAYS * 86_400 - ends_in}")
        _openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial",
                 "-days", DAYS, "-extfile", extensions, "-out", certificate, before=before)
        return certificate, key

    def server(self, ends_in=None):
        return self.issue("server", "DNS:localhost,IP:127.0.0.1", "serverAuth", ends_in)

    def client(self, name, ends_in=None):
        return self.issue(name, f"URI:urn:doudi:{name}", "clientAuth", ends_in)

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
