"""Pages of evidence: from a score backwards, from anything forwards, the search, the bundle."""

from django.urls import path

from review.views import evidence, evidence_bundle, evidence_onward, evidence_search

urlpatterns = [
    path("evidence/", evidence_search.evidence_search, name="evidence_search"),
    path("evidence/<uuid:score_id>/", evidence.evidence, name="evidence"),
    path("evidence/annotations/<int:pk>/", evidence_onward.evidence_annotation, name="evidence_annotation"),
    path("evidence/labels/<int:pk>/", evidence_onward.evidence_label, name="evidence_label"),
    path("evidence/records/<int:pk>/", evidence_onward.evidence_record, name="evidence_record"),
    path("evidence/snapshots/<int:pk>/", evidence_onward.evidence_snapshot, name="evidence_snapshot"),
    path("evidence/releases/<int:pk>/", evidence_onward.evidence_release, name="evidence_release"),
    path("evidence/runs/<int:pk>/", evidence_onward.evidence_run, name="evidence_run"),
    path("evidence/versions/<int:pk>/", evidence_onward.evidence_version, name="evidence_version"),
    path("evidence/versions/<int:pk>/bundle/", evidence_bundle.evidence_bundle, name="evidence_bundle"),
]
