"""Addresses of expert validation sets: the sets, their conversations, what is said of them."""

from django.urls import path

from review.views import examples, expert_sets

urlpatterns = [
    path("expert-sets/", expert_sets.expert_sets, name="expert_sets"),
    path("expert-sets/new/", expert_sets.expert_set_draw, name="expert_set_draw"),
    path("expert-sets/<int:pk>/", expert_sets.expert_set_detail, name="expert_set_detail"),
    path("expert-sets/<int:pk>/freeze/", expert_sets.expert_set_freeze, name="expert_set_freeze"),
    path("expert-sets/<int:pk>/examples.jsonl", expert_sets.expert_set_download, name="expert_set_download"),
    path("expert-sets/<int:pk>/manifest.json", expert_sets.expert_set_manifest, name="expert_set_manifest"),
    path("expert-sets/<int:pk>/next/", examples.example_next, name="example_next"),
    path("expert-sets/examples/<int:pk>/", examples.example_rate, name="example_rate"),
    path("expert-sets/examples/<int:pk>/decide/", examples.example_decide, name="example_decide"),
]
