"""Addresses for the lean processes: none of these tests serves pages from them."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
