"""Pages of review."""

from django.urls import path

from review.views import board, campaigns, cases, evidence, promotion, signoff

app_name = "review"

urlpatterns = [
    path("campaigns/", campaigns.campaigns, name="campaigns"),
    path("campaigns/new/", campaigns.campaign_create, name="campaign_create"),
    path("campaigns/<int:pk>/", campaigns.campaign_detail, name="campaign_detail"),
    path("campaigns/<int:pk>/close/", campaigns.campaign_close, name="campaign_close"),
    path("campaigns/<int:pk>/next/", cases.case_next, name="case_next"),
    path("cases/<int:pk>/", cases.case_judge, name="case_judge"),
    path("signoff/<int:pk>/", signoff.signoff, name="signoff"),
    path("promotion/", promotion.promotion, name="promotion"),
    path("promotion/<int:pk>/", promotion.version_promote, name="version_promote"),
    path("board/", board.board, name="board"),
    path("board/start/", board.plan_start, name="plan_start"),
    path("board/tick/", board.task_tick, name="task_tick"),
    path("board/untick/", board.task_untick, name="task_untick"),
    path("evidence/<uuid:score_id>/", evidence.evidence, name="evidence"),
]
