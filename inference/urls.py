"""Pages of inference."""

from django.urls import include, path

from inference import views, views_integration

app_name = "inference"

urlpatterns = [
    path("", views.console, name="console"),
    path("score/", views.console_score, name="console_score"),
    path("scores/", views.scores, name="scores"),
    path("deployments/", views.deployments, name="deployments"),
    path("api/", views.api_docs, name="api_docs"),
    path("integration/", views_integration.integration, name="integration"),
    path("", include("inference.urls_sessions")),
    path("cases/", include("inference.urls_cases")),
    path("monitoring/", include("inference.urls_monitoring")),
]
