"""Addresses of what follows from cases."""

from django.urls import path

from review.views import feedback, requests

urlpatterns = [
    path("feedback/", feedback.feedback, name="feedback"),
    path("feedback/round/", feedback.relabel_round_make, name="relabel_round_make"),
    path("feedback/<int:pk>/consent/", feedback.relabel_consent, name="relabel_consent"),
    path("feedback/<int:pk>/decline/", feedback.relabel_decline, name="relabel_decline"),
    path("cases/<int:pk>/relabel/", feedback.case_relabel, name="case_relabel"),
    path("cases/<int:pk>/note/", feedback.case_note, name="case_note"),
    path("cases/<int:pk>/similar/", feedback.case_similar, name="case_similar"),
    path("requests/", requests.case_requests, name="case_requests"),
    path("requests/<int:pk>/import/", requests.request_import_name, name="request_import_name"),
    path("requests/<int:pk>/close/", requests.request_close, name="request_close"),
]
