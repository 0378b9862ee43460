"""Laws of the sampler: nothing is invented, no edge case is dropped, shares hold whenever they can."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from datasets_app.corpus.stages.sampling import quotas

SHARES = {1: Fraction(2, 5), 2: Fraction(1, 4), 3: Fraction(1, 5), 4: Fraction(3, 20)}
counts = st.fixed_dictionaries({number: st.integers(0, 3_000) for number in SHARES})


@given(counts, counts, st.none() | st.integers(1, 5_000))
def test_quotas_keep_the_laws(available: dict[int, int], edges: dict[int, int], wanted: int | None) -> None:
    edges = {number: min(count, available[number]) for number, count in edges.items()}
    found = quotas(available, edges, SHARES, wanted)
    assert found.total == sum(found.of.values())
    assert all(edges[number] <= found.of[number] <= available[number] for number in SHARES)
    held = {number: abs(found.of[number] - share * found.total) < 1 for number, share in SHARES.items()}
    largest = min(int(available[number] / share) for number, share in SHARES.items())
    fits = all(edges[number] <= int(share * max(largest - 3, 0)) for number, share in SHARES.items())
    assert all(held.values()) or not fits
    if wanted is not None and not any(edges.values()):
        assert found.total <= wanted
