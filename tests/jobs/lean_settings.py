"""Settings of the real worker processes in these tests: the foundation alone, so that they start quickly."""

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS as _all

_DOMAIN = {"datasets_app", "annotation", "training_app", "inference", "review"}
INSTALLED_APPS = [app for app in _all if app not in _DOMAIN]
ROOT_URLCONF = "tests.jobs.lean_urls"
