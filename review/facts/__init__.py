"""Every figure that the board holds against a target, from the data, by the name that the program uses."""

from __future__ import annotations

from pixelhub.accounts.models import Project
from review.facts.dataset import dataset_facts
from review.facts.fact import Fact
from review.facts.labels import label_facts
from review.facts.model import model_facts
from review.facts.serving import serving_facts

__all__ = ["Fact", "project_facts"]


def project_facts(project: Project) -> dict[str, Fact]:
    """All figures of the project now, each computed once."""
    return {**dataset_facts(project), **label_facts(project), **model_facts(project), **serving_facts(project)}
