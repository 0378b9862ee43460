"""The jobs of training: runs and studies. Importing this package registers them."""

from training_app.jobs.runs import TrainingRunJob

__all__ = ["TrainingRunJob"]
