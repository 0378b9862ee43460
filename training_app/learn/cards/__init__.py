"""Model cards written from records and from nothing else, in two formats out of the same record.

Pure text building: no torch, no network (Hugging Face's own `validate()` asks a server, so it is not called).
"""

from .chai import applied_model_card
from .hugging_face import model_card
from .records import PLOTS, CardRecords, FileResult

__all__ = ["PLOTS", "CardRecords", "FileResult", "applied_model_card", "model_card"]
