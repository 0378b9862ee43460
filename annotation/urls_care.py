"""Addresses of the pages about the people who read: their own, and the one of those who lead them."""

from django.urls import path

from annotation import views_care

urlpatterns = [
    path("care/", views_care.care, name="care"),
    path("care/opt-out/", views_care.care_opt_out, name="care_opt_out"),
    path("care/preferences/", views_care.care_preferences, name="care_preferences"),
    path("care/hard/", views_care.care_hard, name="care_hard"),
    path("care/break/", views_care.care_break, name="care_break"),
    path("care/end/", views_care.care_end, name="care_end"),
    path("load/", views_care.load, name="load"),
    path("load/seen/", views_care.load_seen, name="load_seen"),
]
