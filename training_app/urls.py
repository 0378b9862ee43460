"""Addresses under /training/."""

from __future__ import annotations

from django.urls import include, path

from training_app import urls_derive, urls_registry, views

app_name = "training"

urlpatterns = [
    path("runs/", include("training_app.urls_runs")),
    path("studies/", include("training_app.urls_studies")),
    path("versions/", views.versions, name="versions"),
    path("versions/<int:pk>/", views.version_detail, name="version_detail"),
    path("versions/<int:pk>/card/", views.version_card, name="version_card"),
    *urls_registry.urlpatterns,
    *urls_derive.urlpatterns,
]
