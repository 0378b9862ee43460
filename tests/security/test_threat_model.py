"""The threat model names tests that are there, in each of the six kinds of threat, and no threat without one."""

import re

from tests.paths import PROJECT_ROOT

KINDS = (
    *("Spoofing", "Tampering", "Repudiation", "Information disclosure", "Denial of service", "Elevation of privilege"),
)


def test_every_threat_names_a_test_that_exists() -> None:
    text = (PROJECT_ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    for kind in KINDS:
        section = text.partition(f"### {kind}\n")[2].partition("\n#")[0]
        rows = [line for line in section.splitlines() if line.startswith("| ")][1:]
        assert rows, kind
        for row in rows:
            threat, _, shown = (cell.strip() for cell in row.strip("|").split("|"))
            named = re.findall(r"`(tests/[^`]+)`", shown)
            assert named, f"no test shows: {threat}"
            assert [path for path in named if not (PROJECT_ROOT / path).exists()] == [], threat
