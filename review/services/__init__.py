"""Every write of review. Each is one transaction with its audit event in it."""

from review.services.campaigns import campaign_close, campaign_create, case_judge, case_label
from review.services.plan import plan_start_set, task_tick, task_untick
from review.services.promotion import version_promote
from review.services.signoffs import signoff_decide

__all__ = [
    "campaign_close",
    "campaign_create",
    "case_judge",
    "case_label",
    "plan_start_set",
    "signoff_decide",
    "task_tick",
    "task_untick",
    "version_promote",
]
