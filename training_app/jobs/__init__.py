"""The jobs of training: runs and studies. Importing this package registers them."""

from training_app.jobs.runs import TrainingRunJob
from training_app.jobs.studies import StudyJob

__all__ = ["StudyJob", "TrainingRunJob"]
