"""Addresses of first steps, expert labels, drift and the policy."""

from django.urls import path

from annotation import views_gold, views_qualification

urlpatterns = [
    path("start/", views_qualification.start, name="start"),
    path("start/read/", views_qualification.start_read, name="start_read"),
    path("start/practice/", views_qualification.start_practice, name="start_practice"),
    path("start/qualification/", views_qualification.start_qualification, name="start_qualification"),
    path("gold/", views_gold.gold, name="gold"),
    path("gold/new/", views_gold.gold_create, name="gold_create"),
    path("gold/import/", views_gold.gold_import, name="gold_import"),
    path("gold/from-round/", views_gold.gold_from_round, name="gold_from_round"),
    path("gold/<int:pk>/retire/", views_gold.gold_retire, name="gold_retire"),
    path("sets/", views_gold.learning_set_list, name="learning_sets"),
    path("quality/drift/", views_qualification.drift, name="drift"),
    path("quality/drift/<int:pk>/", views_qualification.drift_person, name="drift_person"),
    path("quality/drift/<int:pk>/chart.svg", views_qualification.drift_chart, name="drift_chart"),
    path("policy/", views_qualification.policy, name="policy"),
]
