"""What the scoring service keeps beside the database: shared weights, cached answers, and counts for monitoring."""

from pathlib import Path

from .base import VAR_DIR
from .env import env

__all__ = ["METRICS_DIR", "METRICS_TOKEN", "MODEL_MEMORY_DIR", "SCORE_CACHE_SECONDS", "SCORE_CACHE_URL"]

# Weights of served models, mapped by each scoring process of this machine: in memory once. Any file may be deleted.
MODEL_MEMORY_DIR = Path(env("MODEL_MEMORY_DIR", default=str(VAR_DIR / "model-memory")))

# redis://… keeps what models said of a text; none: each request asks the model.
SCORE_CACHE_URL = env("SCORE_CACHE_URL", default="")
SCORE_CACHE_SECONDS = env.int("SCORE_CACHE_SECONDS", default=3600)

# What processes have counted, by machine; each service's processes are summed. May be emptied while nothing runs.
METRICS_DIR = Path(env("METRICS_DIR", default=str(VAR_DIR / "metrics")))
# Who asks /metrics has to show it; without one only requests from this machine itself are answered.
METRICS_TOKEN = env("METRICS_TOKEN", default="")
