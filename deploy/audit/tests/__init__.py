"""Tests of the independent replayer: `python3 -m unittest discover -s deploy/audit/tests -t deploy/audit`."""
