"""Reads a bundle: verifies its log and documents, replays its decisions, draws its samples again (FORMAT.md section 20)."""

import base64
import struct

from . import canonical, findings, frame, proofs
from .compare import Difference, Laws
from .drawing import NotDrawn, cross_checks, draw, is_within, may_be_drawn
from .erasures import Erasures
from .manifest import HASH, MANIFEST_PATH, WIDTH, paths_of, place_of, read_manifest, size_max, tile_path
from .note import Checkpoint, Key, Refused, Receipt, verify_note
from .published import LAW_LAG_SECONDS_MAX, Published
from .record import Entry, commitment
from .rounds import Round
from .stream import LOG, REFUSED, REPLAYED, DIFFERENT, VERIFIED, Result, decided
from .tar import TarError, files
from .tree import Tree

KINDS_NAMED_MAX = 16
OLDER_LAW_NAMED_MAX = 20
DOCUMENT_SIZE_MAX_BYTES = 4 * 1024 * 1024
HEAD = struct.Struct(">BBI32s")
DECISIONS = ("DETERMINATION", "CORRECTION")
SAMPLES = {
    "SAMPLE_COMMIT": "sample_commit",
    "SAMPLE_REQUEST": "sample_request",
    "SAMPLE_REVEAL": "sample_reveal",
    "SAMPLE_RESULT": "sample_result",
}
PUBLIC = dict(SAMPLES, POLICY="policy", EPOCH="epoch", OPENING="opening", ACCESS="access", ERASURE="erasure",
              KEY_EVENT="key_event")
SEALED = {
    "DETERMINATION": {"identity", "facts", "determination", "frame"},
    "CORRECTION": {"identity", "facts", "determination", "frame"},
    "SAMPLE_RESULT": {"selection"},
    "FINDING": {"finding"},
    "IMPORT": set(), "REMEDY": set(), "TRANSFER": set(), "LINK": set(),
}
"""The sealed documents that a bundle may open, by kind: of no other kind that this version knows any."""
KINDS = set(PUBLIC) | set(SEALED)
"""Kinds whose documents this version knows."""


def is_bundle(path):
    """Whether a file begins like one."""
    with open(path, "rb") as file:
        return file.read(14) == b"manifest.json\0"


def _is_law(document):
    """Whether a document is one of law, as far as the log has to know."""
    return type(document) is dict and all(type(document.get(name)) is str for name in ("area", "policy"))


def _proof(path, data, checkpoint):
    """The hashes of a receipt of the entry that its path names, under the bundle's checkpoint; None for any other."""
    try:
        receipt = Receipt(data.decode("utf-8"))
    except (Refused, ValueError, IndexError):
        return None
    good = receipt.index == int(path.split("/")[1]) and receipt.note.encode("utf-8") == checkpoint
    return receipt.proof if good else None


def _may_be_opened(kind):
    """The documents that a bundle may open of entries of a kind that this version knows."""
    public = {PUBLIC[kind]} if kind in PUBLIC else set()
    return public | SEALED.get(kind, set()) | ({"source"} if kind == "POLICY" else set())


def _selection(data):
    """A document `selection`; None for what is none."""
    try:
        selection = canonical.parse_canonical(data)
        indices = list(selection["unopened"])
        for stratum in selection["strata"]:
            if set(stratum) - {"size_fen"} != {"key", "population", "units", "reserve"} or type(stratum["key"]) is not str:
                return None
            indices += stratum["units"] + stratum["reserve"] + [stratum["population"], stratum.get("size_fen", 0)]
        good = set(selection) == {"v", "strata", "unopened", "cross_checks"} and canonical.same(selection["v"], 1)
        return selection if good and all(type(index) is int and index >= 0 for index in indices) else None
    except (ValueError, KeyError, TypeError):
        return None


