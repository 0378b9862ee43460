"""The five strategies: each makes another conversation of an original, or None where it has nothing to hold on to.

None of them removes or changes a word that bears a signal. Whether the label holds afterwards is not theirs to say:
`check.Judge` reads every child.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Final, NamedTuple

from datasets_app.corpus.screening import Assessment
from datasets_app.corpus.taxonomy import NONE_TYPE

from . import bank
from .clashes import clashes, fitting
from .keywords import crisis_words
from .parents import Messages, Parent
from .rewording import Rewording
from .spans import is_short_answer, like, sentences, signal_spans, signalled

_AGE_OR_GENDER: Final = re.compile(
    r"\b(?:i'?m|i am|im) (?:an? )?(?:\w+ ){0,2}"
    r"(?:\d{1,2}|man|woman|girl|boy|mother|father|mum|dad|trans|wife|husband|retired)\b"
    r"|\b\d{1,2}[- ]years?[- ]old\b|\b\d{2} ?[mf]\b|\b[mf] ?\d{2}\b",
    re.IGNORECASE,
)
# Who says hello, or whom they answer, comes first; a tag or an address comes last.
_OPENS: Final = re.compile(
    r"(?:hi|hey|hello|good (?:evening|morning|afternoon|day)|evening|um|yo|dear|@\w+)\b", re.IGNORECASE
)
_TAG_LAST: Final = re.compile(r"(?:#\w+|@\w+|<url>)\s*$")
_REPLY_WORDS: Final = 18
#: How many words both parts of a message sent in two have at least: "Omg." alone is no message to answer.
_SPLIT_WORDS: Final = 4
_SCENARIO_LINES: Final = 4
#: With fewer messages to give way, the scenario opens with two of its lines.
_FEW_PLACES: Final = 2


class Made(NamedTuple):
    """A child's words, and what its metadata says of it beside its parent's."""

    messages: Messages
    steps: tuple[str, ...]
    demographics: str = ""
    context: str = ""


Strategy = Callable[[Parent, Assessment, random.Random], Made | None]


def paraphrase(parent: Parent, found: Assessment, rng: random.Random) -> Made | None:
    """Say every message of the user otherwise; the listener's stay, for a "yes" means what was asked."""
    made = reworded(parent.messages, found, rng)
    return Made(made, ("reworded",)) if made != parent.messages else None


def reworded(messages: Messages, found: Assessment, rng: random.Random, *, framed: int | None = None) -> Messages:
    """Return the messages with the user's said otherwise; one that answers a question in a word or two stays.

    `framed` is the number of a message that gets a frame of another kind, so none of ours.
    """
    first = _first_user(messages)
    rewording = Rewording(rng, said_by_user(messages))
    made = []
    for number, message in enumerate(messages):
        text = message["content"]
        if message["role"] == "user" and (number == first or not is_short_answer(text)):
            opens = number == first and len(messages) > 1
            text = rewording.reword(
                text, signal_spans(found, number), greeting=opens, framed=framed is not None and number == framed
            )
        made.append({"role": message["role"], "content": text})
    return made


def context_expansion(parent: Parent, found: Assessment, rng: random.Random) -> Made | None:
    """Let the person tell more of their day before they come to it."""
    places = _places_for_a_turn(parent.messages)
    if not places:
        return None
    made = list(parent.messages)
    lines = fitting(bank.CONTEXTS, said_by_user(parent.messages))
    for line in rng.sample(lines, min(len(lines), rng.choice((1, 2)))):
        place = rng.choice(places)
        made[place:place] = _exchange(parent, line, rng)
    return Made(made, ("context added",))


def crisis_scenarios(parent: Parent, found: Assessment, rng: random.Random) -> Made | None:
    """Set the words of a crisis into another life: what bears no signal gives way to the lines of a scenario.

    Only where the rules see what the label rests on; what they cannot see could be what is taken out.
    """
    if parent.crisis_type == NONE_TYPE or found.crisis_type != parent.crisis_type:
        return None
    said = said_by_user(parent.messages)
    names = [name for name in sorted(bank.SCENARIOS) if len(fitting(bank.SCENARIOS[name], said)) == _SCENARIO_LINES]
    if not names:
        return None
    name = rng.choice(names)
    lines = list(bank.SCENARIOS[name])
    made = [dict(message) for message in parent.messages]
    places = _unsignalled(parent.messages, signalled(found))
    if len(places) < _FEW_PLACES:
        opening = _exchange(parent, " ".join(lines[:_FEW_PLACES]), rng)
        lines = lines[_FEW_PLACES:]
    else:
        opening = []
    for place, line in zip(places, lines, strict=False):
        made[place]["content"] = like(made[place]["content"], line)
    first = _first_user(made)
    made[first:first] = opening
    return Made(made, (f"scenario: {name}",), context=name)


def _unsignalled(messages: Messages, bearing: set[int]) -> list[int]:
    """Messages of the user that say nothing of a crisis, as far as the rules and the list of its words can tell."""
    return [
        number
        for number, message in enumerate(messages)
        if message["role"] == "user"
        and number not in bearing
        and not crisis_words([message])
        and not _answers(messages, number)
    ]


