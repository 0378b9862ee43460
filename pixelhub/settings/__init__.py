"""All settings, split by purpose; every value can be set by an environment variable (docs/settings.md)."""

from .annotation import *
from .backups import *
from .base import *
from .crisis import *
from .database import *
from .jobs import *
from .live import *
from .privacy import *
from .security import *
from .serving import *
from .storage import *
from .synthesis import *
from .training import *
