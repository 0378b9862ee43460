"""Every figure that the board holds against a target, from the data, by the name that the program uses."""

from __future__ import annotations

from pixelhub.accounts.models import Project
from review.facts.dataset import dataset_facts
from review.facts.fact import Fact
from review.facts.labels import label_facts
from review.facts.model import model_facts, version_at_hand
from review.facts.serving import serving_facts
from training_app.models import ModelVersion

__all__ = ["Fact", "project_facts"]


def project_facts(project: Project, version: ModelVersion | None = None) -> dict[str, Fact]:
    """All figures of the project now, each computed once; a model's are of `version`, else of the one at hand."""
    version = version or version_at_hand(project)
    return {
        **dataset_facts(project),
        **label_facts(project),
        **model_facts(project, version),
        **serving_facts(project, version),
    }
