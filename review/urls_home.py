"""The front page."""

from django.urls import path

from review.views.home import home

urlpatterns = [path("", home, name="home")]
