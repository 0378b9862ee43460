"""The loss of all heads: against plain PyTorch, masked where a label is missing, the same however a step is cut."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch.nn import functional

from tests.training.tiny_splits import batch_of
from training_app.learn.batches import Batch
from training_app.learn.config import HEAD_NAMES, LossConfig
from training_app.learn.labels import CLASS_HEADS, SCORE_HEADS
from training_app.learn.losses import IGNORE_SEVERITY
from training_app.learn.objective import MultiObjective, head_losses

ROWS = 12
HEADS = tuple(HEAD_NAMES)


@pytest.fixture
def batch() -> Batch:
    return batch_of(ROWS, seed=4)


@pytest.fixture
def outputs() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(5)
    made = {
        "crisis_type": torch.randn(ROWS, 7, generator=generator),
        "severity": torch.log_softmax(torch.randn(ROWS, 5, generator=generator), dim=1),
    }
    made |= {head: torch.randn(ROWS, generator=generator) for head in SCORE_HEADS}
    made |= {head: torch.randn(ROWS, len(names), generator=generator) for head, names in CLASS_HEADS.items()}
    for tensor in made.values():
        tensor.requires_grad_(True)
    return made


def objective(**loss: object) -> MultiObjective:
    types = torch.arange(70) % 7
    return MultiObjective(LossConfig(**loss), HEADS, types)


def rows_of(outputs: dict[str, torch.Tensor], rows: slice) -> dict[str, torch.Tensor]:
    return {head: values[rows] for head, values in outputs.items()}


def test_each_term_is_the_mean_of_plain_pytorch_over_the_labelled_rows(
    batch: Batch, outputs: dict[str, torch.Tensor]
) -> None:
    alpha = [0.2, 1.0, 2.0, 0.5, 3.0, 1.5, 0.1]
    measure = objective(gamma=0.0, alpha=alpha)
    sums = {head: value.item() for head, value in measure.sums(outputs, batch).items()}
    terms = measure.terms(sums, measure.amounts(batch), "train")
    known = batch.severities != IGNORE_SEVERITY
    expected = {
        "train_type_loss": functional.cross_entropy(
            outputs["crisis_type"], batch.crisis_types, weight=torch.tensor(alpha)
        ),
        "train_severity_loss": functional.nll_loss(outputs["severity"][known], batch.severities[known]),
    }
    for head in SCORE_HEADS:
        mask = batch.masks[head]
        probability = torch.sigmoid(outputs[head][mask])
        expected[f"train_{head}_loss"] = functional.binary_cross_entropy(probability, batch.labels[head][mask])
    for head in CLASS_HEADS:
        mask = batch.masks[head]
        expected[f"train_{head}_loss"] = functional.cross_entropy(outputs[head][mask], batch.labels[head][mask])
    for name, value in expected.items():
        assert terms[name] == pytest.approx(value.item(), rel=1e-5), name
    weights = {"type": 1.0, "severity": 0.5}
    total = sum(weights.get(name[6:-5], 0.2) * value.item() for name, value in expected.items())
    assert terms["train_loss"] == pytest.approx(total, rel=1e-5)
    assert float(measure.total(measure.sums(outputs, batch), measure.amounts(batch))) == pytest.approx(total, rel=1e-5)


def test_row_without_a_label_changes_nothing_and_gets_no_gradient(
    batch: Batch, outputs: dict[str, torch.Tensor]
) -> None:
    measure = objective()
    before = measure.sums(outputs, batch)
    measure.total(before, measure.amounts(batch)).backward()
    for head, mask in batch.masks.items():
        assert 0 < int(mask.sum()) < ROWS, "the batch has rows of both kinds"
        gradient = outputs[head].grad
        assert gradient is not None
        assert not gradient[~mask].any()
        assert gradient[mask].any()
    gradient = outputs["severity"].grad
    assert gradient is not None
    assert not gradient[batch.severities == IGNORE_SEVERITY].any()
    changed = {head: values.detach().clone() for head, values in outputs.items()}
    for head, mask in batch.masks.items():
        changed[head][~mask] = 1e30
    after = measure.sums(changed, batch)
    assert {head: float(value) for head, value in after.items()} == {
        head: float(value) for head, value in before.items()
    }


def test_head_without_any_label_adds_nothing_and_has_no_curve(outputs: dict[str, torch.Tensor]) -> None:
    bare = batch_of(ROWS, seed=4, labelled_share=0.0)
    measure = objective()
    sums, amounts = measure.sums(outputs, bare), measure.amounts(bare)
    total = measure.total(sums, amounts)
    assert torch.isfinite(total)
    terms = measure.terms({head: float(value) for head, value in sums.items()}, amounts, "val")
    assert set(terms) == {"val_loss", "val_type_loss", "val_severity_loss"}
    assert terms["val_loss"] == pytest.approx(float(total))


@pytest.mark.parametrize("cuts", [[4, 8], [1, 2, 11]])
def test_step_in_parts_has_the_loss_and_the_gradient_of_the_whole(
    batch: Batch, outputs: dict[str, torch.Tensor], cuts: list[int]
) -> None:
    measure = objective()
    whole = measure.total(measure.sums(outputs, batch), measure.amounts(batch))
    gradients = torch.autograd.grad(whole, list(outputs.values()))
    bounds = [0, *cuts, ROWS]
    parts = [slice(low, high) for low, high in pairwise(bounds)]
    pieces = [batch._each(lambda tensor, rows=rows: tensor[rows]) for rows in parts]
    amounts: dict[str, float] = {}
    for piece in pieces:
        for head, amount in measure.amounts(piece).items():
            amounts[head] = amounts.get(head, 0.0) + amount
    summed = sum(
        measure.total(measure.sums(rows_of(outputs, rows), piece), amounts)
        for rows, piece in zip(parts, pieces, strict=True)
    )
    assert isinstance(summed, torch.Tensor)
    torch.testing.assert_close(summed, whole)
    for one, other in zip(torch.autograd.grad(summed, list(outputs.values())), gradients, strict=True):
        torch.testing.assert_close(one, other)


def test_score_loss_is_least_exactly_at_the_score() -> None:
    wanted = torch.tensor(0.3)
    logits = torch.linspace(-4, 4, 801)
    losses = head_losses("empathy", logits, wanted.expand(801))
    assert torch.sigmoid(logits[losses.argmin()]).item() == pytest.approx(0.3, abs=0.01)


def test_weights_come_from_the_configuration(batch: Batch, outputs: dict[str, torch.Tensor]) -> None:
    plain, weighted = objective(), objective(severity_weight=2.0, head_weights={"emotion": 3.0, "persona": 0.0})
    assert (weighted.weights["severity"], weighted.weights["emotion"], weighted.weights["persona"]) == (2.0, 3.0, 0.0)
    assert plain.weights["empathy"] == 0.2
    sums, amounts = plain.sums(outputs, batch), plain.amounts(batch)
    means = {head: float(value) / amounts[head] for head, value in sums.items()}
    difference = float(weighted.total(sums, amounts) - plain.total(sums, amounts))
    expected = 1.5 * means["severity"] + 2.8 * means["emotion"] - 0.2 * means["persona"]
    assert difference == pytest.approx(expected, rel=1e-4)
    assert np.isfinite(difference)
