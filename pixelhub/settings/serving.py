"""What the scoring service keeps beside the database: shared weights, and answers of models where a cache is wanted."""

from pathlib import Path

from .base import VAR_DIR
from .env import env

__all__ = ["MODEL_MEMORY_DIR", "SCORE_CACHE_SECONDS", "SCORE_CACHE_URL"]

# Weights of served models, mapped by each scoring process of this machine: in memory once. Any file may be deleted.
MODEL_MEMORY_DIR = Path(env("MODEL_MEMORY_DIR", default=str(VAR_DIR / "model-memory")))

# redis://… keeps what models said of a text; none: each request asks the model.
SCORE_CACHE_URL = env("SCORE_CACHE_URL", default="")
SCORE_CACHE_SECONDS = env.int("SCORE_CACHE_SECONDS", default=3600)
