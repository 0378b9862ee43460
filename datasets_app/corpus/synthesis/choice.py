"""The backend of a name, with the services that it asks."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .backends import BACKENDS, DESIGNER, ENDPOINT, Backend, Templates
from .designer import DesignerBackend
from .endpoint import EndpointSettings
from .model import ModelBackend


@dataclass(frozen=True)
class Services:
    """What a hub or a program may ask: a model's endpoint, and NeMo Data Designer with its model provider's name."""

    endpoint: EndpointSettings = field(default_factory=EndpointSettings)
    designer_url: str = ""
    designer_provider: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Services:
        """Read the same variables as the hub's settings (docs/settings.md)."""
        return cls(
            EndpointSettings.from_environment(environment),
            environment.get("SYNTHESIS_DESIGNER", ""),
            environment.get("SYNTHESIS_DESIGNER_PROVIDER", "nvidiabuild"),
        )

    def missing(self, name: str) -> str:
        """Which setting a backend lacks; "" where it can be used."""
        if name not in (ENDPOINT, DESIGNER):
            return ""
        if name == ENDPOINT and not self.endpoint.base_url:
            return "SYNTHESIS_ENDPOINT"
        if name == DESIGNER and not self.designer_url:
            return "SYNTHESIS_DESIGNER"
        return "" if self.endpoint.model else "SYNTHESIS_MODEL"


def backend_named(name: str, services: Services) -> Backend:
    """Return the backend. Raises ValueError for an unknown one, and for one whose settings are missing."""
    if name not in BACKENDS:
        raise ValueError(f"unknown backend {name}: choose of {', '.join(BACKENDS)}")
    if lacking := services.missing(name):
        raise ValueError(f"{BACKENDS[name]} needs {lacking} (docs/settings.md)")
    if name == ENDPOINT:
        return ModelBackend(services.endpoint)
    if name == DESIGNER:
        return DesignerBackend(replace(services.endpoint, base_url=services.designer_url), services.designer_provider)
    return Templates()
