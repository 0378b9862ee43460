"""The jobs of training: runs, studies, and the scoring of releases. Importing this package registers them."""

from training_app.jobs.enrichment import ReleaseEnrich
from training_app.jobs.runs import TrainingRunJob
from training_app.jobs.studies import StudyJob

__all__ = ["ReleaseEnrich", "StudyJob", "TrainingRunJob"]
