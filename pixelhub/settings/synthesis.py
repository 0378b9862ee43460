"""Language models that make up conversations (datasets): nothing is asked unless an endpoint is named here."""

from .env import env

__all__ = [
    "SYNTHESIS_API_KEY",
    "SYNTHESIS_ATTEMPTS",
    "SYNTHESIS_DESIGNER",
    "SYNTHESIS_DESIGNER_PROVIDER",
    "SYNTHESIS_ENDPOINT",
    "SYNTHESIS_MODEL",
    "SYNTHESIS_PARALLEL",
    "SYNTHESIS_PRIVATE_ORIGINS",
    "SYNTHESIS_TIMEOUT",
]

# An OpenAI-compatible service, up to and without /chat/completions.
SYNTHESIS_ENDPOINT = env("SYNTHESIS_ENDPOINT", default="").rstrip("/")
SYNTHESIS_API_KEY = env("SYNTHESIS_API_KEY", default="")
SYNTHESIS_MODEL = env("SYNTHESIS_MODEL", default="")
# Origins that may lie in the operator's own network, or on this machine; all others must be public addresses.
SYNTHESIS_PRIVATE_ORIGINS = env.list("SYNTHESIS_PRIVATE_ORIGINS", default=[])
SYNTHESIS_TIMEOUT = env.float("SYNTHESIS_TIMEOUT", default=120.0)
SYNTHESIS_ATTEMPTS = env.int("SYNTHESIS_ATTEMPTS", default=6)
SYNTHESIS_PARALLEL = env.int("SYNTHESIS_PARALLEL", default=4)
# NeMo Data Designer, up to and without /v1/data-designer, and the name of the model provider there.
SYNTHESIS_DESIGNER = env("SYNTHESIS_DESIGNER", default="").rstrip("/")
SYNTHESIS_DESIGNER_PROVIDER = env("SYNTHESIS_DESIGNER_PROVIDER", default="nvidiabuild")
