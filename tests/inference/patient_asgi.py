"""`inference.asgi` for servers of tests: the same application, which waits as long as a busy machine needs."""

from inference.asgi import application
from tests.inference.patience import be_patient

__all__ = ["application"]

be_patient()
