"""What a project asks of its annotators, and what it owes them."""

from __future__ import annotations

from annotation.models import AnnotationPolicy
from pixelhub.accounts.models import Project


def policy_of(project: Project) -> AnnotationPolicy:
    """The project's policy; the defaults, not stored, where nobody has changed any."""
    return AnnotationPolicy.objects.filter(project=project).first() or AnnotationPolicy(project=project)
