"""Every write of training; the face that the floors above may use."""

from training_app.learn.errors import BundleRefused, ConfigInvalid
from training_app.services.card_sections import card_section_write, may_write_card
from training_app.services.derived import int8_start, student_start
from training_app.services.evaluations import evaluation_begin, evaluation_record
from training_app.services.file_evaluations import file_evaluation_record
from training_app.services.points import run_points_record
from training_app.services.refusal import BundleRegistered, RunRefused, SectionRefused, TransitionRefused
from training_app.services.runs import (
    run_begin,
    run_cancel,
    run_fail,
    run_mark_cancelled,
    run_metrics_record,
    run_resume,
    run_start,
    run_succeed,
    run_training_record,
)
from training_app.services.studies import (
    best_config,
    best_trial,
    study_begin,
    study_cancel,
    study_fail,
    study_mark_cancelled,
    study_resume,
    study_start,
    study_succeed,
    study_train_best,
    trial_begin,
    trial_curves_record,
    trial_end,
)
from training_app.services.versions import model_version_register, version_set_state

__all__ = [
    "BundleRefused",
    "BundleRegistered",
    "ConfigInvalid",
    "RunRefused",
    "SectionRefused",
    "TransitionRefused",
    "best_config",
    "best_trial",
    "card_section_write",
    "evaluation_begin",
    "evaluation_record",
    "file_evaluation_record",
    "int8_start",
    "may_write_card",
    "model_version_register",
    "run_begin",
    "run_cancel",
    "run_fail",
    "run_mark_cancelled",
    "run_metrics_record",
    "run_points_record",
    "run_resume",
    "run_start",
    "run_succeed",
    "run_training_record",
    "student_start",
    "study_begin",
    "study_cancel",
    "study_fail",
    "study_mark_cancelled",
    "study_resume",
    "study_start",
    "study_succeed",
    "study_train_best",
    "trial_begin",
    "trial_curves_record",
    "trial_end",
    "version_set_state",
]
