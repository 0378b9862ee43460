"""Every write of annotation. Floors above import from here."""

from annotation.services.adjudication_seats import adjudication_seat_keep, adjudication_seat_take
from annotation.services.adjudications import adjudicate
from annotation.services.claims import slot_claim, slot_heartbeat, slot_skip
from annotation.services.digests import digest_read
from annotation.services.flags import flag_resolve
from annotation.services.guidelines import guideline_approve, guideline_create, guideline_ensure_first
from annotation.services.policies import policy_change, policy_of
from annotation.services.publication import round_publish
from annotation.services.rater_models import rater_models_fit
from annotation.services.rounds import round_close, round_create, round_open
from annotation.services.simulation import round_adjudicate_simulated, round_simulate
from annotation.services.submissions import Submission, annotation_flag, annotation_submit

__all__ = [
    "Submission",
    "adjudicate",
    "adjudication_seat_keep",
    "adjudication_seat_take",
    "annotation_flag",
    "annotation_submit",
    "digest_read",
    "flag_resolve",
    "guideline_approve",
    "guideline_create",
    "guideline_ensure_first",
    "policy_change",
    "policy_of",
    "rater_models_fit",
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
