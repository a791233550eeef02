"""Every fault of the catalogue, one after the other: `python -m tests.chaos [options of pytest]`.

HONE_TEST_CHAOS_SECONDS and HONE_TEST_CHAOS_SEEDS are for the last of them, all faults in random order.
"""

from __future__ import annotations

import sys

import pytest

from tests.chaos.catalogue import CASES


def main() -> int:
    """Run them; what no test holds is told."""
    tests = list(dict.fromkeys(test for case in CASES for test in case.tests))
    ended = pytest.main(["-m", "not bench", "-n", "0", "-v", *sys.argv[1:], *tests])
    for case in CASES:
        if case.instead:
            sys.stdout.write(f"{case.fault}: {case.instead}\n")
    return int(ended)


if __name__ == "__main__":
    raise SystemExit(main())
