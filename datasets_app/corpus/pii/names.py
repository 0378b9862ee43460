"""Personal names by what stands before them: "my name is", a title, a relation, a greeting, a signature.

Each rule is a cue with a regular expression and says how sure it is. A word after a strong cue is a name unless it
is known to be none; after a weak cue ("I'm ...") it has to look like one.
"""

from __future__ import annotations

import re
from typing import Final

from .finding import Span
from .given_names import AMBIGUOUS, LOWER, PLAIN
from .not_names import (
    ADJECTIVE_ENDINGS,
    FAMOUS_AFTER_TITLE,
    GRAMMAR,
    NOT_NAMES,
    ORGANISATIONS,
    PUBLIC_SURNAMES,
    TITLES,
)

_LETTER: Final = r"[^\W\d_]"
_WORD: Final = re.compile(rf"{_LETTER}+(?:['’-]{_LETTER}+)*")
_INITIAL: Final = re.compile(r"[A-Z]\.?(?=\s|$|[,.!?])")
_INITIAL_WITHIN: Final = re.compile(r"[A-Z]\.\s[A-Z]")
_PARTICLES: Final = frozenset("van von de der den da del della di la le bin ibn al el dos du ten ter".split())  # noqa: SIM905
PARTICLES_FIRST: Final = r"(?:(?:van|von|de|der|den|da|la|le|del|di|al|el|bin)\s){1,3}"
_PARTICLES_FIRST: Final = re.compile(PARTICLES_FIRST)
_NO_NAME_BEFORE: Final = re.compile(r"\b(?:dr|mr|doctor|uncle|san|santa|los|fort|port|saint|st)\.?\s{1,2}$", re.I)
_SPACE: Final = re.compile(r"[ \t]{1,2}")
_MOST_WORDS: Final = 4

RELATIONS: Final = (
    "mother|mom|mum|mommy|mama|father|dad|daddy|parents?|sister|brother|sibling|twin|son|daughter|kid|child|baby|wife|"
    "husband|hubby|spouse|partner|fianc(?:e|é)e?|girlfriend|boyfriend|gf|bf|ex|friends?|mate|bestie|best friend|buddy|"
    "roommate|flatmate|housemate|neighbou?r|boss|manager|supervisor|coworker|co-worker|colleague|teacher|professor|tutor|coach|"
    "therapist|counsell?or|psychiatrist|psychologist|doctor|nurse|gp|social worker|case worker|caseworker|sponsor|"
    "mentor|pastor|priest|landlord|aunt|auntie|uncle|cousin|niece|nephew|grandmother|grandma|grandfather|grandpa|nana|"
    "grandson|granddaughter|step\\s?-?(?:mom|mum|mother|dad|father|son|daughter|brother|sister)|"
    "(?:mother|father|sister|brother|son|daughter)-in-law|client|patient|student|lawyer|attorney|dealer|abuser|crush|"
    "girl|guy|boy|man|woman|person|lady"
)
TITLE_WORDS: Final = (
    r"(?:Dr|Mr|MR|Mrs|MRS|Ms|Mx|Miss|Prof|Doctor|Professor|Nurse|Pastor|Rev|Reverend|Rabbi|Imam|Aunt|Aunty|"
    r"Auntie|Uncle|Coach|Officer|Detective)"
)

