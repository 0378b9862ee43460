"""Addresses of the registry, under /training/."""

from __future__ import annotations

from django.urls import path

from training_app import views_registry as views

urlpatterns = [
    path("versions/ledger/", views.version_ledger, name="version_ledger"),
    path("versions/compare/", views.version_compare, name="version_compare"),
    path("versions/compare/<int:first>/<int:second>.svg", views.version_compare_chart, name="version_compare_chart"),
    path("versions/<int:pk>/errors/", views.version_errors, name="version_errors"),
    path("versions/<int:pk>/plots/<slug:plot>.svg", views.version_plot, name="version_plot"),
    path("versions/<int:pk>/card/<slug:name>/", views.version_card_section, name="version_card_section"),
]
