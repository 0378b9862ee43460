"""The learning rate: warm-up capped at a tenth, then cosine."""

import pytest

from training_app.learn.schedule import rate_factor, warmup_steps


@pytest.mark.parametrize(
    ("requested", "total", "expected"), [(500, 330, 33), (500, 10_000, 500), (0, 330, 0), (5, 330, 5)]
)
def test_warmup_is_capped_at_a_tenth(requested: int, total: int, expected: int) -> None:
    assert warmup_steps(requested, total) == expected


def test_rate_rises_then_falls_to_zero() -> None:
    factors = [rate_factor(step, warmup=10, total_steps=100) for step in range(101)]
    assert factors[0] == pytest.approx(0.1)
    assert factors[9] == factors[10] == 1.0
    assert factors[55] == pytest.approx(0.5)
    assert factors[100] == pytest.approx(0.0)
    assert factors[10:] == sorted(factors[10:], reverse=True)


def test_rate_without_warmup_starts_full() -> None:
    assert rate_factor(0, warmup=0, total_steps=5) == 1.0
