#!/usr/bin/env python3
"""Replays recorded determinations: `python3 deploy/audit/replay.py --help`."""

import sys

from doudi_replay.cli import main

if __name__ == "__main__":
    sys.exit(main())
