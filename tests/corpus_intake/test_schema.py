"""The published JSON Schemas are those of the code."""

import json

import pytest

from datasets_app.corpus.cli.schema import SCHEMAS, text_of
from tests.paths import PROJECT_ROOT

PUBLISHED = PROJECT_ROOT / "docs" / "schema"


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_published_schema_is_current(name: str) -> None:
    published = (PUBLISHED / f"{name}.schema.json").read_text(encoding="utf-8")
    assert published == text_of(name), "run: python -m datasets_app.corpus schema --write docs/schema"


def test_no_other_schema_is_published() -> None:
    assert sorted(path.name for path in PUBLISHED.iterdir()) == [
        f"{name}.schema.json"
        # Beside the corpus's own: the answer of a score (tests/inference) and a sign-off (tests/review).
        for name in sorted([*SCHEMAS, "score", "signoff"])
    ]


def test_record_schema_names_what_a_record_must_have() -> None:
    schema = json.loads(text_of("record"))
    record = schema["$defs"]["ConvertedRecord"]
    assert set(record["required"]) == {"id", "messages", "metadata"}
    assert schema["$defs"]["Message"]["properties"]["role"]["enum"] == ["assistant", "system", "user"]
