"""Tells a scenario: beats in an order that its difficulty asks for, then turns, answers and a way of typing."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from .grammar import Expander, Grammar
from .scenario import Scenario
from .writing import Hand, hand_for

_URGENT_FROM = 5
# Whom a good answer brings back to the room first.
_GROUNDED = ("panic", "psychotic")
# Kinds of none in which nobody is unhappy; what else they talk of is everyday, too.
_CALM_KINDS = ("everyday", "opinion", "body", "lookalike", "idiom", "fiction", "research", "supporter")
_MORE_OF_LIFE = ("none.everyday", "none.opinion", "none.body", "none.lookalike")


@dataclass(frozen=True, slots=True)
class Beat:
    """A piece of what the person says, and what it is: open, story, feeling, core, ordinary or close."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Told:
    """A conversation with what there is to say of it; `disclosure_turn` counts the person's turns from 1."""

    messages: list[dict[str, str]]
    register: str
    disclosure_turn: int | None
    story_told: bool
    culture: str


def tell(scenario: Scenario, grammar: Grammar, rng: random.Random, core_rule: str = "") -> Told:
    """Return the scenario as a conversation. `core_rule` names the rule of the signal where the scenario's own is not
    meant (edge cases)."""
    words = Expander(grammar, rng, {"age": str(scenario.person.age)})
    beats = _beats(scenario, words, rng, core_rule)
    hand = hand_for(scenario.person.band, rng)
    if scenario.form == "chat":
        turns = _joined(beats, rng, hand)
        messages = _dialogue(scenario, turns, words, hand, rng)
    else:
        turns = [beats]
        messages = [{"role": "user", "content": hand.write(_prose(beats), rng)}]
    return Told(
        messages=messages,
        register=hand.register,
        disclosure_turn=_disclosure(turns),
        story_told=any(beat.kind == "story" for beat in beats),
        culture=words("culture"),
    )


def _beats(scenario: Scenario, words: Expander, rng: random.Random, core_rule: str) -> list[Beat]:
    core = _core(scenario, words, rng, core_rule)
    if scenario.form == "note":
        return _note(scenario, core, words, rng)
    told_of = rng.choice((1, 1, 2, 3)) if scenario.form == "post" else 1
    story = [Beat("story", text) for text in _different(words, f"family.{scenario.family}", told_of)]
    if rng.random() < 0.25:
        story.insert(rng.randrange(2), Beat("story", words(rng.choice(("about.me", "about.culture")))))
    told = (
        _crisis(scenario, core, story, words, rng) if scenario.is_crisis else _none(scenario, core, story, words, rng)
    )
    if scenario.form == "chat":
        return _opened(scenario, words, rng) + told + _closed(words, rng)
    opened = [Beat("open", words("open.post"))] if rng.random() < 0.5 else []
    return opened + told + ([Beat("close", words("close.post"))] if rng.random() < 0.5 else [])


def _core(scenario: Scenario, words: Expander, rng: random.Random, core_rule: str) -> list[Beat]:
    """The beats that bear the label."""
    if core_rule:
        return [Beat("core", words(core_rule))]
    if not scenario.is_crisis:
        longer = {"post": (1, 2, 3), "chat": (1, 2, 2), "note": (1, 1, 2)}[scenario.form]
        return [Beat("ordinary", text) for text in _different(words, f"none.{scenario.kind}", rng.choice(longer))]
    direct = f"core.{scenario.crisis_type}.{scenario.severity}"
    veiled = f"veil.{scenario.crisis_type}.{scenario.severity}"
    if scenario.difficulty == "veiled" and veiled in words.grammar.rules and rng.random() < 0.75:
        return [Beat("core", words(veiled))]
    core = words(direct)
    if scenario.difficulty == "hedged":
        before = f"{words('hedge.before')} " if rng.random() < 0.6 else ""
        after = f". {words('hedge.after')}" if not before or rng.random() < 0.4 else ""
        core = f"{before}{core}{after}"
    elif scenario.difficulty == "adversarial" and rng.random() < 0.6:
        core = f"{core} {words('deny.joking')}"
    beats = [Beat("core", core)]
    if scenario.form == "post" and rng.random() < 0.4:
        beats += [Beat("core", text) for text in _different(words, direct, 1) if text not in core]
    return beats


