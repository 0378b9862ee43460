from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "pixelhub.ui"
    label = "ui"
    verbose_name = "Interface"
