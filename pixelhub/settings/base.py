"""What the application is made of."""

from pathlib import Path

from .env import BASE_DIR, env

__all__ = [
    "ALLOWED_HOSTS",
    "ASGI_APPLICATION",
    "BASE_DIR",
    "CRISIS_CONTACTS",
    "DEBUG",
    "DEFAULT_AUTO_FIELD",
    "DEMO",
    "DEMO_CONVERSATIONS",
    "HUB_URL",
    "INSTALLED_APPS",
    "LANGUAGE_CODE",
    "LOGGING",
    "MIDDLEWARE",
    "ROOT_URLCONF",
    "SCORING_APPLICATION",
    "SECRET_KEY",
    "SECRET_KEY_IS_GENERATED",
    "SITE_ID",
    "SUPPORT_CONTACTS",
    "TEMPLATES",
    "TIME_ZONE",
    "USE_I18N",
    "USE_TZ",
    "VAR_DIR",
]

VAR_DIR = Path(env("PIXELHUB_VAR_DIR", default=str(BASE_DIR / "var")))
DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("PIXELHUB_DEMO", default=False)
DEMO_CONVERSATIONS = env.int("PIXELHUB_DEMO_CONVERSATIONS", default=1400)


def _secret_key() -> tuple[str, bool]:
    """The configured key, or one generated once into the var folder (a fresh machine must just start)."""
    configured = env("SECRET_KEY", default="")
    if configured:
        return configured, False
    from pixelhub.secretfile import read_or_create_secret

    return read_or_create_secret(VAR_DIR / "keys" / "secret_key"), True


SECRET_KEY, SECRET_KEY_IS_GENERATED = _secret_key()
# Where people reach the hub; mails have no request to read it from.
HUB_URL = env("HUB_URL", default="").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.admin",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "channels",
    "django_htmx",
    "django_q",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "pixelhub.accounts",
    "pixelhub.audit",
    "pixelhub.backups",
    "pixelhub.jobs",
    "pixelhub.live",
    "pixelhub.ops",
    "pixelhub.ui",
    "datasets_app",
    "annotation",
    "training_app",
    "inference",
    "review",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "pixelhub.middleware.BrowserLimitsMiddleware",
    "pixelhub.compression.CompressionMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    # Before what asks the database: a page about its absence has every header too.
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "pixelhub.ui.errors.ErrorPagesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "pixelhub.accounts.sessions.SessionLimitsMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "pixelhub.accounts.second_factor_gate.SecondFactorMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "pixelhub.middleware.RejectNullCharactersMiddleware",
    "pixelhub.middleware.RefuseLargeBodiesMiddleware",
    # Last, as its documentation asks: it turns a lock-out raised below into a response.
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "pixelhub.urls"
ASGI_APPLICATION = "pixelhub.asgi.application"
# The scoring service: a lean ASGI application in front of Django (named as a string: nothing points up).
SCORING_APPLICATION = "inference.asgi"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "pixelhub.ui.context.hub",
            ],
        },
    },
]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SITE_ID = 1
LANGUAGE_CODE = "en"
TIME_ZONE = env("TIME_ZONE", default="UTC")
USE_I18N = True
USE_TZ = True

# Shown on every page on which people read hard content; an operator sets those of their own country.
SUPPORT_CONTACTS = env.json(
    "SUPPORT_CONTACTS",
    default=[
        {"locale": "US", "name": "988 Suicide & Crisis Lifeline", "contact": "988"},
        {"locale": "US", "name": "Emergency", "contact": "911"},
        {"locale": "EU", "name": "Emergency", "contact": "112"},
        {"locale": "UK", "name": "Samaritans", "contact": "116 123"},
    ],
)

# Contacts that scores recommend, by locale; empty means the table of inference/engine/contacts.py.
CRISIS_CONTACTS = env.json("CRISIS_CONTACTS", default={})

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": "pixelhub.requestids.RequestIdFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
    "loggers": {"django-q": {"level": "WARNING"}, "axes": {"level": "WARNING"}},
}
