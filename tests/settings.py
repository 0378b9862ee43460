"""Settings of the test run: the product's own, with a throw-away var folder and a quick password hash."""

import os
import tempfile

os.environ.setdefault("PIXELHUB_VAR_DIR", tempfile.mkdtemp(prefix="pixelhub-tests-"))
os.environ.setdefault("LOG_LEVEL", "WARNING")

from pixelhub.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
