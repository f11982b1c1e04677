"""Samples against the vectors of the log: streams, seeds, allocations, rounds, draws."""

import json
import pathlib
import unittest

from doudi_replay.drawing import NotDrawn, Stream, allocate, draw, is_within, may_be_drawn, seed_of, _deviation
from doudi_replay.rounds import READY, Round

VECTORS = pathlib.Path(__file__).resolve().parents[3] / "src" / "log" / "vectors" / "samples.json"


class Drawing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.vectors = json.loads(VECTORS.read_text(encoding="utf-8"))

    def test_numbers_are_those_of_the_seed(self):
        for row in self.vectors["streams"]:
            stream = Stream(bytes.fromhex(row["seed"]), row["label"])
            self.assertEqual([str(stream.word()) for _ in row["words"]], row["words"])
            stream = Stream(bytes.fromhex(row["seed"]), row["label"])
            for bound, expected in row["below"]:
                self.assertEqual(stream.below(int(bound)), int(expected))

    def test_seeds_bind_root_range_size_and_values(self):
        for row in self.vectors["seeds"]:
            request = {"from": row["from"], "to": row["to"], "size": row["k"]}
            values = [bytes.fromhex(value) for value in row["values"]]
            self.assertEqual(seed_of(bytes.fromhex(row["root"]), request, values).hex(), row["seed"])

    def test_sizes_are_shared_as_the_format_says(self):
        for row in self.vectors["allocations"]:
            weights = row["sizes"]
            if row["rule"] == "neyman":
                weights = [size * _deviation(prior) for size, prior in zip(row["sizes"], row["prior"])]
            self.assertEqual(allocate(weights, row["sizes"], row["size"], row["floor"]), row["allocated"], row["why"])

    def test_a_sample_may_be_drawn_whichever_frame_was_erased_since(self):
        frames = {index: frame for index, frame in self.vectors["frames"]}
        for row in self.vectors["draws"]:
            request, seed = row["request"], bytes.fromhex(row["seed"])
            try:
                drawn = draw(request, seed, frames)
            except NotDrawn:
                continue
            in_range = [index for index in frames if request["from"] <= index < request["to"]]
            for index in [index for index in in_range if frames[index] is not None][::7]:
                now = dict(frames)
                now[index] = None
                try:
                    if draw(request, seed, now)["strata"] == drawn["strata"]:
                        continue
                except NotDrawn:
                    pass
                self.assertTrue(may_be_drawn(request, seed, now, {index}, drawn["strata"]), "%s: %d" % (request, index))
                for stratum in [of for of in drawn["strata"] if len(of["units"]) > 1 and "size_fen" not in of]:
                    units = stratum["units"]
                    units[0], units[1] = units[1], units[0]
                    self.assertFalse(may_be_drawn(request, seed, now, {index}, drawn["strata"]))
                    units[0], units[1] = units[1], units[0]

    def test_no_stratum_has_more_units_than_the_range_has_entries(self):
        request = {"from": 10, "to": 20}
        stratum = {"key": "{}", "population": 10, "units": [], "reserve": []}
        self.assertTrue(is_within(request, [stratum] * 500))
        self.assertFalse(is_within(request, [stratum, dict(stratum, population=11)]))
        self.assertFalse(is_within(request, [stratum] * 501))

    def test_every_draw_gives_the_selection(self):
        frames = {index: frame for index, frame in self.vectors["frames"]}
        frames.update((index, None) for index in self.vectors["unopened"])
        for row in self.vectors["draws"]:
            self.assertEqual(draw(row["request"], bytes.fromhex(row["seed"]), frames), row["selection"])

    def test_rounds_end_as_the_format_says(self):
        rounds = self.vectors["rounds"]
        rows = [(rounds["before"], row) for row in rounds["rounds"]] + [([], row) for row in rounds["whole"]]
        for before, row in rows:
            judged = Round("2026-Q3")
            for entry in before + row["entries"]:
                judged.take(*entry)
            self.assertEqual(judged.stage(), row["stage"], row["why"])
            self.assertEqual(judged.seed().hex() if judged.stage() == READY else "", row["seed"], row["why"])


if __name__ == "__main__":
    unittest.main()
