"""What training's events mean, in words (see pixelhub.audit.acts)."""

from __future__ import annotations

from pixelhub.accounts.roles import Capability
from pixelhub.audit.acts import register_acts, register_targets

register_acts(
    "training",
    {
        "training_run.start": "started a training run",
        "training_run.resume": "took a training run up again",
        "training_run.cancel": "asked a training run to stop",
        "training_run.stop": "had a training run stopped",
        "training_run.succeed": "saw a training run through",
        "training_run.fail": "saw a training run fail",
        "study.start": "started a search over configurations",
        "study.resume": "took a search up again",
        "study.cancel": "asked a search to stop",
        "study.stop": "had a search stopped",
        "study.succeed": "saw a search through",
        "study.fail": "saw a search fail",
        "test_set.use": "used the test set, for the {use_number}. time",
    },
)
register_acts(
    "model",
    {
        "model_version.register": "registered version {version}",
        "model_version.state": "moved a version from {before:words} to {after:words}",
        "model_version.evaluate": "evaluated a version on its test set",
        "model_version.evaluate_file": "evaluated a version on a file",
        "model_card.section": "wrote in a model card",
    },
)
register_targets(
    {
        "training_app.TrainingRun": ("training:run_detail", Capability.TRAINING_VIEW),
        "training_app.Study": ("training:study_detail", Capability.TRAINING_VIEW),
        "training_app.ModelVersion": ("training:version_detail", Capability.MODEL_VIEW),
    }
)
