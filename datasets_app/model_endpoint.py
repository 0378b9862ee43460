"""The language models that this hub may ask, as its settings say."""

from __future__ import annotations

from django.conf import settings

from .corpus.synthesis.choice import Services
from .corpus.synthesis.endpoint import EndpointSettings


def endpoint_settings() -> EndpointSettings:
    """The configured endpoint; its `base_url` is "" where there is none."""
    return EndpointSettings(
        base_url=settings.SYNTHESIS_ENDPOINT,
        api_key=settings.SYNTHESIS_API_KEY,
        model=settings.SYNTHESIS_MODEL,
        private_origins=settings.SYNTHESIS_PRIVATE_ORIGINS,
        timeout_s=settings.SYNTHESIS_TIMEOUT,
        attempts=settings.SYNTHESIS_ATTEMPTS,
        parallel=settings.SYNTHESIS_PARALLEL,
    )


def synthesis_services() -> Services:
    """Every service that may write made-up conversations."""
    return Services(endpoint_settings(), settings.SYNTHESIS_DESIGNER, settings.SYNTHESIS_DESIGNER_PROVIDER)
