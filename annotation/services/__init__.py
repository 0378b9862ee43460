"""Every write of annotation. Floors above import from here."""

from annotation.services.adjudication_seats import adjudication_seat_keep, adjudication_seat_take
from annotation.services.adjudications import adjudicate
from annotation.services.assignment import (
    disagreements_ask_more,
    item_ask_more,
    round_annotator_add,
    round_annotator_remove,
    round_extend,
)
from annotation.services.breaks import break_take, day_end
from annotation.services.claims import Work, slot_claim, slot_heartbeat, slot_release, slot_skip, work_claim
from annotation.services.digests import digest_read
from annotation.services.exchange import labels_export, labels_import
from annotation.services.flags import flag_resolve
from annotation.services.followups import round_follow, round_retrain
from annotation.services.gold import ExpertLabel, gold_from_round, gold_retire, gold_set
from annotation.services.gold_import import MAX_BYTES as GOLD_FILE_BYTES
from annotation.services.gold_import import ImportRefused, gold_import
from annotation.services.guideline_decisions import guideline_approve, guideline_send_back
from annotation.services.guideline_notes import guideline_note_add, guideline_note_dismiss, guideline_note_take
from annotation.services.guidelines import (
    guideline_create,
    guideline_edit,
    guideline_ensure_first,
    guideline_withdraw,
)
from annotation.services.hard_moments import hard_moment_tell, hard_moments_see
from annotation.services.layout import Layout
from annotation.services.learning import set_create, set_start
from annotation.services.opt_outs import opt_out_set
from annotation.services.policies import policy_change, policy_of
from annotation.services.publication import round_publish
from annotation.services.quality import Finding, quality_answer, quality_draw, quality_review
from annotation.services.rater_models import rater_models_fit
from annotation.services.relabel import relabel_accept, relabel_dismiss, relabel_propose
from annotation.services.rounds import round_close, round_create, round_open
from annotation.services.simulation import round_adjudicate_simulated, round_simulate
from annotation.services.standing import annotator_pause_by_hand, annotator_resume, guideline_read, standing_of
from annotation.services.submissions import Submission, annotation_flag, annotation_submit
from annotation.services.suggestions import SuggestionInput, suggestions_from_import, suggestions_put

__all__ = [
    "GOLD_FILE_BYTES",
    "ExpertLabel",
    "Finding",
    "ImportRefused",
    "Layout",
    "Submission",
    "SuggestionInput",
    "Work",
    "adjudicate",
    "adjudication_seat_keep",
    "adjudication_seat_take",
    "annotation_flag",
    "annotation_submit",
    "annotator_pause_by_hand",
    "annotator_resume",
    "break_take",
    "day_end",
    "digest_read",
    "disagreements_ask_more",
    "flag_resolve",
    "gold_from_round",
    "gold_import",
    "gold_retire",
    "gold_set",
    "guideline_approve",
    "guideline_create",
    "guideline_edit",
    "guideline_ensure_first",
    "guideline_note_add",
    "guideline_note_dismiss",
    "guideline_note_take",
    "guideline_read",
    "guideline_send_back",
    "guideline_withdraw",
    "hard_moment_tell",
    "hard_moments_see",
    "item_ask_more",
    "labels_export",
    "labels_import",
    "opt_out_set",
    "policy_change",
    "policy_of",
    "quality_answer",
    "quality_draw",
    "quality_review",
    "rater_models_fit",
    "relabel_accept",
    "relabel_dismiss",
    "relabel_propose",
    "round_adjudicate_simulated",
    "round_annotator_add",
    "round_annotator_remove",
    "round_close",
    "round_create",
    "round_extend",
    "round_follow",
    "round_open",
    "round_publish",
    "round_retrain",
    "round_simulate",
    "set_create",
    "set_start",
    "slot_claim",
    "slot_heartbeat",
    "slot_release",
    "slot_skip",
    "standing_of",
    "suggestions_from_import",
    "suggestions_put",
    "work_claim",
]
