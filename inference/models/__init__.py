"""The tables of inference, a module for each noun."""

from inference.models.case_policy import CasePolicy, CaseWatch, Deadlines
from inference.models.cases import (
    Case,
    CaseEvent,
    CaseKind,
    CaseNote,
    CaseOutcome,
    CaseState,
    EscalationTier,
    OverrideReason,
)
from inference.models.contact_checks import ContactCheck
from inference.models.deployments import Deployment, SignoffVoid
from inference.models.handovers import HandOver, MissedCase
from inference.models.idempotency import IdempotentAnswer
from inference.models.integration import IntegrationRun
from inference.models.monitoring import (
    Alert,
    AlertLimits,
    AnswerSlot,
    LoadSlot,
    MonitorWatch,
    RefusalSlot,
    Stretch,
)
from inference.models.scores import ScoreBatch, ScoreLog
from inference.models.sessions import ConversationSession, ConversationTurn, SessionPolicy
from inference.models.webhooks import Webhook, WebhookDelivery

__all__ = [
    "Alert",
    "AlertLimits",
    "AnswerSlot",
    "Case",
    "CaseEvent",
    "CaseKind",
    "CaseNote",
    "CaseOutcome",
    "CasePolicy",
    "CaseState",
    "CaseWatch",
    "ContactCheck",
    "ConversationSession",
    "ConversationTurn",
    "Deadlines",
    "Deployment",
    "EscalationTier",
    "HandOver",
    "IdempotentAnswer",
    "IntegrationRun",
    "LoadSlot",
    "MissedCase",
    "MonitorWatch",
    "OverrideReason",
    "RefusalSlot",
    "ScoreBatch",
    "ScoreLog",
    "SessionPolicy",
    "SignoffVoid",
    "Stretch",
    "Webhook",
    "WebhookDelivery",
]
