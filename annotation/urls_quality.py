"""Addresses of the review of finished work."""

from django.urls import path

from annotation import views_quality as views

urlpatterns = [
    path("rounds/<int:pk>/quality/", views.quality, name="quality"),
    path("rounds/<int:pk>/quality/report.json", views.quality_json, name="quality_json"),
    path("rounds/<int:pk>/quality/report.csv", views.quality_csv, name="quality_csv"),
    path("rounds/<int:pk>/quality/draw/", views.quality_draw, name="quality_draw"),
    path("rounds/<int:pk>/quality/next/", views.quality_next, name="quality_next"),
    path("quality/<int:pk>/", views.quality_review, name="quality_review"),
    path("feedback/", views.feedback, name="feedback"),
    path("feedback/<int:pk>/answer/", views.feedback_answer, name="feedback_answer"),
]
