"""WebSocket addresses; `pixelhub.asgi` puts the origin check and the session in front."""

from __future__ import annotations

from django.urls import path

from pixelhub.live.consumers import LiveConsumer

websocket_urlpatterns = [path("ws/live/", LiveConsumer.as_asgi())]
