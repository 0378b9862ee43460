"""Addresses below /datasets/ladders/."""

from django.urls import path

from .views import ladders as views

urlpatterns = [
    path("ladders/", views.ladders, name="ladders"),
    path("ladders/new/", views.ladder_create, name="ladder_create"),
    path("ladders/<int:pk>/", views.ladder_detail, name="ladder_detail"),
    path("ladders/<int:pk>/files/<path:name>", views.ladder_file, name="ladder_file"),
]
