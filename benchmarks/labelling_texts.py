"""Invented, mild conversations of the shape that people label: about ten turns, a sentence or three each."""

from __future__ import annotations

import random

_OPENINGS = (
    "It has been a long week and I keep thinking about it.",
    "I could not sleep well again last night.",
    "Work was loud today, and I felt out of place.",
    "My sister called, and we ended up arguing about the holidays.",
    "The exam is on Friday and I am not sure I am ready.",
    "I moved to a new town and the evenings are quiet.",
)
_MIDDLES = (
    "I went for a walk by the river and it helped a little.",
    "Most days I just make tea and look out of the window.",
    "A friend asked me to dinner, but I said no and then wished I had not.",
    "My heart was beating fast on the bus, and then it passed.",
    "I have started to write things down before bed.",
    "The garden needs work and I keep putting it off.",
    "My manager was kind about it, which surprised me.",
    "I counted my breaths the way you said last time.",
)
_ANSWERS = (
    "Thank you for telling me. What was the hardest part of it?",
    "That sounds tiring. How did the rest of the day go?",
    "I hear that. Who could you share this with?",
    "It makes sense that you felt that way. What would help a little right now?",
    "You noticed it and you kept going. What do you make of that?",
)


def conversation(number: int) -> list[dict[str, str]]:
    """Conversation `number`: 8 to 12 messages, a person and an assistant in turn; the same for the same number."""
    rng = random.Random(number)
    messages = [{"role": "user", "content": f"{rng.choice(_OPENINGS)} This is day {number}."}]
    for turn in range(1, rng.randrange(8, 13)):
        pool, count = (_ANSWERS, 1) if turn % 2 else (_MIDDLES, rng.randrange(1, 4))
        role = "assistant" if turn % 2 else "user"
        messages.append({"role": role, "content": " ".join(rng.sample(pool, count))})
    return messages
