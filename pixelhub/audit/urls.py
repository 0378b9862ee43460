from django.urls import path

from pixelhub.audit import views, views_export

app_name = "audit"

urlpatterns = [
    path("", views.event_list, name="list"),
    path("verify/", views.verify_start, name="verify"),
    path("export/", views_export.event_export, name="export"),
]
