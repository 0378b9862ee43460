"""Every write of annotation. Floors above import from here."""

from annotation.services.adjudications import adjudicate
from annotation.services.claims import slot_claim, slot_heartbeat, slot_skip
from annotation.services.guidelines import guideline_approve, guideline_create, guideline_ensure_first
from annotation.services.policies import policy_change, policy_of
from annotation.services.publication import round_publish
from annotation.services.rounds import round_close, round_create, round_open
from annotation.services.simulation import round_adjudicate_simulated, round_simulate
from annotation.services.submissions import Submission, annotation_flag, annotation_submit

__all__ = [
    "Submission",
    "adjudicate",
    "annotation_flag",
    "annotation_submit",
    "guideline_approve",
    "guideline_create",
    "guideline_ensure_first",
    "policy_change",
    "policy_of",
    "round_adjudicate_simulated",
    "round_close",
    "round_create",
    "round_open",
    "round_publish",
    "round_simulate",
    "slot_claim",
    "slot_heartbeat",
    "slot_skip",
]
