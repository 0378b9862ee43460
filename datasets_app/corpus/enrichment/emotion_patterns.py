# ruff: noqa: E501  (a pattern broken over lines is harder to check than a long one)
"""Words of emotion by class: the families that EQ listens for, and the classes that it has no use for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from datasets_app.corpus.replies.eq_patterns import FEELINGS

#: Which class a family of feeling speaks of; loneliness, exhaustion and despair are kinds of sadness among ten classes.
CLASS_OF_FEELING: Final[Mapping[str, str]] = {
    "sadness": "sadness", "loneliness": "sadness", "exhaustion": "sadness", "despair": "sadness",
    "fear": "fear", "anger": "anger", "shame": "shame", "joy": "joy",
}  # fmt: skip
#: Further signs of a class; the names are apart from those of `FEELINGS`, so that both fit into one automaton.
MORE: Final[Mapping[str, tuple[str, str]]] = {
    "laughs": ("joy", r"\b(?:haha\w*|lol|lmao|hilarious|funny|amazing|awesome|wonderful|love (?:this|it|that|you)|best|yay|congrat\w+|delight\w*|enjoy(?:ed|ing|s)?|fun|beautiful)\b"),
    "trusts": ("trust", r"\b(?:trust(?:ed|s|ing)?|rely on|count on|agree(?:d|s)?|thank(?:s| you)|appreciate\w*|respect(?:ed)?|admire\w*|support(?:ive|ed|s)?|safe with|believe in|good (?:point|idea|job|for you)|you(?:'re| are) right|well said|understands? me|kind|care about)\b"),
    "surprised": ("surprise", r"\b(?:surpris\w+|shock(?:ed|ing)?|unexpected(?:ly)?|out of nowhere|suddenly|wow|omg|no way|can'?t believe|did ?n'?t (?:know|expect|realize)|never knew|realiz(?:ed|ing)|confus(?:ed|ing)|wait what|what the)\b"),
    "disgusted": ("disgust", r"\b(?:disgust(?:ed|ing)|gross|revolting|repuls\w+|nauseat\w+|sick(?:ening| of)|ew+|yuck|vile|nasty|creepy|filthy)\b"),
    "expects": ("anticipation", r"\b(?:look(?:ing)? forward|can'?t wait|hop(?:e|ing) (?:to|that|for|it|you|he|she|they|i)|i wish|wonder(?:ing)?|curious|plan(?:s|ning) (?:to|for|on)|expect(?:ing)?|soon|interested in|want to (?:try|know|see|learn|start)|would like to|tomorrow|next (?:week|month|year))\b"),
    "rages": ("anger", r"\b(?:hate(?:s|d)? (?:you|him|her|them|it|this|that|when|how|people|my|the)|fuck(?:ing)? (?:you|him|her|them|this|that)|stupid|idiot\w*|bullshit|shut up|sick and tired|how dare|ridiculous|asshole\w*|jerk)\b"),
    "sorry": ("shame", r"\b(?:i(?:'m| am) (?:so )?sorry|i feel (?:so )?bad|awkward|cring\w+|should ?n'?t have|should have known|forgive me|ashamed of)\b"),
    "grieves": ("sadness", r"\b(?:disappoint\w+|passed away|died|funeral|let(?:s)? me down|broke my heart|rip|sorry for your loss|unfortunate(?:ly)?)\b"),
}  # fmt: skip
CLASS_OF: Final[Mapping[str, str]] = {**CLASS_OF_FEELING, **{name: kind for name, (kind, _) in MORE.items()}}
PATTERNS: Final[Mapping[str, str]] = {**FEELINGS, **{name: pattern for name, (_, pattern) in MORE.items()}}
#: A word that is taken back is no sign of its class: "not afraid", "never happy".
TAKEN_BACK: Final = (
    r"(?i)\b(?:not|never|no longer|(?:is|was|are|were|do|does|did|am)n'?t)\s+"
    r"(?:(?:so|very|really|that|too|at all|even|feel|feeling|be|being|been|a|an|any)\s+){0,2}\w+"
)
