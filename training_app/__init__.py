"""Training: runs, model versions, evaluations and model cards of the crisis-detection model."""
