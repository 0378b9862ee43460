"""Crisis scores from a Pixel Hub. Decision support: an answer contacts nobody, and “unknown” is never “no crisis”.

    from pixelhub_client import PixelCrisisDetector

    detector = PixelCrisisDetector("https://hub.example", key="phk_…", locale="en-US")
    answer = detector.score([{"role": "user", "content": "…"}])
    if answer.needs_person:
        ...

`AsyncPixelCrisisDetector` has the same methods to be awaited.
"""

from pixelhub_client.answers import (
    Action,
    Answer,
    BatchItem,
    BiasFinding,
    Contact,
    Eq,
    Problem,
    Risk,
    Safety,
    SafetyReason,
    Signal,
    Turn,
)
from pixelhub_client.asynchronous import AsyncPixelCrisisDetector
from pixelhub_client.conversations import AsyncConversation, Conversation
from pixelhub_client.errors import PixelHubError, RequestRefused, Unavailable
from pixelhub_client.synchronous import PixelCrisisDetector

__all__ = [
    "Action",
    "Answer",
    "AsyncConversation",
    "AsyncPixelCrisisDetector",
    "BatchItem",
    "BiasFinding",
    "Contact",
    "Conversation",
    "Eq",
    "PixelCrisisDetector",
    "PixelHubError",
    "Problem",
    "RequestRefused",
    "Risk",
    "Safety",
    "SafetyReason",
    "Signal",
    "Turn",
    "Unavailable",
]
