"""Edge-case variations of the four kinds, for the clinical review queue."""

from __future__ import annotations

import random
from collections.abc import Sequence

from datasets_app.corpus.screening import Assessment

from .clashes import fitting
from .edge_wording import AFTER, BEFORE
from .keywords import crisis_words
from .parents import Parent
from .spans import is_short_answer, like, signalled
from .strategies import Made, reworded, said_by_user


def edge_variation(parent: Parent, found: Assessment, rng: random.Random, kind: str) -> Made | None:
    """Set what the person says into frames of `kind`; None for an edge case, which has a kind of its own already."""
    if parent.is_edge_case:
        return None
    places = [
        number
        for number, message in enumerate(parent.messages)
        if message["role"] == "user" and not is_short_answer(message["content"])
    ]
    if not places:
        return None
    place = _place(parent, found, places, rng)
    made = reworded(parent.messages, found, rng, framed=place)
    text = made[place]["content"]
    said = said_by_user(parent.messages)
    before, after = (like(text, rng.choice(fitting(frames[kind], said))) for frames in (BEFORE, AFTER))
    joint = " " if before.endswith((".", "!", "?", ":")) else ". "
    stop = "" if text.rstrip().endswith((".", "!", "?")) else "."
    made[place]["content"] = f"{before}{joint}{text}{stop} {after}"
    return Made(made, (f"frame: {kind}",))


def _place(parent: Parent, found: Assessment, places: Sequence[int], rng: random.Random) -> int:
    """Return the message that a frame makes hard to read: where a signal stands, else words of a crisis, else most."""
    bearing = [number for number in places if number in signalled(found)]
    bearing = bearing or [number for number in places if crisis_words([parent.messages[number]])]
    if bearing:
        return rng.choice(bearing)
    return max(places, key=lambda number: len(parent.messages[number]["content"]))