def dialogue_variation(parent: Parent, found: Assessment, rng: random.Random) -> Made | None:
    """Another course of the same talk: a message sent in two, two sent in one, other words of a listener."""
    made = [dict(message) for message in parent.messages]
    acts = [_replies_changed, _message_split, _messages_joined]
    rng.shuffle(acts)
    steps = [step for act in acts if (step := act(made, rng))]
    return Made(made, tuple(steps)) if steps else None


def demographic_injection(parent: Parent, found: Assessment, rng: random.Random) -> Made | None:
    """Let the person say who they are; not where they have said it already, and never against what is known."""
    said = said_by_user(parent.messages)
    if _AGE_OR_GENDER.search(said):
        return None
    age, _, gender = (part.strip() for part in parent.demographics.partition(","))
    fitting = (
        [
            (person, years)
            for person in bank.PEOPLE
            for years in person.ages
            if (not gender or (person.gender == gender and abs(years - int(age or 0)) <= 2))
            and not clashes(person.sentence, said)
        ]
        if not age or age.isdigit()
        else []
    )
    if not fitting:
        return None
    person, years = rng.choice(fitting)
    made = [dict(message) for message in parent.messages]
    place = _first_user(made)
    text = made[place]["content"]
    sentence = like(text, person.sentence.format(age=years))
    first = not _OPENS.match(text) and (bool(_TAG_LAST.search(text)) or rng.random() < 0.5)
    made[place]["content"] = f"{sentence.rstrip('.')}. {text}" if first else _appended(text, sentence)
    return Made(made, ("person added",), demographics=f"{years}, {person.gender}")


STRATEGIES: Final[dict[str, Strategy]] = {
    "context_expansion": context_expansion,
    "crisis_scenarios": crisis_scenarios,
    "dialogue_variation": dialogue_variation,
    "paraphrase": paraphrase,
    "demographic_injection": demographic_injection,
}


def _first_user(messages: Messages) -> int:
    return next((number for number, message in enumerate(messages) if message["role"] == "user"), 0)


def _answers(messages: Messages, number: int) -> bool:
    """Whether a message may be the answer to a question: short, right after the listener."""
    return number > 0 and messages[number - 1]["role"] == "assistant" and is_short_answer(messages[number]["content"])


def _places_for_a_turn(messages: Messages) -> list[int]:
    """Where an exchange may be put in: before a message of the user that is no answer in a word."""
    return [
        number
        for number, message in enumerate(messages)
        if message["role"] == "user" and not _answers(messages, number)
    ]


def said_by_user(messages: Messages) -> str:
    """Return all that the person says, in one text."""
    return " ".join(message["content"] for message in messages if message["role"] == "user")


def _exchange(parent: Parent, line: str, rng: random.Random) -> Messages:
    model = parent.messages[_first_user(parent.messages)]["content"]
    return [
        {"role": "user", "content": like(model, line)},
        {"role": "assistant", "content": rng.choice(bank.PLAIN_REPLIES)},
    ]


def _appended(text: str, sentence: str) -> str:
    return f"{text} {sentence}" if text.rstrip().endswith((".", "!", "?")) else f"{text}. {sentence}"


def _is_plain_reply(messages: Messages, number: int) -> bool:
    """Whether a listener's message may give way to another: short, asks for no risk, and nothing hangs on it."""
    message = messages[number]
    if message["role"] != "assistant" or len(message["content"].split()) > _REPLY_WORDS:
        return False
    as_user = [{"role": "user", "content": message["content"]}]
    followed = number + 1 < len(messages) and _answers(messages, number + 1)
    return not followed and not crisis_words(as_user)


def _replies_changed(messages: Messages, rng: random.Random) -> str:
    places = [number for number in range(len(messages)) if _is_plain_reply(messages, number)]
    for number in places:
        others = [reply for reply in bank.REPLIES if reply != messages[number]["content"]]
        messages[number]["content"] = rng.choice(others)
    return "replies changed" if places else ""


def _message_split(messages: Messages, rng: random.Random) -> str:
    places = [
        (number, start)
        for number, message in enumerate(messages)
        if message["role"] == "user"
        for start, _ in sentences(message["content"])[1:]
        if min(len(part.split()) for part in (message["content"][:start], message["content"][start:])) >= _SPLIT_WORDS
    ]
    if not places:
        return ""
    number, start = rng.choice(places)
    text = messages[number]["content"]
    messages[number : number + 1] = [
        {"role": "user", "content": text[:start].rstrip()},
        {"role": "assistant", "content": rng.choice(bank.PLAIN_REPLIES)},
        {"role": "user", "content": text[start:]},
    ]
    return "a message split"


def _messages_joined(messages: Messages, rng: random.Random) -> str:
    places = [
        number
        for number in range(1, len(messages) - 1)
        if _is_plain_reply(messages, number) and messages[number - 1]["role"] == messages[number + 1]["role"] == "user"
    ]
    if not places or len(messages) <= 3:
        return ""
    number = rng.choice(places)
    joined = _appended(messages[number - 1]["content"], messages[number + 1]["content"])
    messages[number - 1 : number + 2] = [{"role": "user", "content": joined}]
    return "two messages joined"
