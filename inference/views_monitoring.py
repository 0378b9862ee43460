"""The monitoring page: how safely and how fast the project is answered, live."""

from __future__ import annotations

from datetime import timedelta

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from inference.charts_monitoring import PLOTS
from inference.presentation_monitoring import alert_rows, counts_of, drift_rows, lines_of, version_rows
from inference.selectors_alerts import alerts_ended, alerts_open, limits_of
from inference.selectors_monitoring import WINDOWS, Window, figures_of, watch_state
from inference.topics import alerts_topic, cases_topic, monitoring_topic
from pixelhub.accounts.access import can, current_project, require
from pixelhub.accounts.http import HubRequest
from pixelhub.accounts.roles import Capability

_TABS = {"safety": "Safety", "performance": "Performance"}
#: Without a judgement for this long, nobody watches.
_LATE = timedelta(minutes=2)


def _window(request: HubRequest) -> Window:
    return WINDOWS.get(request.GET.get("window", ""), WINDOWS["24h"])


@never_cache
@require_GET
def monitoring(request: HubRequest) -> HttpResponse:
    """One tab over one window; its body alone for the live update."""
    project = current_project(request)
    require(request.user, project, Capability.CASE_FIGURES)
    now, window = timezone.now(), _window(request)
    tab = request.GET.get("tab", "safety")
    tab = tab if tab in _TABS else "safety"
    figures = figures_of(project, window, now=now)
    lasting = alerts_open(project)
    limits = limits_of(project)
    watch, left = watch_state()
    judged = watch.judged_at if watch else None
    context = {
        "tab": tab,
        "tabs": [
            {"label": label, "url": f"?tab={name}&window={window.name}", "current": name == tab}
            for name, label in _TABS.items()
        ],
        "windows": [
            {
                "label": "1 hour" if one.name == "1h" else one.label,
                "url": f"?tab={tab}&window={one.name}",
                "current": one is window,
            }
            for one in WINDOWS.values()
        ],
        "figures": figures,
        "lines": lines_of(figures, limits, lasting, performance=tab == "performance"),
        "counts": counts_of(figures),
        "drift": drift_rows(figures),
        "versions": version_rows(figures),
        "refusals": sorted(figures.refusals.items()),
        "alerts": alert_rows(lasting),
        "ended": alert_rows(alerts_ended(project)),
        "plots": [(name, plot.title) for name, plot in PLOTS.items() if plot.tab == tab],
        "drawn": int(now.timestamp()) // 10,
        "judged_at": judged,
        "watched": judged is not None and now - judged < _LATE,
        "left": left,
        "is_empty": not (figures.safety["requests"] or figures.safety["events"] or figures.overdue),
        "topics": " ".join(topic(project.pk) for topic in (monitoring_topic, alerts_topic, cases_topic)),
        "may_respond": can(request.user, project, Capability.ALERT_RESPOND),
    }
    template = "inference/_monitoring.html" if getattr(request, "htmx", False) else "inference/monitoring.html"
    return render(request, template, context)


@never_cache
@require_GET
def monitoring_plot(request: HubRequest, name: str) -> HttpResponse:
    """One plot of the page as SVG; the page holds its figures as tables."""
    project = current_project(request)
    require(request.user, project, Capability.CASE_FIGURES)
    plot = PLOTS.get(name)
    if plot is None:
        raise Http404("No such plot.")
    figures = figures_of(project, _window(request))
    return HttpResponse(plot.draw(figures, limits_of(project)), content_type="image/svg+xml")
