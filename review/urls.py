"""Pages of review."""

from django.urls import include, path

from review.views import campaigns, cases

app_name = "review"

urlpatterns = [
    path("", include("review.urls_programme")),
    path("campaigns/", campaigns.campaigns, name="campaigns"),
    path("campaigns/new/", campaigns.campaign_create, name="campaign_create"),
    path("campaigns/<int:pk>/", campaigns.campaign_detail, name="campaign_detail"),
    path("campaigns/<int:pk>/close/", campaigns.campaign_close, name="campaign_close"),
    path("campaigns/<int:pk>/next/", cases.case_next, name="case_next"),
    path("cases/<int:pk>/", cases.case_judge, name="case_judge"),
    path("", include("review.urls_experts")),
    path("", include("review.urls_expert_sets")),
    path("", include("review.urls_signoff")),
    path("", include("review.urls_evidence")),
    path("", include("review.urls_findings")),
    path("", include("review.urls_feedback")),
]
