"""Every write of inference: what is in production, and what was scored."""

from inference.engine.errors import BundleRefused, SignoffRefused
from inference.services.deployments import deployment_activate, deployment_refusal_record, deployment_retire
from inference.services.scores import batch_digest, score_fields, score_log_write

__all__ = [
    "BundleRefused",
    "SignoffRefused",
    "batch_digest",
    "deployment_activate",
    "deployment_refusal_record",
    "deployment_retire",
    "score_fields",
    "score_log_write",
]
