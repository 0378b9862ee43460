"""``{% load programme %}``: what the pages of the programme share."""

from __future__ import annotations

from django import template

from pixelhub.accounts.roles import Capability
from review.facts import Fact

register = template.Library()


@register.filter
def opens(fact: Fact, granted: frozenset[Capability]) -> bool:
    """Whether somebody with these capabilities may open the fact's evidence."""
    return fact.opens_for(granted)
