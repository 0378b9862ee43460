"""The tables of inference, a module for each noun."""

from inference.models.deployments import Deployment
from inference.models.scores import ScoreBatch, ScoreLog
from inference.models.sessions import ConversationSession, ConversationTurn, SessionPolicy

__all__ = ["ConversationSession", "ConversationTurn", "Deployment", "ScoreBatch", "ScoreLog", "SessionPolicy"]
