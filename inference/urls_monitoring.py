"""Addresses of live monitoring, below /inference/monitoring/."""

from django.urls import path

from inference import views_alerts as alerts
from inference import views_monitoring as views

urlpatterns = [
    path("", views.monitoring, name="monitoring"),
    path("plots/<slug:name>.svg", views.monitoring_plot, name="monitoring_plot"),
    path("limits/", alerts.alert_limits, name="alert_limits"),
    path("alerts/<int:pk>/", alerts.alert_detail, name="alert_detail"),
]
