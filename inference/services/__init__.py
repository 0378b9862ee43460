"""Every write of inference: what is in production, what was scored, and conversations followed turn by turn."""

from inference.engine.errors import BundleRefused, SignoffRefused
from inference.services.deployments import deployment_activate, deployment_refusal_record, deployment_retire
from inference.services.scores import batch_digest, score_fields, score_log_write
from inference.services.session_policies import PolicyRefused, session_policy_change, session_policy_of
from inference.services.session_purge import session_text_purge
from inference.services.sessions import (
    SessionMoved,
    SessionRefused,
    session_alert_resolve,
    session_end,
    session_open,
    session_turns_add,
)

__all__ = [
    "BundleRefused",
    "PolicyRefused",
    "SessionMoved",
    "SessionRefused",
    "SignoffRefused",
    "batch_digest",
    "deployment_activate",
    "deployment_refusal_record",
    "deployment_retire",
    "score_fields",
    "score_log_write",
    "session_alert_resolve",
    "session_end",
    "session_open",
    "session_policy_change",
    "session_policy_of",
    "session_text_purge",
    "session_turns_add",
]
