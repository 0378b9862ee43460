# ruff: noqa: E501  (one sentence, one line)
"""Words that fill the `{slots}` of the phrases: people, places, times, and the small talk around a crisis."""

from __future__ import annotations

from typing import Final

SLOTS: Final[dict[str, tuple[str, ...]]] = {
    "person": (
        "my sister",
        "my brother",
        "my mum",
        "my dad",
        "my best friend",
        "my partner",
        "my flatmate",
        "my boss",
        "my cousin",
        "my ex",
        "my aunt",
        "my grandfather",
    ),
    "friend": (
        "a friend from college",
        "a girl in my class",
        "my roommate",
        "my neighbour",
        "my oldest friend",
        "a guy at work",
        "my cousin",
        "my younger brother",
        "someone on my team",
    ),
    "place": (
        "in the bathroom",
        "in my car",
        "on the night bus",
        "at the kitchen table",
        "in the stairwell at work",
        "on the balcony",
        "in the dorm",
        "in the supermarket",
        "outside the clinic",
        "in my room",
    ),
    "since": (
        "since the divorce",
        "since I lost my job",
        "since the baby came",
        "since I moved here",
        "since the diagnosis",
        "since the accident",
        "since I left the army",
        "since my exams went wrong",
        "since the funeral",
        "since we lost the flat",
    ),
    "span": ("a week", "ten days", "two weeks", "three weeks", "almost a month", "a few days"),
    "past": (
        "three years ago",
        "when I was sixteen",
        "back in 2019",
        "five years ago",
        "in my first year of college",
        "years ago, before my son was born",
    ),
    "drink": ("vodka", "wine", "whisky", "rum", "beer"),
    "drug": ("xanax", "oxy", "codeine", "tramadol", "valium", "percocet"),
    "event": (
        "the bill",
        "my grade",
        "the email from my landlord",
        "the parking ticket",
        "my phone screen",
        "the queue at the airport",
        "my haircut",
        "the plot twist",
    ),
    "task": (
        "this exam",
        "my thesis",
        "the night shift",
        "this spreadsheet",
        "moving house",
        "the group project",
        "leg day",
        "this commute",
    ),
    "food": ("leftovers", "last slice of pizza", "birthday cake", "ice cream", "good cheese"),
    "tool": ("the old razor", "the blade from my desk", "my lighter", "a piece of glass", "the scissors"),
    "limb": ("my arm", "my thigh", "my wrist", "my leg"),
    "watcher": (
        "the neighbours",
        "the people upstairs",
        "the agents across the street",
        "the government",
        "my coworkers",
        "the men in the grey van",
    ),
    "device": (
        "the pipes",
        "the television",
        "the smoke detector",
        "the radio",
        "my phone charger",
        "the street lights",
    ),
    "soon": ("before Sunday", "by Friday", "before the weekend", "before midnight"),
    "days": ("ninety days", "200 days", "six months", "a year and a half", "four months"),
}

OPENINGS: Final[tuple[str, ...]] = (
    "hi, is someone there?", "Hello. I don't really know how to start.", "hey", "I've never written to anyone about this.",
    "Sorry to bother you so late.", "Not sure this is the right place.", "My therapist is away so I'm trying this.",
    "can i talk to you for a minute", "It's been a strange few weeks.", "ok so, long story.", "I just need to get this out.",
    "Someone told me to write to you.", "Good evening.", "I nearly closed this window twice.", "Things have been hard {since}.",
)  # fmt: skip

CONTEXTS: Final[tuple[str, ...]] = (
    "I haven't slept properly for {span}.", "Everything changed {since}.", "I had another fight with {person}.",
    "Work has been cutting shifts and the rent is due.", "I'm mostly alone {since}.", "I spend most evenings {place}.",
    "{person} thinks I'm doing fine.", "I stopped answering messages about {span} ago.", "I'm a first-year student and far from home.",
    "I'm 54 and I thought I'd have this figured out by now.", "I work nights as a nurse.", "My visa runs out soon and nobody here speaks my language.",
    "I'm raising two kids on my own.", "I came out to {person} and it went badly.", "My church doesn't talk about these things.",
    "I use a wheelchair, so getting out isn't simple.", "I'm retired and the days are very long.", "I've been off my medication for {span}.",
)  # fmt: skip

REPLIES: Final[tuple[str, ...]] = (
    "Thank you for telling me. I'm listening.", "I'm glad you wrote. What has been going on?", "That sounds like a lot to carry. Can you say more?",
    "I'm here with you. Take your time.", "How long has it been like this?", "What is it like for you right now?",
    "Thank you for trusting me with that. What happened today?", "I hear you. Is anyone with you at the moment?",
    "I'm really glad you told me. Are you safe where you are?", "Is there someone who can be with you today?",
    "That makes sense given what you describe. What else is on your mind?", "I want to understand. What do you mean by that?",
)  # fmt: skip

CLOSINGS: Final[tuple[str, ...]] = (
    "I don't know what to do.", "that's all really", "sorry for going on", "I don't want to worry anyone.", "please don't tell {person}.",
    "What would you do?", "I feel stupid writing this.", "anyway", "I needed someone to know.", "It's worse {place}.", "", "", "",
    "anyway, how do other people handle that?", "just needed to vent", "Thanks for listening.", "any tips?", "I'll talk to {person} about it.", "ok, back to work",
)  # fmt: skip

DEMOGRAPHICS: Final[tuple[str, ...]] = (
    "19, woman", "23, man", "31, woman", "27, non-binary", "45, man", "54, woman", "67, man", "38, woman", "16, man", "72, woman", "34, man", "21, woman",
)  # fmt: skip
