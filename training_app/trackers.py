"""Which trackers a run of the hub may report to: local stores always, others where the operator allows them."""

from __future__ import annotations

from django.conf import settings

from training_app.learn.config import TrackingConfig


def tracking_refusal(tracking: TrackingConfig) -> str:
    """Return why a run of the hub may not report as configured, "" when it may.

    A person's configuration must not make the hub's workers call any address they like, or write to any folder.
    """
    if tracking.local_dir:
        return "Folders are chosen by the hub: leave tracking.local_dir out of the configuration."
    if tracking.mlflow_uri and tracking.mlflow_uri not in settings.PIXELHUB_MLFLOW_SERVERS:
        return "The MLflow server is not one that the operator allows: see PIXELHUB_MLFLOW_SERVERS."
    if tracking.wandb == "online" and not settings.PIXELHUB_WANDB_ONLINE:
        return "The operator does not allow Weights & Biases online (PIXELHUB_WANDB_ONLINE); offline is possible."
    return ""
