"""Makes the vectors of ../FORMAT.md without any of Doudi's code. Needs the package `cryptography`.

The vectors are fixed: running this again must change nothing (`git diff --exit-code` says so).
"""

import base64
import hashlib
import hmac
import json
import pathlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

HERE = pathlib.Path(__file__).parent
AREA = "340321"
ORIGIN = "doudi.example/340321/1"
RECORD = bytes(range(0x10, 0x20))


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def canonical(value):
    """RFC 8785 for what the formats hold: ASCII keys, integers, strings, booleans."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def commitment(name, salt, document):
    name = name.encode()
    return sha(b"doudi/commit/v1\0", bytes([len(name)]), name, salt, document)


def aead(key, nonce, aad, plain):
    return nonce + AESGCM(key).encrypt(nonce, plain, aad)


def b64(data):
    return base64.b64encode(data).decode()


def write(name, value):
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    (HERE / f"{name}.json").write_text(text, encoding="utf-8")


def commitments():
    rows = []
    for name, salt, document in [
        ("facts", bytes(32), b""),
        ("facts", bytes(range(32)), b"{}"),
        ("determination", bytes([0xFF] * 32), '{"outcome":"给予"}'.encode()),
        ("a" * 32, bytes(range(32)), bytes(range(256))),
    ]:
        digest = commitment(name, salt, document)
        rows.append({"name": name, "salt": salt.hex(), "document": document.hex(), "commitment": digest.hex()})
    write("commitments", rows)


def entry(kind, documents, law=None):
    value = {
        "v": 1,
        "kind": kind,
        "origin": ORIGIN,
        "logged": 1795392000,
        "engine": "doudi/0.1.0",
        "documents": [{"name": name, "commitment": digest.hex()} for name, digest in documents],
    }
    if law:
        value |= {"law": law.hex(), "semantics": "doudi-rules/1"}
    return canonical(value)


def entries():
    law = sha(b"law")
    documents = [(name, sha(name.encode())) for name in ["identity", "facts", "determination", "frame"]]
    rows = [
        entry("EPOCH", [("epoch", sha(b"epoch"))]),
        entry("POLICY", [("policy", sha(b"policy")), ("source", sha(b"source"))]),
        entry("DETERMINATION", documents, law),
        entry("OF_A_LATER_VERSION", [], law),
    ]
    good = [{"entry": row.decode(), "leaf_hash": sha(b"\0", row).hex()} for row in rows]
    text = rows[0].decode()
    bad = [
        {"why": "a space", "entry": text.replace(",", ", ", 1)},
        {"why": "an additional member", "entry": text.replace('"v":1', '"v":1,"w":1')},
        {"why": "a member is absent", "entry": text.replace('"engine":"doudi/0.1.0",', "")},
        {"why": "law without semantics", "entry": rows[2].decode().replace(',"semantics":"doudi-rules/1"', "")},
        {"why": "a document twice", "entry": rows[1].decode().replace('"source"', '"policy"')},
        {"why": "a kind in lower case", "entry": text.replace("EPOCH", "epoch")},
        {"why": "another version", "entry": text.replace('"v":1', '"v":2')},
    ]
    write("entries", {"good": good, "bad": bad})


def sealing():
    key, nonce, salt = bytes([0x42] * 32), bytes(range(12)), bytes(range(0x20, 0x40))
    rows = []
    for name, document in [("facts", b'{"case":{}}'), ("identity", '{"姓名":"示例"}'.encode()), ("frame", b"")]:
        digest = commitment(name, salt, document)
        aad = b"doudi/seal/v1" + AREA.encode() + RECORD + name.encode() + digest
        rows.append(
            {
                "key": key.hex(),
                "nonce": nonce.hex(),
                "area": AREA,
                "record_id": RECORD.hex(),
                "name": name,
                "salt": salt.hex(),
                "document": document.hex(),
                "commitment": digest.hex(),
                "associated_data": aad.hex(),
                "sealed": aead(key, nonce, aad, salt + document).hex(),
            }
        )
    write("sealing", rows)


def wrapping():
    kek, data_key, nonce, key_ref = bytes([7] * 32), bytes(range(32)), bytes([9] * 12), bytes(range(0xA0, 0xB0))
    kek_id = "1a2b3c4d/1"
    aad = b"doudi/wrap/v1\0" + bytes([len(kek_id)]) + kek_id.encode() + key_ref
    write(
        "wrapping",
        [
            {
                "kek": kek.hex(),
                "kek_id": kek_id,
                "key_ref": key_ref.hex(),
                "data_key": data_key.hex(),
                "nonce": nonce.hex(),
                "associated_data": aad.hex(),
                "wrapped": aead(kek, nonce, aad, data_key).hex(),
            }
        ],
    )


def states():
    key, nonce, case_id, version = bytes([0x42] * 32), bytes([3] * 12), bytes(range(0xC0, 0xD0)), 258
    aad = b"doudi/state/v1" + AREA.encode() + case_id + version.to_bytes(8, "big")
    state = b'{"status":"on_benefit"}'
    write(
        "states",
        [
            {
                "key": key.hex(),
                "nonce": nonce.hex(),
                "area": AREA,
                "case_id": case_id.hex(),
                "version": version,
                "state": state.hex(),
                "associated_data": aad.hex(),
                "sealed": aead(key, nonce, aad, state).hex(),
            }
        ],
    )


def manifests():
    def published(text, index):
        return {"digest": sha(text.encode()).hex(), "published": {"origin": ORIGIN, "index": index}}

    manifest = canonical(
        {
            "area": AREA,
            "semantics": "doudi-rules/1",
            "documents": [published(text, at) for at, text in enumerate(["nation", "province", "city", "county"], 3)],
            "calendar": published("calendar", 1),
            "vocabulary": published("vocabulary", 2),
        }
    )
    write("manifests", [{"manifest": manifest.decode(), "digest": sha(manifest).hex()}])


SEED = bytes([0x5A] * 32)


def key_id(name, kind, public):
    return sha(name.encode(), b"\n", bytes([kind]), public)[:4]


def signing_key():
    private = Ed25519PrivateKey.from_private_bytes(SEED)
    return private, private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def vkey():
    public = signing_key()[1]
    return f"{ORIGIN}+{key_id(ORIGIN, 1, public).hex()}+{b64(bytes([1]) + public)}"


def keys():
    secret = bytes([0x77] * 32)

    def service_id(purpose, value):
        return sha(b"doudi/key-id/v1\0", purpose.encode(), b"\0", value)[:4].hex()

    def mac(domain, message):
        return hmac.new(secret, domain + b"\0" + message, hashlib.sha256).digest()

    number = "11010119900307001X"
    write(
        "keys",
        {
            "signing_seed": SEED.hex(),
            "origin": ORIGIN,
            "vkey": vkey(),
            "secret": secret.hex(),
            "ids": {
                purpose: service_id(purpose, secret)
                for purpose in ["log-signing", "key-encryption", "person-map", "idempotency", "page-token"]
            },
            "id_number": number,
            "person_hmac": mac(b"doudi/person/v1", number.encode()).hex(),
            "command": "{}",
            "request_digest": ((1).to_bytes(4, "big") + mac(b"doudi/request/v1", b"{}")).hex(),
        },
    )


def acknowledgement():
    salt = bytes(range(0x20, 0x40))
    contents = {
        "facts": b'{"case":{}}',
        "determination": b'{"outcome":"GRANT"}',
        "frame": b'{"amount_fen":65000}',
    }
    committed = [("identity", sha(b"not opened"))] + [(n, commitment(n, salt, c)) for n, c in contents.items()]
    leaf_bytes = entry("DETERMINATION", committed, sha(b"law"))
    leaves = [sha(b"\0", bytes([n])) for n in range(3)] + [sha(b"\0", leaf_bytes)] + [sha(b"\0", b"\x04")]

    def node(left, right):
        return sha(b"\1", left, right)

    left = node(leaves[0], leaves[1])
    root = node(node(left, node(leaves[2], leaves[3])), leaves[4])
    proof = [leaves[2], left, leaves[4]]
    text = f"{ORIGIN}\n5\n{b64(root)}\n"
    private, public = signing_key()
    signature = key_id(ORIGIN, 1, public) + private.sign(text.encode())
    note = f"{text}\n\u2014 {ORIGIN} {b64(signature)}\n"
    receipt = "\n".join(["c2sp.org/tlog-proof@v1", "index 3", *map(b64, proof)]) + "\n\n" + note
    good = {
        "origin": ORIGIN,
        "index": "3",
        "entry": b64(leaf_bytes),
        "documents": [{"name": n, "salt": b64(salt), "content": b64(c)} for n, c in contents.items()],
        "receipt": receipt,
        "createTime": "2026-11-23T00:00:00Z",
    }
    bad = []

    def spoil(why, reason, **members):
        bad.append({"why": why, "reason": reason, "acknowledgement": good | members})

    changed = [dict(document) for document in good["documents"]]
    changed[1]["content"] = b64(b'{"outcome":"DENY"}')
    spoil("another determination", "document", documents=changed)
    spoil("another position", "disagrees", index="2")
    spoil("another log", "disagrees", origin="doudi.example/340323/1")
    spoil("an entry that is not in the log", "not_included", entry=b64(leaf_bytes.replace(b"1795392000", b"1795392001")))
    spoil("a larger log than was signed", "signature", receipt=receipt.replace("\n5\n", "\n6\n"))
    spoil("no proof", "not_included", receipt=receipt.replace(b64(proof[0]) + "\n", ""))
    spoil("another kind of file", "receipt", receipt=receipt.replace("@v1", "@v2"))
    write("acknowledgements", {"vkey": vkey(), "good": good, "bad": bad})


for make in [commitments, entries, sealing, wrapping, states, manifests, keys, acknowledgement]:
    make()
