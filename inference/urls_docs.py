"""The API to look at and try."""

from django.urls import path

from inference import views_integration as views

app_name = "api_docs"

urlpatterns = [
    path("", views.api_explorer, name="explorer"),
    path("imports.json", views.imports_schema, name="imports_schema"),
]