def _crisis(scenario: Scenario, core: list[Beat], story: list[Beat], words: Expander, rng: random.Random) -> list[Beat]:
    share = 0.75 if scenario.crisis_type in ("immediate_harm", "passive_ideation", "self_harm") else 0.35
    despair = [Beat("feeling", text) for text in _different(words, "feel.despair", _some(scenario, rng, share))]
    distress = [Beat("feeling", text) for text in _different(words, "feel.distress", _some(scenario, rng, 0.45))]
    if scenario.form == "post":
        # Length must not tell: the circumstances of a crisis have as many details as those of a bad week.
        distress += _of_life(scenario, words, rng, ("none.rant", "none.stress", f"family.{scenario.family}"))
    if scenario.difficulty == "overt":
        more = distress if scenario.form == "post" else []
        return core + _mixed(rng, [*(story if rng.random() < 0.7 else []), *despair, *more])
    if scenario.difficulty == "hedged":
        return [*story, *_mixed(rng, distress + despair), *core, *_perhaps(words, rng, "hope", "feel.okay")]
    small = [Beat("ordinary", text) for text in _different(words, "small.talk", 1)]
    if scenario.difficulty == "veiled":
        return [*small, *story, *_mixed(rng, distress + despair[:1]), *_short_answers(scenario, words, rng), *core]
    other = [Beat("ordinary", words(rng.choice((*_MORE_OF_LIFE, "none.stress", "none.rant", "feel.okay"))))]
    denied = [Beat("close", words("deny.contact"))] if rng.random() < 0.5 else []
    return [*other, *_mixed(rng, small + story + despair[:1]), *core, *denied]


def _none(scenario: Scenario, core: list[Beat], story: list[Beat], words: Expander, rng: random.Random) -> list[Beat]:
    """Distress comes without a crisis, too; everyday talk comes without a story."""
    if scenario.kind in _CALM_KINDS:
        small = [Beat("ordinary", words("small.talk"))] if rng.random() < 0.4 else []
        more = _of_life(scenario, words, rng, _MORE_OF_LIFE)
        return _mixed(rng, core + small + more + (story if rng.random() < 0.12 else []))
    distress = [Beat("feeling", text) for text in _different(words, "feel.distress", _some(scenario, rng, 0.7))]
    despair = [Beat("feeling", text) for text in _different(words, "feel.despair", int(rng.random() < 0.2))]
    return [
        *(story if rng.random() < 0.75 else []),
        *_mixed(rng, core + distress + despair + _of_life(scenario, words, rng, ("none.rant", "none.stress"))),
        *_perhaps(words, rng, "feel.okay"),
    ]


def _of_life(scenario: Scenario, words: Expander, rng: random.Random, names: Sequence[str]) -> list[Beat]:
    """What else there is to tell: in a post often much, for whoever is well writes at length, too."""
    most = {"post": (0, 0, 1, 2, 4, 6), "chat": (0, 0, 1), "note": (0,)}[scenario.form]
    return [Beat("ordinary", words(rng.choice(names))) for _ in range(rng.choice(most))]


def _note(scenario: Scenario, core: list[Beat], words: Expander, rng: random.Random) -> list[Beat]:
    """A line or two for strangers, as on a social network."""
    beats = list(core)
    if rng.random() < 0.2:
        beats.insert(rng.randrange(2), Beat("story", words(f"family.{scenario.family}")))
    elif scenario.is_crisis and rng.random() < 0.35:
        beats.append(Beat("feeling", words("feel.despair")))
    if rng.random() < 0.35:
        beats.insert(0, Beat("open", words("tweet.before")))
    if rng.random() < 0.35:
        beats.append(Beat("close", words("tweet.after")))
    return beats


