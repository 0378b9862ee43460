"""Addresses below /api/v1/datasets/: imports for programs."""

from django.urls import path

from .api import ImportDetail, ImportList

app_name = "datasets_api"

urlpatterns = [
    path("imports", ImportList.as_view(), name="imports"),
    path("imports/<int:pk>", ImportDetail.as_view(), name="import_detail"),
]
