"""Tables of training: runs with their curves, studies, model versions, evaluations, test-set uses."""

from training_app.models.evaluations import Evaluation, FileEvaluation, TestSetUse
from training_app.models.runs import RunMetric, RunPoint, RunSample, TrainingRun
from training_app.models.states import RunKind, RunState, TrialState, VersionKind, VersionState
from training_app.models.studies import Study, Trial
from training_app.models.versions import CardSection, ModelVersion, VersionTransition

__all__ = [
    "CardSection",
    "Evaluation",
    "FileEvaluation",
    "ModelVersion",
    "RunKind",
    "RunMetric",
    "RunPoint",
    "RunSample",
    "RunState",
    "Study",
    "TestSetUse",
    "TrainingRun",
    "Trial",
    "TrialState",
    "VersionKind",
    "VersionState",
    "VersionTransition",
]
