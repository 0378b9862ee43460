"""Addresses of labels in and out."""

from django.urls import path

from annotation import views_exchange as views

urlpatterns = [
    path("rounds/<int:pk>/export/", views.round_export, name="round_export"),
    path("labels/imports/", views.label_imports, name="label_imports"),
    path("labels/imports/<int:pk>/", views.label_import, name="label_import"),
    path("labels/imports/<int:pk>/refused/", views.label_import_refused, name="label_import_refused"),
]
