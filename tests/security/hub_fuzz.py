"""The long form of test_hub_fuzz.py: `python -m tests.security.hub_fuzz --cases 20000`.

Prints cases, problems and statuses of each role; exit 1 where a request was answered with a 5xx or without a reason.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import pytest

TEST = Path(__file__).with_name("test_hub_fuzz.py")


def main() -> int:
    """Run the test with so many cases."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=int, default=20_000, help="over all roles")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="a role")
    options = parser.parse_args()
    os.environ |= {"PIXELHUB_FUZZ_CASES": str(options.cases), "PIXELHUB_FUZZ_SEED": str(options.seed)}
    return int(pytest.main(["-q", "-s", "-n", "0", str(TEST), "-k", options.only]))


if __name__ == "__main__":
    sys.exit(main())
