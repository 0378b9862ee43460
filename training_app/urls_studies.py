"""Addresses under /training/studies/."""

from __future__ import annotations

from django.urls import path

from training_app import views_studies as views

urlpatterns = [
    path("", views.studies, name="studies"),
    path("new/", views.study_create, name="study_create"),
    path("<int:pk>/", views.study_detail, name="study_detail"),
    path("<int:pk>/<slug:chart>.svg", views.study_chart, name="study_chart"),
    path("<int:pk>/best.json", views.study_best, name="study_best"),
    path("<int:pk>/cancel/", views.study_cancel, name="study_cancel"),
    path("<int:pk>/resume/", views.study_resume, name="study_resume"),
    path("<int:pk>/train/", views.study_train, name="study_train"),
]
