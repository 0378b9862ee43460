"""Who may open what: every address of ours by its name, a file for each app."""

from __future__ import annotations

from tests.security.may import annotation, datasets, hub, inference, review, training
from tests.security.may.roles import Methods

MAY: dict[str, Methods] = {
    **hub.MAY,
    **datasets.MAY,
    **annotation.MAY,
    **training.MAY,
    **review.MAY,
    **inference.MAY,
}
# Pages that say something sensible to somebody without any project, and the one act of a visitor.
OPEN_TO_THE_UNASSIGNED = {
    *("home", "jobs:list", "live:revisions"),
    *("accounts:project_switch", "accounts:second_factor", "accounts:theme_set"),
}
OPEN_TO_VISITORS = {"accounts:theme_set"}
