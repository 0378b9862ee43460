"""Addresses below /datasets/identifiers/."""

from django.urls import path

from .views import pii as views

urlpatterns = [
    path("identifiers/", views.pii_queue, name="pii_queue"),
    path("identifiers/review/", views.pii_review, name="pii_review"),
    path("identifiers/bulk/", views.pii_bulk, name="pii_bulk"),
    path("identifiers/undo/", views.pii_undo, name="pii_undo"),
    path("identifiers/apply/", views.pii_apply, name="pii_apply"),
    path("identifiers/sample/", views.pii_sample, name="pii_sample"),
    path("identifiers/screen/", views.pii_screen, name="pii_screen"),
    path("identifiers/claim/", views.pii_claim_next, name="pii_claim"),
    path("identifiers/beat/", views.pii_beat, name="pii_beat"),
    path("identifiers/<int:pk>/confirm/", views.pii_confirm_record, name="pii_confirm"),
    path("identifiers/<int:pk>/release/", views.pii_release_record, name="pii_release"),
]
