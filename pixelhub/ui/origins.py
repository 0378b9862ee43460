"""Where a row came from, when a floor above knows it: an app says so, and the page of the row shows it.

A round does not know expert review, an import does not know who asked for it. Their pages ask here, and whoever may
not know of the origin is told nothing: each teller checks the reader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from django.utils.module_loading import autodiscover_modules

if TYPE_CHECKING:
    from django.db.models import Model

    from pixelhub.accounts.models import User

__all__ = ["Origin", "origins_of", "register_origins"]


@dataclass(frozen=True, slots=True)
class Origin:
    """One sentence on where a row came from, and the page that says more ("" for none that this reader may open)."""

    says: str
    url: str = ""


Teller = Callable[["User", int], Iterable[Origin]]
_tellers: dict[str, list[Teller]] = {}


def register_origins(label: str, tell: Teller) -> None:
    """`tell(reader, pk)` knows where rows of this model ("annotation.Round") came from."""
    _tellers.setdefault(label, []).append(tell)


@cache
def _discover() -> None:
    autodiscover_modules("origins")


def origins_of(reader: User, row: Model) -> list[Origin]:
    """Everything that may be told to this reader about where the row came from."""
    _discover()
    return [found for tell in _tellers.get(row._meta.label, []) for found in tell(reader, row.pk)]
