"""The way around a blocked WebSocket: the same revisions by plain HTTP."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from pixelhub.live.access import allowed_topics
from pixelhub.live.consumers import MAX_TOPICS
from pixelhub.live.selectors import revisions_of


@require_GET
@never_cache
def revisions(request: HttpRequest) -> JsonResponse:
    """`?topic=…&topic=…` -> {"revisions": {topic: number}}, of projects the user belongs to."""
    topics = request.GET.getlist("topic")
    if len(topics) > MAX_TOPICS:
        return JsonResponse({"error": f"At most {MAX_TOPICS} topics at once."}, status=400)
    return JsonResponse({"revisions": revisions_of(allowed_topics(request.user, topics))})  # type: ignore[arg-type]
