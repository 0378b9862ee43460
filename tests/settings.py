"""Settings of the test run: the product's own, with a throw-away var folder and a quick password hash."""

import atexit
import os
import shutil
import tempfile

if "PIXELHUB_VAR_DIR" not in os.environ:
    os.environ["PIXELHUB_VAR_DIR"] = tempfile.mkdtemp(prefix="pixelhub-tests-")
    # Processes that the run starts share the folder, forked ones end without this.
    atexit.register(shutil.rmtree, os.environ["PIXELHUB_VAR_DIR"], ignore_errors=True)
os.environ.setdefault("LOG_LEVEL", "WARNING")
# Whether a day's job is due depends on the hour of the run; tests of the schedule say what they want.
os.environ.setdefault("JOBS_DAILY", "{}")
os.environ.setdefault("AUDIT_PUBLISH_MINUTES", "0")

from pixelhub.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# pytest-django leaves the name alone only where the engine is Django's own; this is what it would choose.
if DATABASES["default"]["ENGINE"] == "pixelhub.sqlite":  # noqa: F405
    DATABASES["default"]["TEST"] = {"NAME": ":memory:"}  # noqa: F405
