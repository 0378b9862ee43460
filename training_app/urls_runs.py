"""Addresses under /training/runs/."""

from __future__ import annotations

from django.urls import path

from training_app import views_runs as views

urlpatterns = [
    path("", views.runs, name="runs"),
    path("new/", views.run_create, name="run_create"),
    path("new/load/", views.run_load, name="run_load"),
    path("new/estimate/", views.run_estimate, name="run_estimate"),
    path("<int:pk>/", views.run_detail, name="run_detail"),
    path("<int:pk>/<slug:chart>.svg", views.run_chart, name="run_chart"),
    path("<int:pk>/config.json", views.run_config, name="run_config"),
    path("<int:pk>/cancel/", views.run_cancel, name="run_cancel"),
    path("<int:pk>/resume/", views.run_resume, name="run_resume"),
]
