"""Labelling: how long a sample is held, and what agreement must reach."""

from .env import env

__all__ = ["ANNOTATION_KAPPA_GATE", "ANNOTATION_LEASE_SECONDS"]

# A claimed sample returns to the queue after this long without a sign of life from its annotator's browser.
ANNOTATION_LEASE_SECONDS = env.int("ANNOTATION_LEASE_SECONDS", default=600)
# Kappa must lie above this for a round to pass.
ANNOTATION_KAPPA_GATE = env.float("ANNOTATION_KAPPA_GATE", default=0.85)
