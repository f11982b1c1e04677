"""The golden corpus: records that earlier releases wrote, sealed. They replay to the same bytes here too."""

import base64
import json
import pathlib
import unittest

from doudi_replay import canonical, frame, proofs
from doudi_replay.compare import Laws, replay
from doudi_replay.note import Checkpoint, Receipt
from doudi_replay.record import Entry, commitment
from doudi_replay.sealing import open_sealed

CORPORA = pathlib.Path(__file__).resolve().parents[3] / "tests" / "golden"
LEAST = 600


class Golden(unittest.TestCase):
    def opened(self, record, entry, name):
        document = next(document for document in record["documents"] if document["name"] == name)
        key, sealed = base64.b64decode(document["key"]), base64.b64decode(document["sealed"])
        salt, content = open_sealed(key, sealed)
        self.assertEqual(commitment(name, salt, content), entry.commitments[name])
        return content

    def included(self, record, data):
        receipt = Receipt(record["receipt"])
        head = Checkpoint(receipt.note.rpartition("\n\n")[0] + "\n")
        self.assertTrue(proofs.included(proofs.leaf_hash(data), receipt.index, head.size, receipt.proof, head.root))

    def test_every_record_of_every_corpus_replays_to_the_same_bytes(self):
        count = 0
        for folder in sorted(path for path in CORPORA.iterdir() if path.is_dir()):
            laws = Laws()
            for path in folder.glob("*.json"):
                laws.add_document(canonical.parse_canonical(path.read_bytes()))
            for line in (folder / "records.jsonl").read_text(encoding="utf-8").splitlines():
                record = json.loads(line)
                data = base64.b64decode(record["entry"])
                entry = Entry(data)
                self.assertEqual(laws.add_manifest(record["manifest"]), entry.law)
                self.included(record, data)
                facts, determination = self.opened(record, entry, "facts"), self.opened(record, entry, "determination")
                difference = replay(laws, entry.law, facts, determination)
                self.assertIsNone(difference, "%s: %s" % (record["name"], difference))
                framed = frame.difference(facts, determination, self.opened(record, entry, "frame"))
                self.assertIsNone(framed, "%s: its frame differs at %s" % (record["name"], framed))
                count += 1
        self.assertGreaterEqual(count, LEAST)


if __name__ == "__main__":
    unittest.main()