class Bundle:
    """A bundle as it is read; `results` gives one Result for each thing checked."""

    def __init__(self, path, key, previous=None, samples=()):
        self._path, self._key, self._previous, self._asked = path, key, previous, samples
        self._laws = Laws()
        self._published = Published(self._laws)
        self._tree = Tree()
        self._frames, self._samples, self._selections = {}, [], {}
        self._opened, self._openings, self._logged = set(), {}, 0
        self._readable = set()
        self.unknown, self.by_older_law = {}, []
        self._erasures, self._findings, self._unopened_findings = Erasures(), [], []

    def results(self):
        """Reads it once; stops where nothing more can be read."""
        with open(self._path, "rb") as file:
            try:
                yield from self._read(files(file, size_max))
            except (TarError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError,
                    OverflowError, struct.error) as wrong:
                yield self._log("bundle", "cannot be read further: %s" % wrong)

    def not_checked(self):
        """What a reader must not believe to be checked, once the bundle was read; the rest is that of every bundle."""
        if self.unknown:
            names = ", ".join(sorted(self.unknown)[:KINDS_NAMED_MAX])
            yield "%d entries are of kinds that this version does not know: %s" % (sum(self.unknown.values()), names)
        if self.by_older_law:
            more = " and more" if len(self.by_older_law) > OLDER_LAW_NAMED_MAX else ""
            named = ", ".join(map(str, self.by_older_law[:OLDER_LAW_NAMED_MAX]))
            yield ("%d decisions follow from a law of which a document had been replaced or added more than %d minutes before "
                   "they were logged: entries %s%s" % (len(self.by_older_law), LAW_LAG_SECONDS_MAX // 60, named, more))

    def _log(self, place, text):
        return Result(place, REFUSED, Difference(LOG, place, "verified", text))

    def _read(self, tar):
        path, data = next(tar, (None, b""))
        if path != MANIFEST_PATH:
            raise ValueError("it does not begin with a manifest")
        self.manifest = manifest = read_manifest(data)
        head = manifest["checkpoint"]
        self.origin, size = head["origin"], head["size"]
        listed = [(item["path"], item["size"]) for item in manifest["files"]]
        yield from self._file_set([path for path, _ in listed], size)
        kept = self._kept()
        small, receipts, entries, found = {}, {}, [], []
        for path, data in tar:
            found.append((path, len(data)))
            if path.startswith("tile/entries/"):
                # A tile of which nothing is opened has no file of documents.
                yield from self._documents(entries, b"")
                entries = yield from self._entries(path, data)
            elif path.startswith("documents/"):
                yield from self._documents(entries, data)
                entries = []
            elif path.startswith("tile/"):
                yield from self._tile(path, data)
            elif path.startswith("receipts/"):
                receipts[path] = _proof(path, data, small.get("checkpoint"))
            else:
                small[path] = data
        yield from self._documents(entries, b"")
        if found != listed:
            yield self._log("files", "the files are not those that the manifest lists, or have other sizes")
        yield from self._head(small, kept)
        yield from self._receipts(receipts)
        for index, finding in self._findings:
            yield from self._finding(index, finding)
        for period in manifest["samples"]:
            yield self._sample(period)
        for period in sorted(set(self._asked) - set(manifest["samples"])):
            yield self._log("sample %s" % period, "is asked for, and the bundle does not answer for it")
        yield from self._openings_and_opened(receipts)

    def _file_set(self, listed, size):
        must = ["checkpoint"]
        if "previous" in self.manifest:
            must += ["previous/checkpoint", "previous/consistency"]
        must += [path for path, needed in paths_of(size) if needed]
        may = {path for path, needed in paths_of(size) if not needed} | {"trust-policy"}
        may |= {path for path in listed if path.startswith("receipts/") and place_of(path)[0][1] < size}
        for path in sorted(set(must) - set(listed)):
            yield self._log(path, "is missing")
        for path in sorted(set(listed) - set(must) - may):
            yield self._log(path, "no tree of this size has it")

    def _kept(self):
        if self._previous is None:
            return None
        with open(self._previous, encoding="utf-8") as file:
            return Checkpoint(file.read().rpartition("\n\n")[0] + "\n")

    def _entries(self, path, data):
        entries, at, first = [], 0, self._tree.size
        while at < len(data):
            length = int.from_bytes(data[at : at + 2], "big")
            entry = data[at + 2 : at + 2 + length]
            if len(entry) != length or at + 2 > len(data):
                yield self._log(path, "ends inside an entry")
                break
            entries.append(entry)
            at += 2 + length
        read = []
        for entry in entries:
            index = self._tree.size
            self._tree.append(proofs.leaf_hash(entry))
            try:
                parsed = Entry(entry)
                if parsed.origin != self.origin or parsed.logged < self._logged:
                    raise Refused("entry", "it is of another log, or logged earlier than the one before")
                self._logged = parsed.logged
            except Refused as refused:
                parsed = None
                yield self._log("entry %d" % index, str(refused))
            if parsed is not None and (index == 0) != (parsed.kind == "EPOCH"):
                yield self._log("entry %d" % index, "the first entry of a log is its EPOCH entry, and no other is")
            read.append((index, parsed))
            if parsed is not None and parsed.kind not in KINDS:
                self.unknown[parsed.kind] = self.unknown.get(parsed.kind, 0) + 1
            if parsed is not None and parsed.kind in DECISIONS:
                self._frames[index] = None
        expected = tile_path("entries", first // WIDTH, len(entries))
        if path != expected or first % WIDTH:
            yield self._log(path, "holds %d entries from %d on: %s belongs here" % (len(entries), first, expected))
        return read

    def _tile(self, path, data):
        level = int(path.split("/")[1])
        number = int("".join(part.lstrip("x") for part in path.split(".p/")[0].split("/")[2:]))
        hashes = self._tree.levels[level] if level < len(self._tree.levels) else []
        if b"".join(hashes[number * WIDTH : (number + 1) * WIDTH]) != data:
            yield self._log(path, "holds other hashes than those of the entries")

    def _documents(self, entries, data):
        opened, at, before = {}, 0, (-1, -1)
        while at < len(data):
            entry, number, length, salt = HEAD.unpack_from(data, at)
            content = data[at + HEAD.size : at + HEAD.size + length]
            if len(content) != length or length > DOCUMENT_SIZE_MAX_BYTES or (entry, number) <= before:
                raise ValueError("documents out of order, or cut off")
            before, at = (entry, number), at + HEAD.size + length
            index, parsed = entries[entry]
            if parsed is None:
                continue
            name = list(parsed.commitments)[number]
            if commitment(name, salt, content) != parsed.commitments[name]:
                yield self._log("entry %d" % index, "document %s is not the one committed to" % name)
            else:
                opened.setdefault(index, {})[name] = content
            if name == "identity" and not self.manifest["identity"]:
                yield self._log("entry %d" % index, "an identity is opened and the manifest says none is")
            elif parsed.kind in KINDS and name not in _may_be_opened(parsed.kind):
                yield self._log("entry %d" % index, "document %s is sealed, and no bundle opens it" % name)
        for index, parsed in entries:
            if parsed is not None:
                yield from self._opened_entry(index, parsed, opened.get(index, {}))

    def _opened_entry(self, index, entry, held):
        name = PUBLIC.get(entry.kind)
        if name is not None and name not in held:
            yield self._log("entry %d" % index, "the public document %s is missing" % name)
            return
        if entry.kind == "POLICY" and "source" in entry.commitments and "source" not in held:
            yield self._log("entry %d" % index, "the public document source is missing")
        document = None
        if name is not None:
            try:
                document = canonical.parse_canonical(held[name])
            except ValueError:
                pass
        if entry.kind == "POLICY":
            if not _is_law(document):
                yield self._log("entry %d" % index, "its policy is no document of law")
            else:
                self._published.add(self.origin, index, document, entry.logged)
        elif entry.kind == "EPOCH":
            if not self._opens_log(document):
                yield self._log("entry %d" % index, "opens another log, or names no keys of this one")
        elif entry.kind in SAMPLES:
            self._samples.append((index, entry.logged, entry.kind, document))
            if "selection" in held:
                self._selections[index] = _selection(held["selection"])
        elif entry.kind == "ERASURE":
            if not self._erasures.add(index, document):
                yield self._log("entry %d" % index, "its erasure is no act on a case or its identity")
        elif entry.kind == "OPENING":
            is_opening = type(document) is dict and type(document.get("identity")) is bool
            if is_opening and type(document.get("count")) is int and document["count"] >= 0:
                self._openings[index] = document
        elif entry.kind == "FINDING":
            if "finding" not in entry.commitments:
                yield self._log("finding %d" % index, "the entry commits to none")
                return
            if "finding" not in held:
                self._unopened_findings.append(index)
                return
            self._readable.add(index)
            try:
                self._findings.append((index, findings.read_finding(held["finding"], index, self.origin)))
            except findings.NoFinding as wrong:
                yield self._log("finding %d" % index, str(wrong))
        elif entry.kind in DECISIONS:
            yield from self._decision(index, entry, held)

    def _decision(self, index, entry, held):
        opened = [name in held for name in ("facts", "determination", "frame")]
        if any(opened):
            self._readable.add(index)
        if opened[2]:
            try:
                found = canonical.parse_canonical(held["frame"])
            except ValueError:
                found = None
            if frame.is_frame(found):
                self._frames[index] = found
            else:
                yield self._log("entry %d" % index, "its frame is none")
        if opened[0] != opened[1] or opened[0] and not opened[2]:
            yield self._log("entry %d" % index, "facts, determination and frame are opened together or not at all")
        elif opened[0]:
            self._opened.add(index)
            difference = decided(self._published, self._laws, entry, index, held["facts"], held["determination"])
            if self._is_by_older_law(index, entry, held["facts"]):
                self.by_older_law.append(index)
            status = REPLAYED if difference is None else DIFFERENT
            yield Result("%s entry %d" % (self.origin, index), status, difference)
            # Where another decision follows, which frame would follow is nothing more to say.
            follows = difference is None
            member = frame.difference(held["facts"], held["determination"], held["frame"]) if follows else None
            if member is not None:
                yield self._log("entry %d" % index, "its frame is not the one that facts and determination make: %s" % member)

    def _is_by_older_law(self, index, entry, facts):
        """Whether a decision follows from a law that had been replaced long before it was logged."""
        try:
            size = canonical.parse_canonical(facts)["known_at"]["size"]
            return self._published.was_replaced(self.origin, size, index, entry.logged)
        except (ValueError, KeyError, TypeError):
            return False

    def _opens_log(self, document):
        """Whether the document of an EPOCH entry opens this log, with keys of this log alone."""
        if type(document) is not dict or document.get("origin") != self.origin or type(document.get("keys")) is not list:
            return False
        try:
            return bool(document["keys"]) and all(Key(key).name == self.origin for key in document["keys"])
        except (Refused, ValueError, AttributeError):
            return False

    def _finding(self, index, finding):
        """Holds a finding to the entry that it is on."""
        of = finding["of"]
        if of["origin"] != self.origin or of["index"] >= self._tree.size:
            return
        leaf = self._tree.levels[0][of["index"]]
        wrong = findings.beside(finding, leaf, of["index"] in self._frames, self._frames.get(of["index"]))
        if wrong is not None:
            yield self._log("finding %d" % index, wrong)

    def _head(self, small, kept):
        head = self.manifest["checkpoint"]
        size = head["size"]
        note = small.get("checkpoint", b"").decode("utf-8")
        try:
            text = verify_note(note, self._key) if self._key else note.rpartition("\n\n")[0] + "\n"
            checkpoint = Checkpoint(text)
            claimed = (checkpoint.origin, checkpoint.size, checkpoint.root.hex())
            if self._key and self._key.name != checkpoint.origin:
                raise Refused("signature", "the key is that of another log")
            if claimed != (self.origin, size, head["root"]):
                raise Refused("signature", "the manifest repeats another checkpoint")
        except Refused as refused:
            yield self._log("checkpoint", str(refused))
            return
        if self._tree.size != size or self._tree.root() != checkpoint.root:
            yield self._log("checkpoint", "the entries do not make the root that was signed")
            return
        yield Result("checkpoint of %d entries" % size, VERIFIED)
        if kept is not None:
            continues = kept.origin == self.origin and self._tree.root_at(kept.size) == kept.root
            if continues:
                yield Result("previous checkpoint of %d entries" % kept.size, VERIFIED)
            else:
                yield self._log("previous", "the log does not continue the checkpoint that was kept")
        if "previous" in self.manifest:
            yield from self._consistency(small, checkpoint)

    def _consistency(self, small, checkpoint):
        previous = self.manifest["previous"]
        root = bytes.fromhex(previous["root"])
        try:
            note = small["previous/checkpoint"].decode("utf-8")
            older = Checkpoint(verify_note(note, self._key) if self._key else note.rpartition("\n\n")[0] + "\n")
            lines = small["previous/consistency"].decode("ascii").split("\n")
            proof = [base64.b64decode(line, validate=True) for line in lines[:-1]]
            same = (older.origin, older.size, older.root) == (self.origin, previous["size"], root)
            good = same and lines[-1] == "" and all(len(item) == HASH for item in proof)
        except (Refused, KeyError, ValueError):
            good = False
        if not good or not proofs.consistent(older.size, checkpoint.size, root, checkpoint.root, proof):
            yield self._log("previous/consistency", "does not prove that the log continues the older head")

    def _receipts(self, receipts):
        size, root = self.manifest["checkpoint"]["size"], bytes.fromhex(self.manifest["checkpoint"]["root"])
        for path in sorted(receipts):
            index, proof = int(path.split("/")[1]), receipts[path]
            held = proof is not None and index < self._tree.size
            good = held and proofs.included(self._tree.levels[0][index], index, size, proof, root)
            yield Result(path, VERIFIED) if good else self._log(path, "is not a receipt of its entry under the checkpoint")

    def _sample(self, period):
        place = "sample %s" % period
        judged = Round(period)
        for index, logged, kind, document in self._samples:
            judged.take(index, logged, kind, document)
        request, seed = judged.request, judged.seed()
        if request is None or seed is None or judged.result is None:
            return self._log(place, "the round gives no sample: %s" % judged.stage())
        root = self._tree.root_at(request["checkpoint"]["size"])
        if root is None or root.hex() != request["checkpoint"]["root"]:
            return self._log(place, "the request names a root that the log never had")
        recorded, result = self._selections.get(judged.result_index), judged.result
        if recorded is None:
            return self._log(place, "its selection is not in the bundle, or none")
        if not is_within(request, recorded["strata"]):
            return self._log(place, "its selection has a stratum of more units than its range, or more strata than a draw")
        in_range = {index: held for index, held in self._frames.items() if request["from"] <= index < request["to"]}
        unopened = {index for index, held in in_range.items() if held is None}
        before = set(recorded["unopened"])
        withheld = [
            index for index in sorted(unopened)
            if not self._erasures.may_erase(index, judged.result_index + 1 if index in before else None)
        ]
        if withheld:
            return self._log(place, "%d frames are withheld, of entry %d first: no ERASURE entry can account for them"
                             % (len(withheld), withheld[0]))
        # What could not be opened then cannot be opened now.
        follows = (
            before <= unopened
            and recorded["unopened"] == sorted(before)
            and recorded["cross_checks"] == cross_checks(seed, request["townships"])
            and result["unopened"] == len(before)
            and result["drawn"] == sum(len(of["units"]) for of in recorded["strata"])
            and result["population"] == sum(of["population"] for of in recorded["strata"])
        )
        try:
            drawn = draw(request, seed, in_range)["strata"]
        except (NotDrawn, KeyError, TypeError) as wrong:
            drawn, problem = None, "cannot be drawn: %s" % wrong
        else:
            problem = "the log records another sample than the seed draws"
        if follows and drawn == recorded["strata"]:
            return Result(place, VERIFIED)
        lost = unopened - before
        try:
            if follows and may_be_drawn(request, seed, in_range, lost, recorded["strata"]):
                return Result("%s, of which %d frames were erased since" % (place, len(lost)), VERIFIED)
        except (NotDrawn, KeyError, TypeError):
            pass
        return self._log(place, problem)

    def _openings_and_opened(self, receipts):
        manifest = self.manifest
        excused = {item["index"] for item in manifest["unopened"]}
        for item in manifest["unopened"]:
            index = item["index"]
            may = self._erasures.may_erase if item["why"] == "erased" else self._erasures.may_restrict
            if item["why"] == "erased" and index in self._readable:
                yield self._log("entry %d" % index, "is said to be erased, and a document of it is opened")
            if not may(index):
                yield self._log("entry %d" % index, "is said to be %s, and no ERASURE entry can account for it" % item["why"])
        for index in self._unopened_findings:
            if not self._erasures.may_erase(index) and not self._erasures.may_restrict(index):
                yield self._log("finding %d" % index, "is not opened, and no ERASURE entry can account for it")
        drawn = self._drawn()
        asked = {"all": set(self._frames), "sample": drawn, "none": set()}[manifest["opened"]]
        for index in sorted(asked - self._opened - excused):
            yield self._log("entry %d" % index, "the manifest says that it is opened, and it is not")
        for index in sorted(self._opened - asked):
            yield self._log("entry %d" % index, "is opened, and the manifest does not say so")
        for index in sorted(drawn & self._opened):
            if "receipts/%d" % index not in receipts:
                yield self._log("receipts/%d" % index, "is not there, and its unit is opened")
        listed = [self._openings.get(index) for index in manifest["openings"]]
        if None in listed:
            yield self._log("openings", "the manifest names an entry that is no OPENING")
        elif sum(opening["count"] for opening in listed) < len(self._opened):
            yield self._log("openings", "more decisions are opened than the OPENING entries list")
        elif any(opening["identity"] != manifest["identity"] for opening in listed):
            yield self._log("openings", "the OPENING entries and the manifest disagree whether identities were opened")

    def _drawn(self):
        """Units and reserves of the samples that the manifest names, as the log records them."""
        drawn = set()
        for index, _, kind, document in self._samples:
            of_period = kind == "SAMPLE_RESULT" and type(document) is dict and document.get("period") in self.manifest["samples"]
            if of_period and self._selections.get(index):
                for stratum in self._selections[index]["strata"]:
                    drawn.update(stratum["units"] + stratum["reserve"])
        return drawn
