"""Signed notes, checkpoints and receipts (src/log/FORMAT.md section 3)."""

import base64
import binascii
import hashlib
import re

from . import ed25519

RECEIPT_FORMAT = "c2sp.org/tlog-proof@v1"
ED25519 = b"\x01"
NOTE_SIZE_MAX_BYTES = 512 * 1024
LINES_MAX = 100
_NUMBER = re.compile(r"(0|[1-9][0-9]{0,19})\Z")
_ORIGIN = re.compile(r"[A-Za-z0-9.-]+/[1-9][0-9]{5}/[1-9][0-9]*\Z")


class Refused(ValueError):
    """Something that does not verify; `reason` is the word of FORMAT.md section 9."""

    def __init__(self, reason, text):
        super().__init__("%s: %s" % (reason, text))
        self.reason = reason


def exact_base64(text, size=None):
    """Bytes of standard base64 with padding, or ValueError."""
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text or size is not None and len(data) != size:
        raise ValueError("not base64 of the expected size")
    return data


class Key:
    """A verifier key, `name+hex+base64`; of another type than Ed25519 it verifies nothing."""

    def __init__(self, text):
        try:
            self.name, identifier, key = text.strip().split("+", 2)
            data = exact_base64(key)
        except ValueError:
            raise Refused("signature", "the key is not written name+hex+base64") from None
        self.identifier = hashlib.sha256(self.name.encode() + b"\n" + data).digest()[:4]
        if self.identifier.hex() != identifier or data[:1] != ED25519 or len(data) != 33:
            raise Refused("signature", "the key is no Ed25519 key, or its id is not that of its bytes")
        self.public = data[1:]


def verify_note(note, key):
    """The text of a note that the key signed."""
    if len(note.encode("utf-8")) > NOTE_SIZE_MAX_BYTES or any(ord(c) < 32 and c != "\n" for c in note):
        raise Refused("signature", "the note is too long or has control characters")
    text, blank, lines = note.rpartition("\n\n")
    if not blank or not lines.endswith("\n"):
        raise Refused("signature", "the note has no signatures")
    text += "\n"
    signatures = lines[:-1].split("\n")
    if len(signatures) > LINES_MAX:
        raise Refused("signature", "the note has too many signatures")
    signed = False
    for line in signatures:
        name, data = _signature(line)
        if (name, data[:4]) != (key.name, key.identifier):
            continue
        if not ed25519.verify(key.public, text.encode("utf-8"), data[4:]):
            raise Refused("signature", "the line of the log's key does not verify")
        signed = True
    if not signed:
        raise Refused("signature", "the log's key did not sign")
    return text


def _signature(line):
    try:
        dash, name, data = line.split(" ")
        data = exact_base64(data)
    except (ValueError, binascii.Error):
        raise Refused("signature", "a signature line is malformed") from None
    if dash != "\u2014" or not name or "+" in name or len(data) < 5:
        raise Refused("signature", "a signature line is malformed")
    return name, data


class Checkpoint:
    """A head of the log: origin, size, root."""

    def __init__(self, text):
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not _NUMBER.match(lines[1]) or not _ORIGIN.match(lines[0]):
            raise Refused("signature", "the checkpoint is not origin, size and root")
        self.origin, self.size = lines[0], int(lines[1])
        try:
            self.root = exact_base64(lines[2], 32)
        except ValueError:
            raise Refused("signature", "the root is not 32 bytes") from None


class Receipt:
    """A receipt, read and not yet verified: index, proof, note."""

    def __init__(self, text):
        head, blank, self.note = text.partition("\n\n")
        lines = head.split("\n")
        if not blank or lines[0] != RECEIPT_FORMAT:
            raise Refused("receipt", "not a receipt of the form " + RECEIPT_FORMAT)
        lines = lines[2:] if lines[1:2] and lines[1].startswith("extra ") else lines[1:]
        index = lines[0][len("index ") :] if lines and lines[0].startswith("index ") else ""
        if not _NUMBER.match(index):
            raise Refused("receipt", "no index")
        self.index = int(index)
        try:
            self.proof = [exact_base64(line, 32) for line in lines[1:]]
        except ValueError:
            raise Refused("receipt", "a sibling hash is not 32 bytes") from None
