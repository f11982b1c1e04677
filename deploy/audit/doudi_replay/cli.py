"""The command line of the replayer."""

import argparse
import sys
import threading

from . import stream

EXAMPLE = """\
example:
  python3 deploy/audit/replay.py records.jsonl
  python3 deploy/audit/replay.py --json - < records.jsonl

exit code: 0 all records replay to the same bytes, 1 some do not, 2 the input cannot be read
"""
STACK_BYTES = 512 * 1024 * 1024
"""A chain of 1,000 clauses of depth 64 is legal, and every level is a few calls."""
RECURSION_MAX = 1_000_000


def in_deep_stack(work):
    """Runs `work` where deep laws can be evaluated, and returns what it returns."""
    result = []
    sys.setrecursionlimit(RECURSION_MAX)
    threading.stack_size(STACK_BYTES)
    thread = threading.Thread(target=lambda: result.append(work()))
    thread.start()
    thread.join()
    threading.stack_size(0)
    return result[0] if result else 2


def main(arguments=None):
    """Replays every record of the files; prints what differs, and a count."""
    parser = argparse.ArgumentParser(
        prog="replay.py",
        description="Replays recorded determinations from their facts and the policy documents then in force.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="exported records, JSON lines; - reads standard input")
    parser.add_argument("--json", action="store_true", help="print one line of JSON a record")
    options = parser.parse_args(arguments)
    return in_deep_stack(lambda: _run(options))


def _run(options):
    equal = different = 0
    try:
        for path in options.files:
            with sys.stdin if path == "-" else open(path, encoding="utf-8") as lines:
                for name, difference in stream.replay_lines(lines):
                    equal += difference is None
                    different += difference is not None
                    if options.json:
                        print(stream.report((name, difference)))
                    elif difference is not None:
                        print("%s: %s" % (name, difference))
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        print("cannot read the records: %s" % wrong, file=sys.stderr)
        return 2
    print("%d records replayed to the same bytes, %d did not" % (equal, different), file=sys.stderr)
    return 1 if different or not equal else 0
