"""What serving's events mean, in words (see pixelhub.audit.acts)."""

from __future__ import annotations

from pixelhub.accounts.roles import Capability
from pixelhub.audit.acts import register_acts, register_targets

register_acts(
    "promotion",
    {
        "deployment.activate": "activated version {model_version} in production",
        "deployment.retire": "took a version out of production",
        "deployment.refuse": "refused to serve: {reason}",
    },
)
register_acts("signoff", {"signoff.void": "voided a sign-off"})
register_acts(
    "escalation",
    {
        "case.open": "opened a case ({level})",
        "case.raise": "raised a case to {level}",
        "case.alarm_again": "heard an alarm again in a case",
        "case.missed": "opened a case for a missed crisis",
        "case.escalated": "escalated a case",
        "case.acknowledged": "acknowledged a case",
        "case.taken_over": "took a case over",
        "case.released": "gave a case back",
        "case.verified": "verified a case",
        "case.closed": "closed a case",
        "case.reopened": "opened a case again",
        "case.noted": "wrote a note to a case",
        "case.handed_over": "handed a person over to help",
        "case.handover_updated": "noted a step of a hand-over",
        "contact.check": "checked a number to call ({result:words})",
        "session.resolve": "settled the alert of a conversation",
    },
)
register_acts(
    "override",
    {
        "case.overridden": "overrode the protocol of a case",
    },
)
register_acts(
    "serving",
    {
        "scores.record": "scored {count} conversations",
        "session.open": "opened a conversation",
        "session.end": "ended a conversation",
        "session_text.purge": "deleted the words of conversations",
        "integration.record": "recorded a run of the integration suite",
        "webhook.set": "set the webhook",
        "webhook.rotate": "gave the webhook a new secret",
        "webhook.enable": "switched the webhook on",
        "webhook.disable": "switched the webhook off",
        "webhook.remove": "removed the webhook",
    },
)
register_acts(
    "serving",
    {
        "alert.open": "found {rule:words} past its limit ({level})",
        "alert.acknowledge": "acknowledged an alert ({rule:words}, {level})",
        "alert.end": "ended an alert ({rule:words}, {why:words})",
    },
)
register_acts(
    "policy",
    {
        "alert.limits_change": "changed the limits of monitoring",
        "case.policy_change": "changed the crisis policy",
        "session_policy.change": "changed how long words of conversations are kept",
    },
)
register_targets(
    {
        "inference.Alert": ("inference:alert_detail", Capability.CASE_FIGURES),
        "inference.Case": ("inference:case_detail", Capability.CASE_VIEW),
        "inference.ConversationSession": ("inference:session_detail", Capability.SCORE_VIEW),
    }
)
