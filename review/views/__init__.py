"""Thin pages: they ask, call a service or a selector, and show."""
