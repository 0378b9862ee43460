"""Addresses below /datasets/inventory/."""

from django.urls import path

from .views import inventory as views

urlpatterns = [
    path("inventory/", views.inventory, name="inventory"),
    path("inventory/refresh/", views.inventory_refresh, name="inventory_refresh"),
    path("inventory/sync/", views.inventory_sync, name="inventory_sync"),
    path("inventory/snapshot/", views.inventory_snapshot, name="inventory_snapshot"),
    path("inventory/works/<int:pk>/", views.store_work, name="store_work"),
]
