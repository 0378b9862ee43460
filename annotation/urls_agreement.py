"""Addresses about a round's agreement."""

from django.urls import path

from annotation import views_agreement

urlpatterns = [
    path("rounds/<int:pk>/agreement/", views_agreement.round_agreement, name="round_agreement"),
    path("rounds/<int:pk>/retrain/", views_agreement.round_retrain, name="round_retrain"),
    path("rounds/<int:pk>/follow/", views_agreement.round_follow, name="round_follow"),
]
