"""Commands for machines without the hub: no Django, no database. `python -m datasets_app.corpus COMMAND --help`."""

from __future__ import annotations

import argparse
import pkgutil
import sys
from importlib import import_module

from . import cli


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code: 0 done, 1 found something or failed, 2 wrong use."""
    given = sys.argv[1:] if arguments is None else arguments
    parser = argparse.ArgumentParser(prog="python -m datasets_app.corpus", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in _modules(given[0] if given else ""):
        import_module(f"{cli.__name__}.{name}").add_parser(commands)
    options = parser.parse_args(given)
    return int(options.run(options))


def _modules(command: str) -> list[str]:
    """Return the modules to import: the command's own if it has that name, so that it starts fast; otherwise all."""
    names = [module.name for module in pkgutil.iter_modules(cli.__path__)]
    return [command] if command in names else names


if __name__ == "__main__":
    sys.exit(main())
