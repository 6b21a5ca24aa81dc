"""Every case of the table, of every client: one test each."""

import unittest

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


def test(case, kind):
    def run(self):
        try:
            case.run(self.callers[kind.name])
        except Cannot:
            self.skipTest("the client has no call for it")

    return run


for case in CASES:
    for kind in CALLERS:
        word = "".join(letter if letter.isalnum() else "_" for letter in f"{case.group}: {case.name}: {kind.name}")
        assert not hasattr(Conformance, f"test_{word}"), word
        setattr(Conformance, f"test_{word}", test(case, kind))
