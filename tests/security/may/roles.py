"""Groups of roles that the table of addresses speaks of."""

from __future__ import annotations

from pixelhub.accounts.roles import Role

#: (roles that may GET, roles that may POST); None: this method does not exist there.
Methods = tuple[frozenset[str] | None, frozenset[str] | None]

ROLES = frozenset(Role.values)
WATCHERS = frozenset({"pm", "data_engineer", "ml_engineer", "qa", "clinical_lead"})
READERS = frozenset({"data_engineer", "qa", "clinical_lead"})  # of raw text
SCORERS = WATCHERS | {"api_client", "administrator"}
ROUND_KEEPERS = frozenset({"pm", "data_engineer", "qa"})
EXPERTS = frozenset({"qa", "clinical_lead"})
CASE_VIEWERS = EXPERTS | {"administrator"}
CASE_COUNTERS = CASE_VIEWERS | {"pm", "ml_engineer"}
AUTHORS = ROUND_KEEPERS | EXPERTS  # of guidelines
CAMPAIGNERS = frozenset({"ml_engineer", "clinical_lead"})
KEY_KEEPERS = frozenset({"ml_engineer", "administrator"})
JOB_STOPPERS = frozenset({"data_engineer", "administrator"})  # the place's job belongs to the data engineer
ADMIN, LEAD, ENGINEER, TRAINER, LABELLER, PM = (
    frozenset({role}) for role in ("administrator", "clinical_lead", "data_engineer", "ml_engineer", "annotator", "pm")
)
