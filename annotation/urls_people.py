"""Addresses that change a round's people and samples."""

from django.urls import path

from annotation import views_people as views

urlpatterns = [
    path("rounds/<int:pk>/people/add/", views.round_annotator_add, name="round_annotator_add"),
    path("rounds/<int:pk>/people/remove/", views.round_annotator_remove, name="round_annotator_remove"),
    path("rounds/<int:pk>/extend/", views.round_extend, name="round_extend"),
]
