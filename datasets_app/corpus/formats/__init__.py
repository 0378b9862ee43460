"""Six dialogue formats, preference pairs and plain rows, detected per record and converted to ChatML messages (D2).

Nothing is silently dropped: every field that is not part of the dialogue survives in `metadata["input"]`, and
every turn or part that is not text (tool calls, images, reasoning) survives in `metadata["non_text"]`.
"""

from .objects import convert, convert_text, detect
from .record import MAX_ID_CHARS, Converted, describe
from .texts import text_format
from .turns import ROLE_OF, is_turn_list

__all__ = [
    "MAX_ID_CHARS",
    "ROLE_OF",
    "Converted",
    "convert",
    "convert_text",
    "describe",
    "detect",
    "is_turn_list",
    "text_format",
]
