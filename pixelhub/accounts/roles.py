"""Roles, and what each may do: one table, read by every access check and by the navigation."""

from enum import StrEnum

from django.db.models import TextChoices


class Role(TextChoices):
    """The roles of the team. A person may hold several in a project, and others in another one."""

    PM = "pm", "PM / team lead"
    DATA_ENGINEER = "data_engineer", "Data engineer"
    ML_ENGINEER = "ml_engineer", "ML engineer"
    ANNOTATOR = "annotator", "Annotator"
    QA = "qa", "QA"
    CLINICAL_LEAD = "clinical_lead", "Clinical lead"
    API_CLIENT = "api_client", "API client"
    ADMINISTRATOR = "administrator", "Administrator"


class Capability(StrEnum):
    """One thing that somebody may do in a project."""

    DATASET_VIEW = "dataset.view"
    DATASET_IMPORT = "dataset.import"
    RELEASE_COMPILE = "release.compile"
    SNAPSHOT_PUBLISH = "snapshot.publish"
    RAWTEXT_VIEW = "rawtext.view"
    PII_REVIEW = "pii.review"
    ANNOTATE = "annotation.label"
    ADJUDICATE = "annotation.adjudicate"
    ADJUDICATE_OVERRIDE = "annotation.override"
    AGREEMENT_VIEW = "agreement.view"
    ROUND_MANAGE = "round.manage"
    GUIDELINE_APPROVE = "guideline.approve"
    TRAINING_VIEW = "training.view"
    TRAINING_RUN = "training.run"
    MODEL_VIEW = "model.view"
    CAMPAIGN_MANAGE = "campaign.manage"
    EXPERT_MANAGE = "expert.manage"
    REVIEW_JUDGE = "review.judge"
    REVIEW_RESOLVE = "review.resolve"
    SIGNOFF_DECIDE = "signoff.decide"
    SIGNOFF_GOVERN = "signoff.govern"
    PROMOTE = "model.promote"
    PROMOTION_FREEZE = "promotion.freeze"
    SCORE_VIEW = "score.view"
    RETENTION_DECIDE = "retention.decide"
    CASE_VIEW = "case.view"
    CASE_RESPOND = "case.respond"
    CASE_OVERRIDE = "case.override"
    CASE_FIGURES = "case.figures"
    CASE_POLICY = "case.policy"
    ALERT_RESPOND = "alert.respond"
    ALERT_LIMITS = "alert.limits"
    WEBHOOK_MANAGE = "webhook.manage"
    APIKEY_MANAGE = "apikey.manage"
    JOBS_VIEW = "jobs.view"
    AUDIT_VIEW = "audit.view"
    BOARD_VIEW = "board.view"
    BOARD_EDIT = "board.edit"
    GATE_WAIVE = "gate.waive"
    PEOPLE_MANAGE = "people.manage"


_C = Capability
_SEES_THE_WORK = {
    _C.DATASET_VIEW,
    _C.AGREEMENT_VIEW,
    _C.TRAINING_VIEW,
    _C.MODEL_VIEW,
    _C.SCORE_VIEW,
    _C.JOBS_VIEW,
    _C.BOARD_VIEW,
}

_RESPONDS = {_C.CASE_VIEW, _C.CASE_RESPOND, _C.CASE_FIGURES, _C.ALERT_RESPOND}

ROLE_CAPABILITIES: dict[str, frozenset[Capability]] = {
    Role.PM: frozenset(
        _SEES_THE_WORK
        | {_C.ROUND_MANAGE, _C.EXPERT_MANAGE, _C.BOARD_EDIT, _C.GATE_WAIVE, _C.AUDIT_VIEW, _C.CASE_FIGURES}
    ),
    Role.DATA_ENGINEER: frozenset(
        _SEES_THE_WORK
        | {
            _C.DATASET_IMPORT,
            _C.RELEASE_COMPILE,
            _C.SNAPSHOT_PUBLISH,
            _C.ROUND_MANAGE,
            _C.RAWTEXT_VIEW,
            _C.PII_REVIEW,
        }
    ),
    # Of cases only the figures: missed and false alarms are what a model is measured by.
    Role.ML_ENGINEER: frozenset(
        _SEES_THE_WORK
        | {_C.TRAINING_RUN, _C.CAMPAIGN_MANAGE, _C.PROMOTE, _C.APIKEY_MANAGE, _C.CASE_FIGURES, _C.ALERT_RESPOND}
        # Stopping is always the safe side, so it is open to more people than letting go on is.
        | {_C.PROMOTION_FREEZE}
    ),
    Role.ANNOTATOR: frozenset({_C.ANNOTATE}),
    Role.QA: frozenset(
        _SEES_THE_WORK
        | _RESPONDS
        | {
            _C.ADJUDICATE,
            _C.REVIEW_JUDGE,
            _C.ROUND_MANAGE,
            _C.SNAPSHOT_PUBLISH,
            _C.RAWTEXT_VIEW,
            _C.PII_REVIEW,
        }
    ),
    Role.CLINICAL_LEAD: frozenset(
        _SEES_THE_WORK
        | _RESPONDS
        | {
            _C.CASE_OVERRIDE,
            _C.CASE_POLICY,
            _C.ADJUDICATE,
            _C.ADJUDICATE_OVERRIDE,
            _C.GUIDELINE_APPROVE,
            _C.REVIEW_JUDGE,
            _C.REVIEW_RESOLVE,
            _C.EXPERT_MANAGE,
            _C.CAMPAIGN_MANAGE,
            _C.SIGNOFF_DECIDE,
            _C.GATE_WAIVE,
            _C.SIGNOFF_GOVERN,
            _C.PROMOTION_FREEZE,
            _C.RETENTION_DECIDE,
            _C.SNAPSHOT_PUBLISH,
            _C.RAWTEXT_VIEW,
            _C.PII_REVIEW,
            _C.AUDIT_VIEW,
        }
    ),
    # A program, not a person: it acts through API keys and opens no pages but its own figures.
    Role.API_CLIENT: frozenset({_C.SCORE_VIEW}),
    Role.ADMINISTRATOR: frozenset(
        {_C.PEOPLE_MANAGE, _C.APIKEY_MANAGE, _C.JOBS_VIEW, _C.AUDIT_VIEW, _C.BOARD_VIEW, _C.SCORE_VIEW}
        # The last tier of an escalation: sees who should act and that nobody does, without clinical notes.
        | {_C.CASE_VIEW, _C.CASE_FIGURES, _C.WEBHOOK_MANAGE, _C.ALERT_RESPOND, _C.ALERT_LIMITS}
        # Keeps the rules of sign-off and can stop what goes to production, but signs and promotes nothing.
        | {_C.SIGNOFF_GOVERN, _C.PROMOTION_FREEZE}
    ),
}


def capabilities_of(roles: list[str]) -> frozenset[Capability]:
    """Everything that somebody with these roles may do."""
    granted: frozenset[Capability] = frozenset()
    for role in roles:
        granted |= ROLE_CAPABILITIES[role]
    return granted


def roles_with(capability: Capability) -> list[str]:
    """The roles that may do this."""
    return [role for role, granted in ROLE_CAPABILITIES.items() if capability in granted]
