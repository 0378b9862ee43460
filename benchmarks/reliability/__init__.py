"""Long forms of what docs/reliability.md shows: `python -m benchmarks.reliability` runs them one after another."""
