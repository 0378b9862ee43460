"""The tables of inference, a module for each noun."""

from inference.models.deployments import Deployment
from inference.models.idempotency import IdempotentAnswer
from inference.models.scores import ScoreBatch, ScoreLog

__all__ = ["Deployment", "IdempotentAnswer", "ScoreBatch", "ScoreLog"]
