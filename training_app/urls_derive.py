"""Addresses of what makes a version out of a version."""

from __future__ import annotations

from django.urls import path

from training_app import views_derive

urlpatterns = [
    path("versions/<int:pk>/student/", views_derive.version_student, name="version_student"),
    path("versions/<int:pk>/int8/", views_derive.version_int8, name="version_int8"),
]
