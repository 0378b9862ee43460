"""What an answer understands beyond the verdict: EQ, bias and safety of the assistant's replies, in one call."""

from __future__ import annotations

from dataclasses import dataclass

from datasets_app.corpus.replies.bias import BiasFinding
from datasets_app.corpus.replies.eq import Eq, eq_of
from datasets_app.corpus.replies.reading import Messages
from datasets_app.corpus.replies.safety import Safety, reply_findings, safety_of
from inference.engine.assessment import Decision


@dataclass(frozen=True)
class Understanding:
    """Estimates by rules; none of them changes a verdict. Places count among the messages given."""

    eq: Eq
    bias: tuple[BiasFinding, ...]
    safety: Safety


def understand(messages: Messages, decision: Decision) -> Understanding:
    """Judge the assistant's replies in a conversation that was decided on."""
    findings = reply_findings(messages)
    return Understanding(eq_of(messages), findings.bias, safety_of(decision.alert_level, findings))
