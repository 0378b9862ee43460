"""Addresses under /live/."""

from __future__ import annotations

from django.urls import path

from pixelhub.live import views

app_name = "live"

urlpatterns = [path("revisions/", views.revisions, name="revisions")]
