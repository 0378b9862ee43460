"""`python -m pixelhub.ops.web`: the hub's web server.

Imports the whole application before it listens, so that nobody waits for imports; with `--hold` it then waits for a
line on standard input: `manage.py hub` lets it import while the database is migrated.
"""

import argparse
import os
import sys

import uvicorn
from django.urls import get_resolver

GRACE_SECONDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m pixelhub.ops.web")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--hold", action="store_true", help="wait for a line on standard input before listening")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pixelhub.settings")
    # Importing the application sets Django up; the URLs bring in every view.
    from pixelhub.asgi import application

    get_resolver().url_patterns  # noqa: B018  (the attribute is what imports them)
    if options.hold and not sys.stdin.readline():
        return
    uvicorn.run(
        application,
        host=options.host,
        port=options.port,
        log_level="warning",
        server_header=False,
        # A page that listens for live updates would keep its socket, and so this process, open for ever.
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


if __name__ == "__main__":
    main()
