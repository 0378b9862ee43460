"""Every write of inference: what is in production, what was scored, conversations, and who looks after whom."""

from inference.engine.errors import BundleRefused, SignoffRefused
from inference.refusals import AlertInvalid, AlertRefused, CaseInvalid, CaseRefused
from inference.services.alert_limits import alert_limits_change
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
from inference.services.contact_checks import ContactFound, contact_check
from inference.services.deployments import (
    deployment_activate,
    deployment_refusal_record,
    deployment_retire,
    signoff_void_record,
)
from inference.services.handovers import handover_record, handover_step
from inference.services.missed_cases import MissedReport, missed_case_report
from inference.services.monitor_alerts import alert_acknowledge, figures_judge, figures_judge_when_due
from inference.services.monitor_counts import answers_count, traffic_record
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
    "AlertInvalid",
    "AlertRefused",
    "BundleRefused",
    "CaseInvalid",
    "CaseRefused",
    "ContactFound",
    "MissedReport",
    "PolicyRefused",
    "SessionMoved",
    "SessionRefused",
    "SignoffRefused",
    "WatchReport",
    "alert_acknowledge",
    "alert_limits_change",
    "answers_count",
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
    "contact_check",
    "deployment_activate",
    "deployment_refusal_record",
    "deployment_retire",
    "figures_judge",
    "figures_judge_when_due",
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
    "signoff_void_record",
    "traffic_record",
    "webhook_enable",
    "webhook_remove",
    "webhook_rotate",
    "webhook_set",
    "webhook_test",
]
