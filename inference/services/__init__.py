"""Every write of inference: what is in production, what was scored, conversations, and who looks after whom."""

from inference.engine.errors import BundleRefused, SignoffRefused
from inference.refusals import CaseInvalid, CaseRefused
from inference.services.case_policies import case_policy_change
from inference.services.case_watch import WatchReport, cases_watch
from inference.services.cases import (
    case_acknowledge,
    case_close,
    case_note,
    case_override,
    case_release,
    case_reopen,
    case_take_over,
    case_verify,
)
from inference.services.deployments import deployment_activate, deployment_refusal_record, deployment_retire
from inference.services.handovers import handover_record, handover_step
from inference.services.missed_cases import MissedReport, missed_case_report
from inference.services.scores import batch_digest, score_fields, score_log_write
from inference.services.session_alerts import session_alert_resolve
from inference.services.session_policies import PolicyRefused, session_policy_change, session_policy_of
from inference.services.session_purge import session_text_purge
from inference.services.sessions import (
    SessionMoved,
    SessionRefused,
    session_end,
    session_open,
    session_turns_add,
)
from inference.services.webhooks import (
    webhook_enable,
    webhook_remove,
    webhook_rotate,
    webhook_set,
    webhook_test,
)

__all__ = [
    "BundleRefused",
    "CaseInvalid",
    "CaseRefused",
    "MissedReport",
    "PolicyRefused",
    "SessionMoved",
    "SessionRefused",
    "SignoffRefused",
    "WatchReport",
    "batch_digest",
    "case_acknowledge",
    "case_close",
    "case_note",
    "case_override",
    "case_policy_change",
    "case_release",
    "case_reopen",
    "case_take_over",
    "case_verify",
    "cases_watch",
    "deployment_activate",
    "deployment_refusal_record",
    "deployment_retire",
    "handover_record",
    "handover_step",
    "missed_case_report",
    "score_fields",
    "score_log_write",
    "session_alert_resolve",
    "session_end",
    "session_open",
    "session_policy_change",
    "session_policy_of",
    "session_text_purge",
    "session_turns_add",
    "webhook_enable",
    "webhook_remove",
    "webhook_rotate",
    "webhook_set",
    "webhook_test",
]
