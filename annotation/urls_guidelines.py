"""Addresses of guidelines: versions, their writing and approval, and what they ask to be labelled again."""

from django.urls import path

from annotation import views_guideline_notes as notes
from annotation import views_guidelines as views
from annotation import views_relabel as relabel

urlpatterns = [
    path("", views.guidelines, name="guidelines"),
    path("write/", views.guideline_write, name="guideline_write"),
    path("render/", views.guideline_render, name="guideline_render"),
    path("notes/", notes.guideline_notes, name="guideline_notes"),
    path("notes/<int:pk>/take/", notes.guideline_note_take, name="guideline_note_take"),
    path("notes/<int:pk>/dismiss/", notes.guideline_note_dismiss, name="guideline_note_dismiss"),
    path("<int:pk>/", views.guideline_detail, name="guideline_detail"),
    path("<int:pk>/edit/", views.guideline_edit, name="guideline_edit"),
    path("<int:pk>/withdraw/", views.guideline_withdraw, name="guideline_withdraw"),
    path("<int:pk>/diff/", views.guideline_diff, name="guideline_diff"),
    path("<int:pk>/approve/", views.guideline_approve, name="guideline_approve"),
    path("<int:pk>/return/", views.guideline_send_back, name="guideline_send_back"),
    path("<int:pk>/relabel/", relabel.relabel, name="relabel"),
    path("<int:pk>/relabel/accept/", relabel.relabel_accept, name="relabel_accept"),
    path("<int:pk>/relabel/dismiss/", relabel.relabel_dismiss, name="relabel_dismiss"),
    path("<int:pk>/relabel/propose/", relabel.relabel_propose, name="relabel_propose"),
]
