"""The manifest of a bundle, and which files a bundle may have (src/log/FORMAT.md section 20)."""

import re

from . import canonical
from .note import NOTE_SIZE_MAX_BYTES

FORMAT = "doudi-bundle/1"
WIDTH = 256
HASH = 32
LEVEL_MAX = 7
POSITION_MAX = 2**62 - 1
MANIFEST_PATH = "manifest.json"
MANIFEST_SIZE_MAX_BYTES = 64 * 1024 * 1024
FILES_MAX = 1_000_000
SAMPLES_MAX = 64
MARKS_MAX = 8 * FILES_MAX
"""Commas and brackets of the largest manifest: three a file, three a record that is not opened, one an opening. Each may
become an object, and a manifest is read before any signature is."""
DOCUMENTS_SIZE_MAX_BYTES = 256 * 1024 * 1024
POLICY_SIZE_MAX_BYTES = 1024 * 1024
RECEIPT_SIZE_MAX_BYTES = NOTE_SIZE_MAX_BYTES + 64 * 1024
ENTRY_MAX_BYTES = 2 + 65_535
PROOF_MAX_BYTES = 64 * 45
SPECIFICATIONS = {
    "signed-note": "v1.0.0",
    "tlog-checkpoint": "v1.0.0",
    "tlog-cosignature": "v1.0.1",
    "tlog-policy": "draft",
    "tlog-proof": "draft",
    "tlog-tiles": "v0.1.0",
    "tlog-witness": "v1.0.0",
}
MEMBERS = {"format", "specifications", "engine", "checkpoint", "opened", "identity", "openings", "samples", "unopened",
           "files"}
_PERIOD = re.compile(r"[A-Za-z0-9-]{1,32}\Z")
_HEX = re.compile(r"[0-9a-f]{64}\Z")
_NUMBER = re.compile(r"(0|[1-9][0-9]{0,18})\Z")
_TILE = re.compile(r"(tile/entries|documents|tile/[0-7])/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?\Z")
_SMALL = {
    "checkpoint": ((0, 0, 0), NOTE_SIZE_MAX_BYTES),
    "trust-policy": ((1, 0, 0), POLICY_SIZE_MAX_BYTES),
    "previous/checkpoint": ((2, 0, 0), NOTE_SIZE_MAX_BYTES),
    "previous/consistency": ((2, 0, 1), PROOF_MAX_BYTES),
}


def tile_path(level, number, width):
    """Where a tile stands: tile/<level>/<number>."""
    groups = ["%03d" % (number % 1000)]
    while number >= 1000:
        number //= 1000
        groups.insert(0, "x%03d" % (number % 1000))
    return "tile/%s/%s%s" % (level, "/".join(groups), "" if width == WIDTH else ".p/%d" % width)


def place_of(path):
    """(place in the order of a bundle, largest size) of a path; None for one that no bundle has."""
    if path in _SMALL:
        return _SMALL[path]
    if path.startswith("receipts/"):
        index = path[len("receipts/") :]
        if _NUMBER.match(index) and int(index) < POSITION_MAX:
            return (255, int(index), 0), RECEIPT_SIZE_MAX_BYTES
        return None
    tile = _TILE.match(path)
    if tile is None:
        return None
    kind, number, width = tile[1], int(tile[2].replace("/", "").replace("x", "")), int(tile[3] or WIDTH)
    level = kind.rpartition("/")[2]
    spelled = tile_path("entries" if level == "documents" else level, number, width)
    if level == "documents":
        spelled = spelled.replace("tile/entries", "documents", 1)
    if spelled != path or tile[3] and width >= WIDTH:
        return None
    if level == "documents":
        return (3, number, 2), DOCUMENTS_SIZE_MAX_BYTES
    if level == "entries":
        return (3, number, 0), width * ENTRY_MAX_BYTES
    return ((3, number, 1) if level == "0" else (3 + int(level), number, 0)), width * HASH


def size_max(path):
    """The largest size of a file; 0 for one that no bundle has, which is not read at all."""
    if path == MANIFEST_PATH:
        return MANIFEST_SIZE_MAX_BYTES
    found = place_of(path)
    return found[1] if found else 0


def _tiles(level, size):
    """The tiles of a level in a tree: (number, width)."""
    hashes = size >> 8 * level
    return [(number, min(WIDTH, hashes - number * WIDTH)) for number in range((hashes + WIDTH - 1) // WIDTH)]


def paths_of(size):
    """Paths of a tree in order, with whether each must be there."""
    for number, width in _tiles(0, size):
        entries = tile_path("entries", number, width)
        yield entries, True
        yield tile_path(0, number, width), True
        yield entries.replace("tile/entries", "documents", 1), False
    for level in range(1, LEVEL_MAX + 1):
        for number, width in _tiles(level, size):
            yield tile_path(level, number, width), True


def is_count(value, bound=POSITION_MAX):
    """Whether a value is an integer from 0 to below a bound."""
    return type(value) is int and 0 <= value < bound


def _ascending(values):
    return all(before < after for before, after in zip(values, values[1:]))


def _is_head(head, members):
    return (
        type(head) is dict
        and set(head) == members
        and is_count(head["size"], POSITION_MAX + 1)
        and type(head["root"]) is str
        and bool(_HEX.match(head["root"]))
    )


def _listed(value, most, fits):
    return type(value) is list and len(value) <= most and all(fits(item) for item in value)


def _is_file(item):
    if type(item) is not dict or type(item.get("path")) is not str:
        return False
    place = place_of(item["path"])
    return place is not None and is_count(item.get("size"), place[1] + 1)


def _is_unopened(item):
    return type(item) is dict and is_count(item.get("index")) and item.get("why") in ("erased", "restricted")


def read_manifest(data):
    """A manifest, or ValueError with the member that is wrong."""
    if sum(map(data.count, (b",", b"[", b"{"))) > MARKS_MAX:
        raise ValueError("the manifest has more items than any")
    manifest = canonical.parse_canonical(data)
    if type(manifest) is not dict or manifest.get("format") != FORMAT:
        raise ValueError("it does not begin with a manifest of %s" % FORMAT)
    head, files = manifest.get("checkpoint"), manifest.get("files")
    checks = [
        ("file", set(manifest) - {"previous"} == MEMBERS),
        ("specifications", manifest.get("specifications") == SPECIFICATIONS),
        ("engine", type(manifest.get("engine")) is str and 1 <= len(manifest["engine"].encode("utf-8")) <= 64),
        # Each tile has two files at least; a size beyond what can be listed would only make a reader count to it.
        ("checkpoint", _is_head(head, {"origin", "root", "size"}) and type(head["origin"]) is str
         and head["size"] // WIDTH <= FILES_MAX // 2),
        ("previous", "previous" not in manifest or _is_head(manifest["previous"], {"root", "size"})),
        ("opened", manifest.get("opened") in ("none", "sample", "all")),
        ("identity", type(manifest.get("identity")) is bool),
        ("openings", _listed(manifest.get("openings"), FILES_MAX, is_count) and _ascending(manifest["openings"])),
        ("samples", _listed(manifest.get("samples"), SAMPLES_MAX, lambda name: type(name) is str and _PERIOD.match(name))
         and _ascending(manifest["samples"])),
        ("unopened", _listed(manifest.get("unopened"), FILES_MAX, _is_unopened)
         and _ascending([item["index"] for item in manifest["unopened"]])),
        ("files", _listed(files, FILES_MAX, _is_file) and _ascending([place_of(item["path"])[0] for item in files])),
    ]
    for member, good in checks:
        if not good:
            raise ValueError("`%s` of the manifest is absent, malformed or of another version" % member)
    return manifest
