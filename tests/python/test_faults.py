"""`deploy/operate/FAULTS.md` is the table that the tests keep; `DOUDI_WRITE_TABLE=1` writes it anew."""

import os
import re
import unittest

from fault_table import ROWS, written
from server import TOP

# Taken away: servers that are started after this refuse variables that they do not know.
WRITE = os.environ.pop("DOUDI_WRITE_TABLE", None)
TABLE = TOP / "deploy" / "operate" / "FAULTS.md"


class Table(unittest.TestCase):
    def test_the_table_for_operators_is_the_one_that_the_tests_keep(self):
        if WRITE:
            TABLE.write_text(written(), encoding="utf-8")
        self.assertEqual(TABLE.read_text(encoding="utf-8"), written(),
                         "run this test once with DOUDI_WRITE_TABLE=1 and commit what it writes")

    def test_every_line_names_a_test_that_exists(self):
        sources = [*(TOP / "tests" / "python").glob("test_*.py"), *(TOP / "src").rglob("*.rs")]
        named = {name for source in sources
                 for name in re.findall(r"\b(?:def|fn) (\w+)\(", source.read_text(encoding="utf-8"))}
        self.assertEqual({row.test for row in ROWS} - named, set())

    def test_every_fault_with_words_is_looked_up_by_a_test(self):
        tests = "".join(path.read_text(encoding="utf-8") for path in (TOP / "tests" / "python").glob("test_faults_*.py"))
        self.assertEqual([row.key for row in ROWS if row.says and f'"{row.key}"' not in tests], [])


if __name__ == "__main__":
    unittest.main()
