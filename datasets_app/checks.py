"""System checks of the datasets app."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register()
def upload_limit_is_positive(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The largest upload must be a positive number of bytes."""
    if settings.UPLOAD_MAX_BYTES > 0:
        return []
    return [
        Error(
            "UPLOAD_MAX_BYTES must be positive, or no file can be imported in the browser.",
            hint="Leave it out for the default.",
            id="datasets_app.E001",
        )
    ]
