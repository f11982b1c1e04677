"""The command line of the replayer."""

import argparse
import sys
import threading

from .bundle import Bundle, is_bundle
from .note import Key, Refused
from .stream import REPLAYED, Records, items

EXAMPLE = """\
files are acknowledgements as the service answered them (JSON), or exported records (JSON lines); policies first:
  python3 deploy/audit/replay.py --key doudi.example/340321/1+d208cd6c+AQ11... policies/*.json decisions/*.json
  python3 deploy/audit/replay.py --json - < records.jsonl
or a bundle, of which everything is checked, and every sample drawn again:
  python3 deploy/audit/replay.py --key doudi.example/340321/1+d208cd6c+AQ11... 340321.tar

exit code: 0 all records verify and replay to the same bytes, 1 some do not, 2 the input cannot be read
"""
STACK_BYTES = 64 * 1024 * 1024
RECURSION_MAX = 20_000
"""Expressions nest 1,000 deep through the clauses they read, and every level is a few calls."""
UNREADABLE = 2


def in_deep_stack(work):
    """Runs `work` where deep laws can be evaluated, and returns what it returns."""
    result = []
    sys.setrecursionlimit(RECURSION_MAX)
    threading.stack_size(STACK_BYTES)
    thread = threading.Thread(target=lambda: result.append(work()))
    thread.start()
    thread.join()
    threading.stack_size(0)
    return result[0] if result else UNREADABLE


def main(arguments=None):
    """Verifies and replays every record of the files; prints what differs, and a count."""
    parser = argparse.ArgumentParser(
        prog="replay.py",
        description="Verifies that decisions stand in their log, and replays them by the law then in use.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="JSON files or bundles; - is standard input")
    parser.add_argument("--key", metavar="VKEY", help="the log's public key, from the operator by another way")
    parser.add_argument("--previous", metavar="FILE", help="the checkpoint kept from the audit before (bundles only)")
    parser.add_argument("--sample", metavar="PERIOD", action="append", default=[],
                        help="a sample that each bundle must answer for; may be given several times")
    parser.add_argument("--json", action="store_true", help="print one line of JSON a record")
    options = parser.parse_args(arguments)
    return in_deep_stack(lambda: _run(options))


def _run(options):
    try:
        records = Records(Key(options.key) if options.key else None)
        good, replayed, bad = _all(options, records)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError, Refused) as wrong:
        print("cannot read the records: %s" % wrong, file=sys.stderr)
        return UNREADABLE
    if not options.key:
        print("no --key: no signature of a log was verified", file=sys.stderr)
    print("%d records replayed to the same bytes, %d did not" % (replayed, bad), file=sys.stderr)
    if good > replayed:
        print("%d more verified, without anything to replay" % (good - replayed), file=sys.stderr)
    return 1 if bad or not good else 0


def _all(options, records):
    good = replayed = bad = 0
    for path in options.files:
        for result in _results(options, records, path):
            good += result.is_good()
            bad += not result.is_good()
            replayed += result.status == REPLAYED
            if options.json:
                print(result.to_json())
            elif not result.is_good():
                print("%s: %s" % (result.name, result.difference))
    return good, replayed, bad


def _results(options, records, path):
    if path != "-" and is_bundle(path):
        bundle = Bundle(path, records.key, options.previous, options.sample)
        yield from bundle.results()
        for text in bundle.not_checked():
            print("%s: not checked: %s" % (path, text), file=sys.stderr)
        return
    with sys.stdin if path == "-" else open(path, encoding="utf-8") as file:
        text = file.read()
    if not text.strip():
        raise ValueError("%s is empty" % path)
    for item in items(text):
        yield from records.feed(item)
