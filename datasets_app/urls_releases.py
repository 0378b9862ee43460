"""Addresses of releases."""

from django.urls import path

from .views import comparisons, releases, scores

urlpatterns = [
    path("releases/", releases.releases, name="releases"),
    path("releases/new/", releases.release_create, name="release_create"),
    path("releases/<int:pk>/", releases.release_detail, name="release_detail"),
    path("releases/<int:pk>/quality/", releases.release_quality, name="release_quality"),
    path("releases/<int:pk>/charts/<slug:chart>.svg", releases.release_chart, name="release_chart"),
    path("releases/<int:pk>/scores/", scores.release_scores, name="release_scores"),
    path("releases/<int:pk>/scores/start/", scores.release_enrich, name="release_enrich"),
    path("releases/<int:pk>/scores/<slug:chart>.svg", scores.release_scores_chart, name="release_scores_chart"),
    path("releases/<int:pk>/scores/files/<str:name>", scores.release_scores_file, name="release_scores_file"),
    path("releases/<int:pk>/export/", releases.release_export, name="release_export"),
    path("releases/<int:pk>/compare/", comparisons.release_compare, name="release_compare"),
    path("releases/<int:pk>/files/<path:name>", releases.release_file, name="release_file"),
]
