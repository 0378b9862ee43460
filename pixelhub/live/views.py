"""The way around a blocked WebSocket: the same revisions by plain HTTP."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from pixelhub.live.access import allowed_topics
from pixelhub.live.consumers import MAX_TOPICS
from pixelhub.live.selectors import age_of, changed_within, revisions_of


@require_GET
@never_cache
def revisions(request: HttpRequest) -> JsonResponse:
    """`?topic=…&topic=…&age=…` -> {"revisions": {topic: number}, "recent": [topics]}, of the user's own projects.

    `recent` is what may have changed since a page of that age (in seconds) was made.
    """
    topics = request.GET.getlist("topic")
    if len(topics) > MAX_TOPICS:
        return JsonResponse({"error": f"At most {MAX_TOPICS} topics at once."}, status=400)
    try:
        age = age_of(request.GET.get("age", 0))
    except ValueError as error:
        return JsonResponse({"error": f"{error}."}, status=400)
    allowed = allowed_topics(request.user, topics)  # type: ignore[arg-type]
    return JsonResponse({"revisions": revisions_of(allowed), "recent": changed_within(allowed, age)})
