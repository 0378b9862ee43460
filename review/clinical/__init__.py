"""The clinical questions about a version: does it miss real crises, does it over-escalate, are edge cases kept."""
