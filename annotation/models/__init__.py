"""Tables of annotation. What each holds is said where it is defined; workflow is in the services."""

from .adjudications import (
    Adjudication,
    AdjudicationRevision,
    AdjudicationSeat,
    AgreementResult,
    RaterModelFit,
    RaterModelVote,
)
from .guideline_notes import GuidelineNote
from .guidelines import Guideline, GuidelineReturn, RelabelProposal
from .imports import LabelImport
from .labels import Annotation, AnnotationRevision, Flag, LabelFields
from .policy import AnnotationPolicy
from .qualification import GoldLabel, Qualification, QualificationAttempt
from .quality import QualityReview
from .rounds import Batch, Round, RoundAnnotator, RoundItem, Slot
from .suggestions import Suggestion, SuggestionView
from .wellbeing import Break, HardMoment, TypeOptOut, WorkSession

__all__ = [
    "Adjudication",
    "AdjudicationRevision",
    "AdjudicationSeat",
    "AgreementResult",
    "Annotation",
    "AnnotationPolicy",
    "AnnotationRevision",
    "Batch",
    "Break",
    "Flag",
    "GoldLabel",
    "Guideline",
    "GuidelineNote",
    "GuidelineReturn",
    "HardMoment",
    "LabelFields",
    "LabelImport",
    "Qualification",
    "QualificationAttempt",
    "QualityReview",
    "RaterModelFit",
    "RaterModelVote",
    "RelabelProposal",
    "Round",
    "RoundAnnotator",
    "RoundItem",
    "Slot",
    "Suggestion",
    "SuggestionView",
    "TypeOptOut",
    "WorkSession",
]
