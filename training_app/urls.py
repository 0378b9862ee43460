"""Addresses under /training/."""

from __future__ import annotations

from django.urls import path

from training_app import urls_registry, views

app_name = "training"

urlpatterns = [
    path("runs/", views.runs, name="runs"),
    path("runs/new/", views.run_create, name="run_create"),
    path("runs/<int:pk>/", views.run_detail, name="run_detail"),
    path("runs/<int:pk>/<slug:chart>.svg", views.run_chart, name="run_chart"),
    path("runs/<int:pk>/cancel/", views.run_cancel, name="run_cancel"),
    path("versions/", views.versions, name="versions"),
    path("versions/<int:pk>/", views.version_detail, name="version_detail"),
    path("versions/<int:pk>/card/", views.version_card, name="version_card"),
    *urls_registry.urlpatterns,
]
