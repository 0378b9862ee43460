"""Seeded synthetic conversations for the six types and `none`, with hard negatives and edge cases (D8)."""

from .generator import generate

__all__ = ["generate"]
