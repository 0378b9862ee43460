"""A labelled set of made-up conversations and the figures of the search for identifiers on it."""

from .figures import Figures, evaluate
from .labelled import Case, all_cases, half_of

__all__ = ["Case", "Figures", "all_cases", "evaluate", "half_of"]