# The candidate pattern finds these places first; the checks below then read the words after them.
OWN_NAME: Final = re.compile(
    r"(?:my|his|her|their|our|the)\s+(?:(?:full|first|last|real|middle|legal|birth|actual|maiden|sur|"
    r"given)\s?)?name(?:'s|’s|\s+is|\s+was)\s+(?:actually\s+|really\s+)?",
    re.I,
)
_NAME_IS: Final = re.compile(r"name(?:'s|’s|\s+is|\s+was)\s+", re.I)
_BRAND_BEFORE: Final = re.compile(r"\b(?:brand|street|drug|domain|user|generic|file|screen)\s$", re.I)
_CALLED: Final = re.compile(
    r"(?:(?:i'm|i’m|i\s+am|is|was|we|he's|she's|they|people|everyone)\s+(?:always\s+)?called|calls?\s+(?:me|him|"
    r"her)|called|named|known\s+as|go(?:es)?\s+by|nicknamed)\s+",
    re.I,
)
_PERSON_CALLED: Final = re.compile(r"i\W?'?’?\s?a?m\s|he|she|calls?\s|go", re.I)
_PERSON_BEFORE: Final = re.compile(
    rf"\b(?:{RELATIONS}|someone|somebody|he|she|who)s?\s(?:who\s)?(?:is\s|was\s)?$", re.I
)
_I_AM: Final = re.compile(r"(?:i'm|i’m|im|i\s+am|this\s+is|it's|it’s)\s+", re.I)
_TITLE: Final = re.compile(rf"{TITLE_WORDS}\b\.?\s{{1,2}}")
_RELATION: Final = re.compile(
    rf"(?:{RELATIONS})(?P<many>s)?[ \t]?,?[ \t]{{1,2}}"
    r"(?:(?:\(|(?:is|was)\s+(?:named|called)|named|called|'s\s+name\s+is)\s*)?",
    re.I,
)
_GREETING: Final = re.compile(
    r"(?:hi|hello|hey|dear|thanks|thank\s+you|good\s+(?:morning|evening|afternoon|night)|welcome(?:\s+back)?|"
    r"sorry|goodbye|bye|hiya|greetings|love\s+you|miss\s+you)\s?,?\s+(?:again\s?,?\s+)?",
    re.I,
)
_OWNER: Final = re.compile(r"\b(?:my|his|her|our|their|your)\s(?:[\w-]{1,15}[ -]){0,3}$", re.I)
_SIGNED: Final = re.compile(r"\n[ \t]{0,4}(?:[-–—~]{1,3}[ \t]{0,2})")
_CLOSING: Final = re.compile(
    r"(?:regards|sincerely|love|cheers|best|best\s+wishes|yours|yours\s+truly|truly|faithfully|thanks|thank\s+you|"
    r"many\s+thanks|hugs|xoxo|warmly|respectfully|take\s+care|blessings|"
    r"peace)\s?[,.!]?\s{0,3}\n\s{0,6}(?:[-–—~]{1,3}\s{0,2})?",
    re.I,
)
_LABEL: Final = re.compile(
    r"(?:(?:full|first|last|patient(?:'s)?|client(?:'s)?|legal|maiden|student|emergency\s+contact)\s+)?name\s?:\s{0,3}",
    re.I,
)
_END_OF_LINE: Final = re.compile(r"[ \t]{0,3}[.,!]?[ \t]{0,3}(?:\n|\x1e|$)")
_END_OF_MESSAGE: Final = re.compile(r"[ \t]{0,3}[.,!]?\s{0,6}(?:\x1e|$)")
_AFTER_ADDRESSED: Final = re.compile(r"\s{0,2}(?:[,!.?;:)\n\x1e–—-]|$)")
_SELF_GOES_ON: Final = re.compile(
    r"\s{0,2}(?:[,.!;\n\x1e–—(-]|$|and\b|from\b|by the way|here\b|\d|but\b|nice\b|a\b|an\b|your\b)", re.I
)
_VERB_AFTER: Final = re.compile(r"\s(?:to|that|the|of|with|at|for|than|as|because|when|if|on|in|so|like)\b", re.I)


def name_at(text: str, start: int) -> Span | None:
    """A personal name whose cue begins at `start`; the span covers the name alone."""
    for check in (_titled, _own, _called, _self, _greeted, _signed, _related, _labelled, _known):
        span = check(text, start)
        if span:
            return span
    return None


def _titled(text: str, start: int) -> Span | None:
    title = _TITLE.match(text, start)
    if not title:
        return None
    particles = _PARTICLES_FIRST.match(text, title.end())
    end, words = _words(text, particles.end() if particles else title.end(), strict=False)
    if not words or words[0].lower() in FAMOUS_AFTER_TITLE or text[start:end] == "Uncle Sam":
        return None
    return Span(title.end(), end, "personal_name", 0.95)


