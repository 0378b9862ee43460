"""Addresses of decisions: adjudication, flags, the private digest. Included in the annotation app's own."""

from django.urls import path

from annotation import views_adjudication as views
from annotation import views_decisions

urlpatterns = [
    path("rounds/<int:pk>/adjudicate/", views.round_adjudicate, name="round_adjudicate"),
    path("rounds/<int:pk>/adjudicate/seat/", views.round_adjudicate_seat, name="round_adjudicate_seat"),
    path("rounds/<int:pk>/aggregate/", views_decisions.round_aggregate, name="round_aggregate"),
    path("rounds/<int:pk>/digest/", views_decisions.round_digest, name="round_digest"),
    path("flags/", views_decisions.flags, name="flags"),
    path("flags/<int:pk>/resolve/", views_decisions.flag_resolve, name="flag_resolve"),
]
