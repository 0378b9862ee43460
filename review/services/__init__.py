"""Every write of review. Each is one transaction with its audit event in it."""

from review.services.absences import absence_add, absence_end, expert_change
from review.services.assignments import campaign_reassign, case_claim
from review.services.campaigns import campaign_close, campaign_create
from review.services.digests import digest_subscribe, digest_unsubscribe, digests_send
from review.services.discussions import case_discuss, case_resolve
from review.services.expert_files import expert_set_export, expert_set_import
from review.services.expert_ratings import example_decide, example_next, example_rate
from review.services.expert_sets import expert_set_draw, expert_set_freeze, expert_set_request
from review.services.experts import expert_register
from review.services.exports import evidence_export
from review.services.feedback import case_note, case_relabel, case_similar, relabel_consent, relabel_decline
from review.services.freeze import promotion_freeze, promotion_unfreeze
from review.services.judgements import case_judge, case_judge_at_once, case_label
from review.services.phases import gate_waive, phase_close, phase_reopen, waiver_withdraw
from review.services.plan import owner_assign, owner_end, plan_start_set, subtask_move, task_tick, task_untick
from review.services.policies import signoff_policy_set
from review.services.promotion import roll_back, version_promote
from review.services.relabelling import relabel_round_make
from review.services.requests import request_close, request_import_name
from review.services.signoffs import signoff_decide, signoff_void

__all__ = [
    "absence_add",
    "absence_end",
    "campaign_close",
    "campaign_create",
    "campaign_reassign",
    "case_claim",
    "case_discuss",
    "case_judge",
    "case_judge_at_once",
    "case_label",
    "case_note",
    "case_relabel",
    "case_resolve",
    "case_similar",
    "digest_subscribe",
    "digest_unsubscribe",
    "digests_send",
    "evidence_export",
    "example_decide",
    "example_next",
    "example_rate",
    "expert_change",
    "expert_register",
    "expert_set_draw",
    "expert_set_export",
    "expert_set_freeze",
    "expert_set_import",
    "expert_set_request",
    "gate_waive",
    "owner_assign",
    "owner_end",
    "phase_close",
    "phase_reopen",
    "plan_start_set",
    "promotion_freeze",
    "promotion_unfreeze",
    "relabel_consent",
    "relabel_decline",
    "relabel_round_make",
    "request_close",
    "request_import_name",
    "roll_back",
    "signoff_decide",
    "signoff_policy_set",
    "signoff_void",
    "subtask_move",
    "task_tick",
    "task_untick",
    "version_promote",
    "waiver_withdraw",
]
