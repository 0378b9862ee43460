"""Labels in and out: the schema's JSONL, Label Studio JSON, Prodigy JSONL, CSV. Django-free.

Every writer takes `LabelledSample`s and every reader gives them back; what was written comes back unchanged.
"""

from __future__ import annotations

from annotation.exchange.formats import FORMATS, Format, detect, read, write
from annotation.exchange.sample import FinalLabel, LabelledSample, RawLabel, Refusal, SuggestedLabel

__all__ = [
    "FORMATS",
    "FinalLabel",
    "Format",
    "LabelledSample",
    "RawLabel",
    "Refusal",
    "SuggestedLabel",
    "detect",
    "read",
    "write",
]
