"""Every case of the table, of every client: one test each; perf_analyzer; and the committed page against what came of them."""

import unittest

import perf
import report
from callers import Cannot
from cases import CASES
from clients import CALLERS
from place import prepare


class Conformance(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        prepare()
        cls.callers = {kind.name: kind() for kind in CALLERS}

    @classmethod
    def tearDownClass(cls):
        for caller in cls.callers.values():
            caller.close()


@unittest.skipUnless(perf.FOLDER, "perf_analyzer is made for Linux on x86-64 only")
class PerfAnalyzer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        prepare()


class TheCommittedPage(unittest.TestCase):
    """Runs last: the page must say of each case and client what this run has found."""

    def test_says_what_came_of_this_run(self):
        page, found = report.PAGE.read_text(), report.render()
        for line in found.splitlines():
            if line.startswith("|") and (perf.FOLDER or not line.startswith(tuple(f"| {case} |" for case in perf.CASES))):
                self.assertIn(line, page, "write the page again: python report.py --write")
        titles = lambda text: [line.split("|")[1] for line in text.splitlines() if line.startswith("|")]
        self.assertEqual(titles(page), titles(found))


def word(*parts: str) -> str:
    return "test_" + "".join(letter if letter.isalnum() else "_" for letter in ": ".join(parts))


def add(suite: type, title: str, run) -> None:
    assert not hasattr(suite, title), title
    setattr(suite, title, run)


def asked(case, kind):
    def run(self):
        try:
            report.ask(case, kind, self.callers[kind.name])
        except Cannot:
            # Which client has a call for what is on the page, and compared with it.
            pass

    return run


for case in CASES:
    for kind in CALLERS:
        add(Conformance, word(case.group, case.name, kind.name), asked(case, kind))
for case in perf.CASES:
    add(PerfAnalyzer, word(case), lambda self, case=case: report.measure(case))
