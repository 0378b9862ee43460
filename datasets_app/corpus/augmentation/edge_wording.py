# ruff: noqa: E501  (one sentence, one line)
"""Frames that make a plain conversation hard to read: sarcasm, metaphor, another culture's way, ambiguous signals.

A frame stands around the person's own words, which stay whole. So the danger is still said, and what is hard is to hear
it. Whether the label still holds is a clinician's to say: no variation leaves the review queue by itself.
"""

from __future__ import annotations

from typing import Final

# The first of a pair comes before what is said, the second after it.
BEFORE: Final[dict[str, tuple[str, ...]]] = {
    "sarcasm": (
        "Oh, it's going brilliantly, thanks for asking.", "Great news, everyone, I'm the picture of wellness.", "Put this in my highlights of the year:", "Ten out of ten week, would recommend.", "You'll love this one.",
        "Somebody give me a medal.", "Another wonderful day in paradise.", "Hooray, it's Monday all week.", "My motivational poster for today:", "Here's a fun little update.", "Well, aren't I the lucky one.", "Drum roll, please.",
    ),
    "metaphor": (
        "It's as if I carried a piano up the stairs and the stairs grew.", "I'm a phone on one percent and every socket is taken.", "There's fog in every room and I'm the one who lets it in.", "The tide has been out for so long that the boats lie on their side.",
        "I'm an actor in a play and somebody took the script.", "It's winter under my skin.", "I'm a house with all the lights on and nobody in.", "The clock in me was wound too tightly.", "I walk through honey and everybody else walks through air.",
        "There is a radio between two stations where my head should be.", "I'm a suitcase that someone else packed.", "The floor is a lake and the ice is thin.",
    ),
    "cultural_difference": (
        "In my family there is no word for this, so forgive how I say it.", "Where I'm from one says such things to an elder, and mine is far away.", "My grandmother would say that the wind got into me.", "At home we would put it down to the evil eye.",
        "My people keep such things inside the house.", "In my language we say the liver is tired.", "Our elders would call it a sickness of the soul.", "My mother lit incense for me and told me to tell nobody.", "In our community it would bring shame to my father's name.",
        "Back home the healer would ask about my dreams first.", "We say that thinking too much has caught me.", "The imam was kind and told me to be patient.",
    ),
    "ambiguous_signal": (
        "I'm only saying this so that it's been said.", "It's probably the weather.", "You'll laugh, but it's clear to me now.", "Take this however you like.", "I've been tidying up all week, it feels good.", "Funny how quiet it gets.",
        "I wouldn't make too much of it.", "This may be the last long message, so bear with me.", "I've settled a few things.", "Nothing new, really, just this.", "Some of this is true and some of it isn't.", "Don't read anything into it.",
    ),
}  # fmt: skip

AFTER: Final[dict[str, tuple[str, ...]]] = {
    "sarcasm": ("Living the dream.", "But who's counting.", "Five stars, no complaints.", "So yes, thriving.", "Lovely, isn't it?", "What a time to be around.", "Please, hold the applause.", "I'm a delight at parties.", "All part of the service.", "Cheers to me."),
    "metaphor": ("That's the sea I'm in.", "The map ends there.", "It's the same song on repeat.", "And the train keeps moving.", "The garden has gone to seed.", "I hold the thread, but it's thin.", "The curtain stays half down.", "The echo is louder than the call.", "It rains indoors, that's all.", "The chorus is missing, so I hum."),
    "cultural_difference": ("One bears it, that's what we are taught.", "I ask you to keep it between us, for my family's sake.", "I've said my prayers and still I write to you.", "We don't go to doctors with this.", "Forgive me if I use the wrong words for it.", "My uncle says it is a test.", "At home they would send me to my mother's village.", "It's written, my father says.", "I was told that one doesn't speak of it.", "Among us it is called a heavy head."),
    "ambiguous_signal": ("Anyway, forget I said anything.", "It doesn't matter now.", "You'll see what I mean.", "So that's that.", "I think it will sort itself out.", "I'm fine, more or less.", "Ask me again on Thursday, if you like.", "Make of it what you want.", "It's all right, I've made my peace with the week.", "We can leave it there."),
}  # fmt: skip
