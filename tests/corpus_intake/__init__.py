"""Intake: reading, formats, repair, structure."""
