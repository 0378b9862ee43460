"""Tables of review, by noun: states and constraints only; every write is in `review.services`."""

from review.models.append_only import AppendOnlyError, AppendOnlyModel, AppendOnlyQuerySet
from review.models.assignments import Assignment
from review.models.campaigns import Campaign, Judgement, ReviewCase
from review.models.digests import DigestSubscription
from review.models.discussions import DiscussionPost, Resolution
from review.models.expert_sets import ExampleDecision, ExpertExample, ExpertRating, ExpertSet
from review.models.experts import Absence, Expert
from review.models.fairness import Alert, EdgeCaseCheck, FairnessReport
from review.models.feedback import CaseRequest, Feedback, RequestImport
from review.models.phases import ClosedGate, GateWaiver, PhaseClosing
from review.models.plan import PlannedDays, TaskOwner, TaskTick
from review.models.readings import ErrorAnswer, ErrorKind, ErrorOpening
from review.models.signoffs import PromotionFreeze, SignOff, SignOffPolicy

__all__ = [
    "Absence",
    "Alert",
    "AppendOnlyError",
    "AppendOnlyModel",
    "AppendOnlyQuerySet",
    "Assignment",
    "Campaign",
    "CaseRequest",
    "ClosedGate",
    "DigestSubscription",
    "DiscussionPost",
    "EdgeCaseCheck",
    "ErrorAnswer",
    "ErrorKind",
    "ErrorOpening",
    "ExampleDecision",
    "Expert",
    "ExpertExample",
    "ExpertRating",
    "ExpertSet",
    "FairnessReport",
    "Feedback",
    "GateWaiver",
    "Judgement",
    "PhaseClosing",
    "PlannedDays",
    "PromotionFreeze",
    "RequestImport",
    "Resolution",
    "ReviewCase",
    "SignOff",
    "SignOffPolicy",
    "TaskOwner",
    "TaskTick",
]
