"""Addresses below /datasets/synthesis/."""

from django.urls import path

from .views import synthesis as views

urlpatterns = [
    path("synthesis/", views.synthesis, name="synthesis"),
    path("synthesis/new/", views.synthesis_create, name="synthesis_create"),
    path("synthesis/<int:pk>/", views.synthesis_batch, name="synthesis_batch"),
    path("synthesis/<int:pk>/take/", views.synthesis_take_in, name="synthesis_take"),
    path("synthesis/<int:pk>/quarantine/", views.synthesis_quarantine, name="synthesis_quarantine"),
    path("synthesis/queue/", views.synthesis_queue, name="synthesis_queue"),
    path("synthesis/queue/next/", views.synthesis_next, name="synthesis_next"),
    path("synthesis/rows/<int:pk>/", views.synthesis_row, name="synthesis_row"),
    path("synthesis/rows/<int:pk>/reopen/", views.synthesis_reopen, name="synthesis_reopen"),
]
