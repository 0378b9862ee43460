"""Pages about a version: the clinical questions and fairness."""

from django.urls import path

from review.views import fairness, questions

urlpatterns = [
    path("versions/<int:pk>/questions/", questions.clinical_questions, name="clinical_questions"),
    path("versions/<int:pk>/questions/next/", questions.error_next, name="error_next"),
    path("versions/<int:pk>/questions/<slug:key>/", questions.error_read, name="error_read"),
    path("versions/<int:pk>/edge-cases/", questions.edge_cases, name="edge_cases"),
    path("versions/<int:pk>/edge-cases/check/", questions.edge_cases_check, name="edge_cases_check"),
    path("versions/<int:pk>/fairness/", fairness.fairness, name="fairness"),
    path("versions/<int:pk>/fairness/make/", fairness.fairness_create, name="fairness_create"),
    path("fairness/<int:pk>/report.json", fairness.fairness_download, name="fairness_download"),
]
