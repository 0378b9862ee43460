"""Commands for machines without the hub: one module each, with `add_parser(subparsers)` and `run(options) -> int`."""
