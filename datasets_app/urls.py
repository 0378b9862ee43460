"""Addresses below /datasets/."""

from django.urls import include, path

from . import views

app_name = "datasets"

urlpatterns = [
    path("", views.imports, name="imports"),
    path("imports/new/", views.import_create, name="import_create"),
    path("imports/<int:pk>/", views.import_detail, name="import_detail"),
    path("imports/<int:pk>/quarantine/", views.import_quarantine, name="import_quarantine"),
    path("records/", views.record_list, name="record_list"),
    path("records/<int:pk>/", views.record_detail, name="record_detail"),
    path("snapshots/", views.snapshots, name="snapshots"),
    path("snapshots/<int:pk>/", views.snapshot_detail, name="snapshot_detail"),
    path("snapshots/<int:pk>/download/", views.snapshot_download, name="snapshot_download"),
    path("", include("datasets_app.urls_releases")),
    path("", include("datasets_app.urls_ladders")),
    path("", include("datasets_app.urls_pii")),
    path("", include("datasets_app.urls_duplicates")),
    path("", include("datasets_app.urls_inventory")),
    path("", include("datasets_app.urls_synthesis")),
    path("", include("datasets_app.urls_augmentation")),
]
