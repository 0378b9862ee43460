"""The names of topics: always `project:<id>:<what>`, so that membership decides who may listen."""

from __future__ import annotations

import re
from hashlib import sha256

MAX_TOPIC = 200
_TOPIC = re.compile(r"project:(?P<project>[1-9][0-9]{0,17}):[A-Za-z0-9_.:-]+", re.ASCII)


class TopicInvalid(ValueError):
    """A topic does not read `project:<id>:<what>`."""


def project_of(topic: str) -> int:
    """The project id in a topic. Raises TopicInvalid for anything that is not a topic."""
    match = _TOPIC.fullmatch(topic) if isinstance(topic, str) and len(topic) <= MAX_TOPIC else None
    if match is None:
        raise TopicInvalid("A topic reads project:<id>:<what>.")
    return int(match["project"])


def group_of(topic: str) -> str:
    """The channel layer's group for a topic; hashed because group names are short and ASCII without colons."""
    return "live." + sha256(topic.encode()).hexdigest()[:40]
