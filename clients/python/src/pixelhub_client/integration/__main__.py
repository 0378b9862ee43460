"""`python -m pixelhub_client.integration URL`: run the suite; the key comes from PIXELHUB_KEY."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path

from pixelhub_client.integration.run import run_suite


def main() -> int:
    """0 where all tests passed, 1 where one did not, 2 where there is no key."""
    parser = argparse.ArgumentParser(prog="pixelhub-integration", description="Eleven tests against a running hub.")
    parser.add_argument("url", help="where the hub is, e.g. https://hub.example")
    parser.add_argument("--clients", type=int, default=100, help="clients at once in the load test (100)")
    parser.add_argument("--requests", type=int, default=3, help="requests of each of them (3)")
    parser.add_argument("--json", type=Path, help="write the report as JSON there")
    parser.add_argument("--markdown", type=Path, help="write the report as Markdown there")
    options = parser.parse_args()
    key = os.environ.get("PIXELHUB_KEY", "")
    if not key:
        print("Put an API key into PIXELHUB_KEY: scopes score, batch, conversations and model.", file=sys.stderr)
        return 2
    report = asyncio.run(run_suite(options.url, key, clients=options.clients, requests=options.requests))
    for path, text in ((options.json, report.as_json()), (options.markdown, report.as_markdown())):
        if path is not None:
            path.write_text(text, encoding="utf-8")
    print(report.as_markdown())
    return 0 if report.passed == len(report.outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
