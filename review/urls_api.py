"""Addresses below /api/v1/ for sign-off and promotion."""

from django.urls import path

from review.api import Freeze, RollBack, Unfreeze, VersionPromote, VersionSignOff

app_name = "production_api"

urlpatterns = [
    path("versions/<int:pk>/signoff", VersionSignOff.as_view(), name="signoff"),
    path("versions/<int:pk>/promote", VersionPromote.as_view(), name="promote"),
    path("production/roll-back", RollBack.as_view(), name="roll_back"),
    path("production/freeze", Freeze.as_view(), name="freeze"),
    path("production/unfreeze", Unfreeze.as_view(), name="unfreeze"),
]
