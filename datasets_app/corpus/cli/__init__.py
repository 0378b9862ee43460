"""Commands of `python -m datasets_app.corpus`, a module each: `add_parser(subparsers)`, `run(options) -> exit code`."""