def _own(text: str, start: int) -> Span | None:
    cue = OWN_NAME.match(text, start) or _NAME_IS.match(text, start)
    if not cue:
        return None
    end, words = _words(text, cue.end(), strict=False, shouted=True)
    if words and not _BRAND_BEFORE.search(text, max(0, start - 12), start):
        return Span(cue.end(), end, "personal_name", 0.97)
    return _lower_name(text, cue.end(), 0.9)


def _lower_name(text: str, place: int, confidence: float) -> Span | None:
    word = _WORD.match(text, place)
    if not word or word.group().lower() not in LOWER or word.group().lower() in NOT_NAMES:
        return None
    end = word.end()
    gap = _SPACE.match(text, end)
    second = _WORD.match(text, gap.end()) if gap else None
    if (
        second
        and second.group() not in NOT_NAMES
        and _END_OF_LINE.match(text, second.end())
        and len(second.group()) > 2
    ):
        end = second.end()
    return Span(place, end, "personal_name", confidence)


def _called(text: str, start: int) -> Span | None:
    cue = _CALLED.match(text, start)
    if not cue:
        return None
    end, words = _words(text, cue.end(), strict=True)
    if words and words[0].lower() in LOWER:
        return Span(cue.end(), end, "personal_name", 0.9)
    if words:
        of_a_person = _PERSON_BEFORE.search(text, max(0, start - 40), start) or _PERSON_CALLED.match(cue.group())
        return Span(cue.end(), end, "personal_name", 0.65) if of_a_person and _name_like(words[0]) else None
    self_said = cue.group().lower().startswith(("i'm", "i’m", "i am")) or "named" in cue.group().lower()
    return _lower_name(text, cue.end(), 0.8) if self_said else None


def _self(text: str, start: int) -> Span | None:
    cue = _I_AM.match(text, start)
    if not cue:
        return None
    end, words = _words(text, cue.end(), strict=True)
    if not words:
        return None
    known = words[0] in PLAIN or (words[0] in AMBIGUOUS and _SELF_GOES_ON.match(text, end))
    if known:
        return Span(cue.end(), end, "personal_name", 0.9)
    introduced = cue.group().lower().lstrip("i").startswith(("'m", "’m", "m", " am"))
    if introduced and _SELF_GOES_ON.match(text, end) and not _VERB_AFTER.match(text, end) and _name_like(words[0]):
        return Span(cue.end(), end, "personal_name", 0.6)
    return None


def _greeted(text: str, start: int) -> Span | None:
    cue = _GREETING.match(text, start)
    if not cue:
        return None
    end, words = _words(text, cue.end(), strict=True)
    if not words or not _AFTER_ADDRESSED.match(text, end):
        return None
    if words[0] in PLAIN or words[0] in AMBIGUOUS:
        return Span(cue.end(), end, "personal_name", 0.9)
    return Span(cue.end(), end, "personal_name", 0.65) if _name_like(words[0]) else None


def _signed(text: str, start: int) -> Span | None:
    cue = _SIGNED.match(text, start) or _CLOSING.match(text, start)
    if not cue:
        return None
    end, words = _words(text, cue.end(), strict=True)
    if not words or len(words) > 3 or not _END_OF_LINE.match(text, end):
        return None
    dashed = cue.group().strip(" \t\n")[:1] in ("-", "–", "—", "~")
    if dashed and not _END_OF_MESSAGE.match(text, end):
        return None
    sure = words[0].lower() in LOWER or not dashed
    return Span(cue.end(), end, "personal_name", 0.9 if sure else 0.6) if _name_like(words[0]) or sure else None


def _related(text: str, start: int) -> Span | None:
    cue = _RELATION.match(text, start)
    if not cue:
        return None
    end, words = _words(text, cue.end(), strict=True)
    if not words and _OWNER.search(text, max(0, start - 48), start):
        return _lower_relation(text, cue.end())
    if not words or text[start:end] == "Uncle Sam" or not (_name_like(words[0]) or words[0].lower() in LOWER):
        return None
    named = re.search(r"named|called|name\s+is", cue.group(), re.I)
    known = words[0].lower() in LOWER
    if (
        not known
        and not named
        and (cue["many"] or text[start].isupper() or not _OWNER.search(text, max(0, start - 48), start))
    ):
        return None
    if not known and "," in cue.group() and not named and not re.match(r"\s?,", text[end : end + 2]):
        return None
    return Span(cue.end(), end, "personal_name", 0.95 if named or known else 0.7)


