"""The map of the house: each app keeps its own addresses."""

from django.contrib import admin
from django.urls import include, path

handler400 = "pixelhub.ui.errors.bad_request"
handler403 = "pixelhub.ui.errors.refused"
handler404 = "pixelhub.ui.errors.not_found"
handler500 = "pixelhub.ui.errors.server_error"

urlpatterns = [
    path("", include("review.urls_home")),
    path("accounts/", include("allauth.urls")),
    path("", include("pixelhub.accounts.urls")),
    path("jobs/", include("pixelhub.jobs.urls")),
    path("live/", include("pixelhub.live.urls")),
    path("audit/", include("pixelhub.audit.urls")),
    path("datasets/", include("datasets_app.urls")),
    path("api/docs/", include("inference.urls_docs")),
    path("api/v1/datasets/", include("datasets_app.urls_api")),
    path("api/v1/", include("review.urls_api")),
    path("annotation/", include("annotation.urls")),
    path("training/", include("training_app.urls")),
    path("inference/", include("inference.urls")),
    path("review/", include("review.urls")),
    path("admin/", admin.site.urls),
]
