"""Fairness of crisis decisions by group, as numbers: no Django, no text of conversations in any result."""
