"""The ledger finds what a dictionary of all records would find, in a fraction of the memory."""

from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from datasets_app.corpus.hashing import content_hash
from datasets_app.corpus.ledger import RecordLedger, digest_name, label_code, label_of
from datasets_app.corpus.taxonomy import CRISIS_TYPES, SPLITS

ROW = st.tuples(st.integers(0, 12), st.sampled_from(SPLITS), st.integers(0, 5), st.integers(0, 3))


def entry(text: int, group: int, cluster: int) -> dict[str, object]:
    content = content_hash([{"role": "user", "content": str(text)}])
    metadata = {"content_hash": content, "group": f"g{group}", "cluster": f"c{cluster}" if cluster else ""}
    return {"crisis_type": "panic", "severity": 2, "metadata": metadata}


@settings(max_examples=60)
@given(st.lists(ROW, max_size=40))
def test_duplicates_and_crossings_are_those_of_plain_dictionaries(rows: list[tuple[int, str, int, int]]) -> None:
    ledger = RecordLedger()
    seen: dict[int, int] = {}
    expected, groups, clusters = [], defaultdict(set), defaultdict(set)
    for ordinal, (text, split, group, cluster) in enumerate(rows):
        ledger.add(split, entry(text, group, cluster))
        if text in seen:
            expected.append((seen[text], ordinal))
        seen.setdefault(text, ordinal)
        groups[group].add(split)
        clusters[cluster].add(split)
    assert ledger.duplicates() == expected
    for field, index, named in (("group", 2, groups), ("cluster", 3, clusters)):
        crossing = ledger.crossing(field)
        found = {rows[first][index] for first, _ in crossing}
        assert found == {key for key, splits in named.items() if len(splits) > 1 and (field == "group" or key)}
        assert all(rows[a][1] != rows[b][1] and rows[a][index] == rows[b][index] for a, b in crossing)


def test_digests_and_labels_are_read_back() -> None:
    ledger = RecordLedger()
    line = entry(7, 1, 1)
    ledger.add("val", line)
    assert line["metadata"]["content_hash"].startswith(digest_name(ledger.rows()[0]))  # type: ignore[index]
    for kind in CRISIS_TYPES:
        assert label_of(label_code(kind, None if kind == "none" else 5)) == ("none" if kind == "none" else f"{kind} 5")
    assert label_of(label_code(None, None)) == "unlabelled"


def test_a_record_costs_34_bytes() -> None:
    ledger = RecordLedger()
    for n in range(20_000):
        ledger.add("train", entry(n, n, 0))
    assert len(ledger) == 20_000 and ledger.rows().nbytes == 34 * 20_000
    assert ledger.duplicates() == []
