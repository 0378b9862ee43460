"""Which version of the screening's rules spoke: part of every weak label's provenance.

A module of its own, so that a hub that only starts need not load the rules.
"""

from __future__ import annotations

from typing import Final

#: Raise it with any change of what the screening says of a text; tests/corpus_screening/test_version.py holds both.
SCREENING_VERSION: Final = 5
