"""Live updates: the database holds the revision of every topic; Redis, when there is one, only carries the news."""

from typing import Any

from .env import env

__all__ = ["CHANNEL_LAYERS", "LIVE_POLL_SECONDS", "LIVE_PUSH", "LIVE_RECHECK_SECONDS", "REDIS_URL"]

REDIS_URL = env("REDIS_URL", default="")

# Never the in-memory layer: it loses what other processes send, without an error.
LIVE_PUSH = bool(REDIS_URL)
# How often a connection looks at the revisions of its topics; slow when they are pushed, as a safety net.
LIVE_POLL_SECONDS = env.float("LIVE_POLL_SECONDS", default=15.0 if LIVE_PUSH else 0.5)
# How often a connection asks whether its user may still listen.
LIVE_RECHECK_SECONDS = env.float("LIVE_RECHECK_SECONDS", default=30.0)

CHANNEL_LAYERS: dict[str, Any] = {}
if LIVE_PUSH:
    CHANNEL_LAYERS["default"] = {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "pixelhub"},
    }
