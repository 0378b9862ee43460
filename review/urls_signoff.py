"""Addresses of sign-off and promotion."""

from django.urls import path

from review.views import ledger, promotion, signoff, signoff_acts

urlpatterns = [
    path("signoff/policy/", signoff_acts.signoff_policy, name="signoff_policy"),
    path("signoff/signing.pub", signoff_acts.signing_key, name="signing_key"),
    path("signoff/documents/<int:pk>.json", signoff_acts.signoff_document, name="signoff_document"),
    path("signoff/<int:pk>/", signoff.signoff, name="signoff"),
    path("signoff/<int:pk>/void/", signoff_acts.signoff_void, name="signoff_void"),
    path("promotion/", promotion.promotion, name="promotion"),
    path("promotion/<int:pk>/", promotion.version_promote, name="version_promote"),
    path("promotion/roll-back/", promotion.roll_back, name="roll_back"),
    path("promotion/freeze/", promotion.promotion_freeze, name="promotion_freeze"),
    path("promotion/unfreeze/", promotion.promotion_unfreeze, name="promotion_unfreeze"),
    path("promotion/ledger/", ledger.ledger, name="ledger"),
]
