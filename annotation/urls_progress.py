"""Addresses about how far a round is."""

from django.urls import path

from annotation import views_progress

urlpatterns = [
    path("rounds/<int:pk>/progress/", views_progress.round_progress, name="round_progress"),
    path("rounds/<int:pk>/progress/board/", views_progress.round_board, name="round_board"),
    path("rounds/<int:pk>/progress/burndown.svg", views_progress.round_burndown, name="round_burndown"),
    path("rounds/<int:pk>/ask-more/", views_progress.round_ask_more, name="round_ask_more"),
]
