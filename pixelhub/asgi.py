"""One ASGI application: scoring in front, pages and live updates behind it.

The scoring service is mounted here so that an embedded hub is one process; in production it runs alone
(`uvicorn inference.asgi:application`) and this file's mount simply sees no such requests.
"""

import os
from importlib import import_module
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pixelhub.settings")
django.setup(set_prefix=False)

# Below this line Django is set up, which importing consumers and models needs.
from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import path  # noqa: E402

from pixelhub.live.routing import websocket_urlpatterns  # noqa: E402
from pixelhub.metrics.pages import counted  # noqa: E402
from pixelhub.pages import PagesApplication  # noqa: E402

_scoring = import_module(settings.SCORING_APPLICATION)
_scoring.application.counted_as = "web"
_sockets = [*websocket_urlpatterns, path("ws/conversations/", _scoring.application.page_socket)]
_pages = ProtocolTypeRouter(
    {
        "http": PagesApplication(),
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(_sockets))),
    }
)


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Lifespan and what scoring serves go to the scoring service, everything else to the pages."""
    if scope["type"] == "lifespan" or _scoring.serves(scope):
        await _scoring.application(scope, receive, send)
    elif scope["type"] == "http":
        await counted(_pages, scope, receive, send)
    else:
        await _pages(scope, receive, send)