def _opened(scenario: Scenario, words: Expander, rng: random.Random) -> list[Beat]:
    if scenario.style == "character_play":
        return [Beat("open", words("play.character"))]
    if scenario.style == "diary":
        return [Beat("open", words("play.diary"))]
    if rng.random() < 0.2:
        return []
    return [
        Beat("open", words("open.formal" if scenario.person.band == "older" and rng.random() < 0.5 else "open.chat"))
    ]


def _closed(words: Expander, rng: random.Random) -> list[Beat]:
    return [Beat("close", words("close.chat"))] if rng.random() < 0.55 else []


def _perhaps(words: Expander, rng: random.Random, *names: str) -> list[Beat]:
    return [Beat("feeling", words(rng.choice(names)))] if rng.random() < 0.35 else []


def _short_answers(scenario: Scenario, words: Expander, rng: random.Random) -> list[Beat]:
    if scenario.form != "chat":
        return []
    return [Beat("ordinary", words("answer.short")) for _ in range(rng.randrange(3))]


def _some(scenario: Scenario, rng: random.Random, share: float) -> int:
    most = {"post": 7, "chat": 2, "note": 1}[scenario.form]
    return sum(rng.random() < share for _ in range(rng.randint(1, most)))


def _different(words: Expander, name: str, count: int) -> list[str]:
    """So many things to say under a rule, or fewer: none begins like another (two babies, two dismissals)."""
    said = [words(name) for _ in range(count)]
    return list({tuple(text.lower().split()[:3]): text for text in said}.values())


def _mixed(rng: random.Random, beats: Sequence[Beat]) -> list[Beat]:
    return rng.sample(list(beats), len(beats))


def _joined(beats: Sequence[Beat], rng: random.Random, hand: Hand) -> list[list[Beat]]:
    """Beats as turns: some say two things at once, some one at a time."""
    together = {"terse": 0.1, "texting": 0.2, "rambling": 0.6}.get(hand.register, 0.35)
    turns: list[list[Beat]] = []
    for beat in beats:
        if turns and rng.random() < together:
            turns[-1].append(beat)
        else:
            turns.append([beat])
    return turns


def _dialogue(
    scenario: Scenario, turns: Sequence[Sequence[Beat]], words: Expander, hand: Hand, rng: random.Random
) -> list[dict[str, str]]:
    messages: list[dict[str, str]] = []
    if rng.random() < 0.15:
        who = "assistant" if scenario.style == "assistant" else "counsellor"
        messages.append({"role": "system", "content": words(f"system.{who}")})
    answered_last = rng.random() < 0.35
    for place, turn in enumerate(turns):
        messages.append({"role": "user", "content": hand.write(_prose(turn), rng)})
        if place < len(turns) - 1 or answered_last:
            messages.append({"role": "assistant", "content": _reply(scenario, turn, words, rng)})
    return messages


def _reply(scenario: Scenario, turn: Sequence[Beat], words: Expander, rng: random.Random) -> str:
    """An answer of the scenario's quality; a good one answers the gravest thing that was said."""
    if scenario.quality != "good":
        names = {"mixed": ("mixed.any", "mixed.any", "good.ordinary"), "poor": ("poor.any", "poor.any", "mixed.any")}
        return words(rng.choice(names[scenario.quality]))
    if scenario.style == "character_play" and rng.random() < 0.6:
        return words("play.reply")
    kinds = {beat.kind for beat in turn}
    if "core" in kinds:
        severity = scenario.severity or 0
        if severity < _URGENT_FROM and scenario.crisis_type in _GROUNDED:
            return words("good.grounding")
        return words("good.urgent" if severity >= _URGENT_FROM else "good.core")
    for kind in ("feeling", "story", "ordinary", "close", "open"):
        if kind in kinds:
            return words(f"good.{kind}")
    return words("mixed.any")


def _prose(beats: Sequence[Beat]) -> str:
    """Beats as sentences after one another."""
    text = ""
    for beat in beats:
        if not text:
            text = beat.text
        else:
            text += (" " if text[-1] in ".?!:,>…" else ". ") + beat.text
    return text


def _disclosure(turns: Sequence[Sequence[Beat]]) -> int | None:
    for place, turn in enumerate(turns, start=1):
        if any(beat.kind == "core" for beat in turn):
            return place
    return None
