"""Where settings come from: the environment (12-factor), read once through django-environ."""

from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parents[2]

env = environ.Env()
# A .env file is a convenience of a developer's machine; real environment variables win over it.
if (BASE_DIR / ".env").exists():
    env.read_env(BASE_DIR / ".env")
