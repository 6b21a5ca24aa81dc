"""Scoring on streams small enough to count by hand. Run by `python3 -m unittest` in this folder, with the bench's environment."""

import unittest

import numpy as np
import pandas as pd

import scoring
import timeline
from events import CATALOGUE, Event, alter, shows, weights
from scoring import Scored
from sets import Set


def event(kind="shift", size="major", start=2, hours=3, shown=(2, 3, 4)) -> dict:
    return {"kind": kind, "size": size, "start": start, "hours": hours, "shown": list(shown)}


def stream(events, alarmed, kinds="cceeeclbs") -> Scored:
    names = {"c": "clean", "e": "event", "l": "low_traffic", "b": "burst", "s": "seasonal"}
    return Scored([{"kind": names[letter]} for letter in kinds], events, set(alarmed))


class Scores(unittest.TestCase):
    def test_an_event_is_caught_in_its_hours_only(self):
        for alarmed, caught in (([], 0), ([1], 0), ([5], 0), ([2], 1), ([4], 1)):
            self.assertEqual(scoring.recall([stream([event()], alarmed)], scoring.visible).hits, caught, alarmed)

    def test_delay_counts_from_the_hour_that_shows(self):
        for shown, alarmed, delay in (((2, 3), [2], 0), ((2, 3), [4], 2), ((3, 4), [2], 0), ((3, 4), [3], 0), ((2,), [], None)):
            self.assertEqual(scoring.delay(event(shown=shown), set(alarmed)), delay)

    def test_hidden_and_unseen_events_do_not_count_as_visible(self):
        events = [event(), event(shown=()), event(kind="label_flip", shown=())]
        scored = [stream(events, [2])]
        self.assertEqual(scoring.recall(scored, scoring.visible), scoring.Share(1, 1))
        self.assertEqual(scoring.recall(scored, scoring.hidden), scoring.Share(1, 1))

    def test_only_major_and_severe_are_serious(self):
        sizes = [event(size=size) for size in ("tiny", "small", "medium", "major", "severe")]
        self.assertEqual(scoring.recall([stream(sizes, [])], scoring.serious).of, 2)

    def test_false_alarms_are_counted_by_kind_of_hour(self):
        scored = [stream([event()], [0, 3, 6]), stream([event()], [])]
        self.assertEqual(scoring.alarming(scored, "clean"), scoring.Share(1, 6))
        self.assertEqual(scoring.alarming(scored, "low_traffic"), scoring.Share(1, 2))
        self.assertEqual(scoring.alarming(scored, "burst"), scoring.Share(0, 2))

    def test_a_share_of_nothing_is_no_number(self):
        self.assertEqual(str(scoring.Share(0, 0)), "–")
        self.assertIsNone(scoring.mean_delay([stream([event()], [])]))


class Events(unittest.TestCase):
    def setUp(self):
        rng = np.random.default_rng(1)
        self.rows = pd.DataFrame({"x": rng.normal(10, 2, 800), "n": rng.integers(0, 50, 800), "c": rng.choice(["a", "b", "c"], 800, p=[0.6, 0.3, 0.1])})
        self.rows["label"] = rng.integers(0, 2, 800)
        self.data = Set("t", "t", "t", False, "binary", ["x", "n"], ["c"], 800, lambda: self.rows)

    def test_every_event_of_the_catalogue_alters_its_feature_alone(self):
        scale = {"mean": 10.0, "std": 2.0, "label_min": 0, "label_max": 1}
        for event in timeline.events_of(self.data, self.rows, np.random.default_rng(2)):
            altered = alter(self.rows, event, 0, scale, np.random.default_rng(3))
            touched = {name for name in self.rows if not altered[name].equals(self.rows[name])}
            expected = {"label"} if event.kind == "label_flip" else set() if event.kind == "category_mix" else {event.feature}
            self.assertEqual(touched, expected, event)

    def test_integers_stay_integers(self):
        altered = alter(self.rows, Event("shift", "small", 0.4, "n"), 0, {"std": 2.0}, np.random.default_rng(3))
        self.assertTrue((altered["n"] == self.rows["n"] + 1).all())

    def test_a_mix_raises_the_category_by_its_amount(self):
        drawn = weights(self.rows, Event("category_mix", "major", 0.3, "c", "b"))
        share = drawn[self.rows["c"] == "b"].sum() / drawn.sum()
        self.assertAlmostEqual(share, (self.rows["c"] == "b").mean() + 0.3, places=9)

    def test_what_shows_and_what_does_not(self):
        x, c = self.rows["x"], self.rows["c"]
        for before, after, numeric, shown in (
            (x, x, True, False), (x, x + 0.02, True, False), (x, x + 1.0, True, True),
            (x, x.where(x.index >= 20), True, True), (c, c, False, False), (c, c.replace("a", "z"), False, True),
        ):  # fmt: skip
            self.assertEqual(shows(before, after, numeric), shown)


class Timeline(unittest.TestCase):
    def test_events_have_clean_hours_between_them_and_spare_the_batch(self):
        chosen = [Event(kind, size, amount, "x", hours=8 if kind == "gradual" else 3) for kind, size, amount in CATALOGUE]
        hours, placed = timeline.lay_out(chosen, np.random.default_rng(4))
        self.assertEqual(len(placed), len(CATALOGUE))
        for index, event in enumerate(placed):
            span = range(event.start, event.start + event.hours)
            self.assertTrue(all(hours[hour]["event"] == index for hour in span))
            self.assertFalse(any(hour % timeline.DAY == timeline.BATCH_HOUR for hour in span))
            self.assertIn(hours[event.start - 1]["kind"], ("clean", "seasonal"))
        kinds = [hour["kind"] for hour in hours]
        self.assertEqual(kinds.count("low_traffic") + kinds.count("burst"), len(timeline.CONTROLS))


if __name__ == "__main__":
    unittest.main()
