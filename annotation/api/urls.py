"""Addresses of the instrument's JSON, under /annotation/api/."""

from django.urls import path

from annotation.api import views, views_care

urlpatterns = [
    path("rounds/<int:pk>/claim/", views.claim, name="api_claim"),
    path("rounds/<int:pk>/submit/", views.submit, name="api_submit"),
    path("rounds/<int:pk>/skip/", views.skip, name="api_skip"),
    path("rounds/<int:pk>/flag/", views.flag, name="api_flag"),
    path("rounds/<int:pk>/heartbeat/", views.heartbeat, name="api_heartbeat"),
    path("rounds/<int:pk>/release/", views.release, name="api_release"),
    path("rounds/<int:pk>/recent/", views.recent, name="api_recent"),
    path("rounds/<int:pk>/break/", views_care.take_break, name="api_break"),
    path("rounds/<int:pk>/hard/", views_care.hard, name="api_hard"),
]
