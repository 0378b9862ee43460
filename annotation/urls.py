"""Addresses of annotation."""

from django.urls import include, path

from annotation import views

app_name = "annotation"

urlpatterns = [
    path("rounds/", views.rounds, name="rounds"),
    path("rounds/new/", views.round_create, name="round_create"),
    path("rounds/<int:pk>/", views.round_detail, name="round_detail"),
    path("rounds/<int:pk>/figures/", views.round_figures, name="round_figures"),
    path("rounds/<int:pk>/open/", views.round_open, name="round_open"),
    path("rounds/<int:pk>/close/", views.round_close, name="round_close"),
    path("rounds/<int:pk>/publish/", views.round_publish, name="round_publish"),
    path("rounds/<int:pk>/label/", views.round_label, name="round_label"),
    path("", include("annotation.urls_adjudication")),
    path("label/", views.label, name="label"),
    path("guidelines/", include("annotation.urls_guidelines")),
    path("", include("annotation.urls_agreement")),
    path("", include("annotation.urls_progress")),
    path("", include("annotation.urls_people")),
    path("", include("annotation.urls_care")),
    path("", include("annotation.urls_quality")),
    path("", include("annotation.urls_qualification")),
    path("", include("annotation.urls_exchange")),
    path("api/", include("annotation.api.urls")),
]
