"""Which handler runs which kind of job.

Filled by `register` when the apps' `jobs` modules are imported, which happens at the first question: a process that
runs no jobs (the scoring service) never pays for what the handlers import.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import autodiscover_modules

if TYPE_CHECKING:
    from pixelhub.jobs.context import JobContext


class JobHandler(ABC):
    """One kind of long work. Subclass, set `kind` and `label`, write `run`, and decorate with `@register`.

    `run` may be called again after a crash with `ctx.checkpoint` of the last committed step, so it must
    continue from there; what it does outside `ctx.step` must bear repeating.
    """

    kind: ClassVar[str] = ""
    label: ClassVar[str] = ""
    queue: ClassVar[str] = "default"
    heavy: ClassVar[bool] = True
    max_attempts: ClassVar[int] = 3
    # Whether a cancelled job leaves its folder, so that it can be taken up again where it stopped.
    keeps_work: ClassVar[bool] = False

    @classmethod
    def start_daily(cls) -> None:
        """Queue one for the schedule (JOBS_DAILY). Override where a job needs a row of its own first."""
        from pixelhub.jobs.services import job_enqueue

        job_enqueue(kind=cls.kind, params={}, project=None, owner=None)

    @abstractmethod
    def run(self, ctx: JobContext) -> dict[str, Any] | None:
        """Do the work; return a small JSON result. Raise JobError for a failure no retry can mend."""


HandlerType = TypeVar("HandlerType", bound=type[JobHandler])

_handlers: dict[str, type[JobHandler]] = {}


def register(handler: HandlerType) -> HandlerType:
    """Class decorator; refuses a handler without kind or label, and a kind that is already taken."""
    if not handler.kind or not handler.label:
        raise ImproperlyConfigured(f"{handler.__qualname__} needs a kind and a label.")
    known = _handlers.get(handler.kind)
    if known is not None and (known.__module__, known.__qualname__) != (handler.__module__, handler.__qualname__):
        raise ImproperlyConfigured(
            f"Job kind {handler.kind!r} is registered by {known.__module__} and {handler.__module__}."
        )
    _handlers[handler.kind] = handler
    return handler


@cache
def _discover() -> None:
    autodiscover_modules("jobs")
    for module in settings.JOBS_HANDLER_MODULES:
        import_module(module)


def handler_for(kind: str) -> type[JobHandler] | None:
    _discover()
    return _handlers.get(kind)


def handlers() -> list[type[JobHandler]]:
    _discover()
    return [_handlers[kind] for kind in sorted(_handlers)]


def label_of(kind: str) -> str:
    handler = handler_for(kind)
    return handler.label if handler else kind
