"""Addresses of augmentation and of the review of variations."""

from django.urls import path

from .views import augmentation, variations

urlpatterns = [
    path("augmentation/", augmentation.augmentations, name="augmentations"),
    path("augmentation/new/", augmentation.augmentation_create, name="augmentation_create"),
    path("augmentation/<int:pk>/", augmentation.augmentation, name="augmentation"),
    path("augmentation/<int:pk>/quarantine/", augmentation.augmentation_quarantine, name="augmentation_quarantine"),
    path("augmentation/<int:pk>/approved/", augmentation.augmentation_bring, name="augmentation_bring"),
    path("variations/", variations.variations, name="variations"),
    path("variations/next/", variations.variation_next, name="variation_next"),
    path("variations/<int:pk>/", variations.variation_review, name="variation_review"),
    path("variations/<int:pk>/pass/", variations.variation_pass, name="variation_pass"),
]
