"""Addresses below /datasets/duplicates/."""

from django.urls import path

from .views import duplicates as views

urlpatterns = [
    path("duplicates/", views.duplicates, name="duplicates"),
    path("duplicates/new/", views.duplicate_search_create, name="duplicate_search_create"),
    path("duplicates/<int:pk>/", views.duplicate_search, name="duplicate_search"),
    path("duplicates/<int:pk>/states/", views.duplicate_states, name="duplicate_states"),
    path("duplicates/<int:pk>/decide/", views.duplicate_decide, name="duplicate_decide"),
    path("duplicates/<int:pk>/confirm/", views.duplicate_confirm, name="duplicate_confirm"),
    path("duplicates/<int:pk>/restore/", views.duplicate_restore, name="duplicate_restore"),
]
