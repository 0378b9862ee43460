"""The crisis protocol: what may be sent outside, and where to (inference)."""

from .env import env

__all__ = ["WEBHOOK_PORTS", "WEBHOOK_PRIVATE_ORIGINS"]

# Ports that a webhook of a project may use.
WEBHOOK_PORTS = [int(port) for port in env.list("WEBHOOK_PORTS", default=["443"])]
# Origins of the operator's own network that webhooks may name ("https://alerts.clinic.local:8443"); http is possible.
WEBHOOK_PRIVATE_ORIGINS = env.list("WEBHOOK_PRIVATE_ORIGINS", default=[])
