"""Addresses of experts, of who reads which case, of discussions and of what follows from a case."""

from django.urls import path

from review.views import discussions, experts

urlpatterns = [
    path("experts/", experts.experts, name="experts"),
    path("experts/me/", experts.expert_me, name="expert_me"),
    path("experts/me/absence/", experts.absence_own, name="absence_own"),
    path("experts/<int:pk>/", experts.expert_change, name="expert_change"),
    path("experts/<int:pk>/absence/", experts.absence_add, name="absence_add"),
    path("experts/absences/<int:pk>/end/", experts.absence_end, name="absence_end"),
    path("campaigns/<int:pk>/reassign/", experts.campaign_reassign, name="campaign_reassign"),
    path("cases/<int:pk>/discuss/", discussions.case_discuss, name="case_discuss"),
    path("cases/<int:pk>/resolve/", discussions.case_resolve, name="case_resolve"),
]
