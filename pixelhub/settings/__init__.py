"""All settings, split by purpose; every value can be set by an environment variable (docs/settings.md)."""

from .base import *  # noqa: F403  (a settings module is a namespace by design)
from .database import *  # noqa: F403
from .jobs import *  # noqa: F403
from .live import *  # noqa: F403
from .security import *  # noqa: F403
from .storage import *  # noqa: F403
