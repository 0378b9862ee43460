"""Losses against plain PyTorch and against values worked out by hand."""

import pytest
import torch
from torch.nn import functional

from training_app.learn.heads import OrdinalHead
from training_app.learn.losses import IGNORE_SEVERITY, balanced_alpha, focal_loss, severity_loss


@pytest.fixture
def batch() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(32, 7, generator=generator) * 3, torch.randint(0, 7, (32,), generator=generator)


def test_gamma_zero_is_cross_entropy(batch: tuple[torch.Tensor, torch.Tensor]) -> None:
    logits, targets = batch
    torch.testing.assert_close(focal_loss(logits, targets, gamma=0.0), functional.cross_entropy(logits, targets))


def test_gamma_zero_with_alpha_is_weighted_cross_entropy(batch: tuple[torch.Tensor, torch.Tensor]) -> None:
    logits, targets = batch
    alpha = torch.tensor([0.2, 1.0, 2.0, 0.5, 3.0, 1.5, 0.1])
    expected = functional.cross_entropy(logits, targets, weight=alpha)
    torch.testing.assert_close(focal_loss(logits, targets, gamma=0.0, alpha=alpha), expected)


def test_focal_loss_is_the_formula_of_the_paper() -> None:
    logits = torch.tensor([[2.0, 0.0, -1.0]])
    p = torch.softmax(logits, dim=1)[0, 0]
    expected = -((1 - p) ** 2) * torch.log(p)
    torch.testing.assert_close(focal_loss(logits, torch.tensor([0]), gamma=2.0), expected)


def test_focal_loss_has_finite_gradients_on_certain_answers() -> None:
    logits = torch.tensor([[200.0, -200.0], [-200.0, 200.0]], requires_grad=True)
    focal_loss(logits, torch.tensor([0, 0]), gamma=0.5).backward()
    assert torch.isfinite(logits.grad).all()


def test_balanced_alpha_weighs_each_present_class_alike() -> None:
    targets = torch.tensor([0] * 8 + [1] * 2)
    weights = balanced_alpha(targets, 3)
    assert weights[0] * 8 == pytest.approx(weights[1] * 2)
    assert weights[targets].mean().item() == pytest.approx(1.0)
    assert weights[2] == weights.max()


def test_severity_loss_leaves_rows_without_severity_out() -> None:
    logits = torch.log_softmax(torch.randn(4, 5, generator=torch.Generator().manual_seed(1)), dim=1)
    targets = torch.tensor([0, IGNORE_SEVERITY, 4, IGNORE_SEVERITY])
    expected = -(logits[0, 0] + logits[2, 4]) / 2
    torch.testing.assert_close(severity_loss(logits, targets), expected)
    assert severity_loss(logits, torch.full((4,), IGNORE_SEVERITY)).item() == 0.0


def test_ordinal_head_gives_a_distribution_with_ordered_cut_points() -> None:
    torch.manual_seed(3)
    head = OrdinalHead(6, 5)
    with torch.no_grad():
        head.gaps.fill_(-9.0)
        levels = head(torch.randn(16, 6) * 20).exp()
    torch.testing.assert_close(levels.sum(dim=1), torch.ones(16))
    assert (levels >= 0).all()
    assert torch.isfinite(levels).all()