def _lower_relation(text: str, place: int) -> Span | None:
    word = _WORD.match(text, place)
    known = word is not None and word.group().islower() and word.group().capitalize() in PLAIN
    return Span(place, word.end(), "personal_name", 0.75) if word is not None and known else None


def _labelled(text: str, start: int) -> Span | None:
    cue = _LABEL.match(text, start)
    if not cue:
        return None
    end, words = _words(text, cue.end(), strict=False, shouted=True)
    return Span(cue.end(), end, "personal_name", 0.95) if words else _lower_name(text, cue.end(), 0.85)


def _known(text: str, start: int) -> Span | None:
    """A known given name without any cue; a surname that follows is taken with it."""
    end, words = _words(text, start, strict=True)
    if not words or words[0] not in PLAIN or _NO_NAME_BEFORE.search(text, max(0, start - 8), start):
        return None
    if len(words) > 1 and words[1].lower() in ORGANISATIONS:
        return None
    return Span(start, end, "personal_name", 0.75 if len(words) > 1 else 0.55)


def _words(text: str, place: int, *, strict: bool, shouted: bool = False) -> tuple[int, list[str]]:
    """The words of a name from `place` on and where they end; none when the first word can't be one.

    `strict` refuses words of NOT_NAMES as the first word even after a strong cue's grammar words are out;
    `shouted` lets words in capitals through ("MY NAME IS ANNA").
    """
    words: list[str] = []
    end = place
    while len(words) < _MOST_WORDS:
        word = _WORD.match(text, place)
        if word is None:
            break
        written = _without_genitive(word.group().replace("’", "'"))
        if not _may_belong(written, first=not words, strict=strict, shouted=shouted):
            initial = _INITIAL.match(text, place) if words else None
            if initial and written in ("I", "A") and not _INITIAL_WITHIN.match(text, place):
                initial = None
            if not initial and not (words and written.lower() in _PARTICLES and _capital_after(text, word.end())):
                break
        if len(written) == 1 and not words:
            break
        words.append(written)
        end = place + len(written)
        if len(written) < len(word.group()):
            break
        if len(written) == 1 and text[end : end + 2] == ". ":
            end += 1
        gap = _SPACE.match(text, end)
        if not gap:
            break
        place = gap.end()
    while words and len(words[-1]) == 1 and text[end - 1] != ".":
        end = text.rindex(words[-2], 0, end) + len(words[-2]) if len(words) > 1 else end
        words.pop()
    return end, ([] if words and words[-1] in ("", " ") else words) if _not_public(words) else []


def _without_genitive(word: str) -> str:
    return word[:-2] if word.endswith("'s") else word


def _capital_after(text: str, place: int) -> bool:
    gap = _SPACE.match(text, place)
    return gap is not None and text[gap.end() : gap.end() + 1].isupper()


def _may_belong(word: str, *, first: bool, strict: bool, shouted: bool) -> bool:
    lowered = word.lower()
    if not word[:1].isupper() or len(word) < 2:
        return False
    if word[1].isupper() and "'" not in word and not (shouted and len(word) > 2):
        return False
    if lowered in TITLES and first:
        return False
    if lowered in LOWER:
        return not (first and strict and lowered in GRAMMAR and word not in AMBIGUOUS)
    return lowered not in (NOT_NAMES if first or strict else GRAMMAR) and not (
        "'" in lowered and lowered.endswith(("'m", "'re", "'ve", "'ll", "'d", "n't"))
    )


def _name_like(word: str) -> bool:
    lowered = word.lower()
    if lowered in LOWER:
        return True
    return len(word) > 2 and lowered not in NOT_NAMES and not lowered.endswith(ADJECTIVE_ENDINGS)


def _not_public(words: list[str]) -> bool:
    return not (len(words) > 1 and words[-1].lower() in PUBLIC_SURNAMES)
