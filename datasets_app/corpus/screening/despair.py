# ruff: noqa: E501  (a pattern broken over lines is harder to check than a long one)
"""Weak cues that mean little alone: together, close to each other and beside a word of ending, they make a sign.

"I'm so tired" or "nobody cares" is distress, not a crisis. Many of them at once, near "I give up" or "it will be over
soon", is how people write who do not say the word. The sign is of severity 2: look at it, wake nobody.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from datasets_app.corpus.taxonomy import SignalFamily

from . import context
from .reading import Reading
from .signals import Signal, compiled

#: Cues count together when they stand within so many characters of user text.
WINDOW_CHARS: Final = 1_200
#: From how much weight on there is a sign, and from how much on it makes words of suicide a moderate concern.
ENOUGH: Final = 4
GRAVE: Final = 7
_MAX_PLACES: Final = 40


@dataclass(frozen=True)
class Cue:
    """One kind of weak cue; it counts once per window. `anchor`: speaks of an end, and one such cue is needed."""

    name: str
    weight: int
    pattern: re.Pattern[str]
    anchor: bool = False


def _cue(name: str, weight: int, pattern: str, anchor: bool = False) -> Cue:
    return Cue(name, weight, compiled(pattern), anchor)


CUES: Final[tuple[Cue, ...]] = (
    _cue("the_end", 3, r"\b(?:(?:i'?m|im|i am|just|finally|gonna|going to|to|will|i'?ll|not) do(?:ing)? it (?:soon|tonight|now|today|tomorrow|this time|before|anyway|right)|i'?m (?:gonna|going to) do it\b|(?:go|going|follow|went) through with it|work up the (?:nerve|courage)|it(?:'ll| will) (?:all )?be over|all be over|over soon|be over with|over with\b|end (?:is|my) (?:near|coming|suffering|pain)|my (?:own )?death\b|my funeral|afterlife|when i'?m (?:gone|dead)|after i'?m (?:gone|dead)|before i (?:go|die|do it)\b|if i (?:die|died|was gone|were gone)|leave this (?:world|earth|place|life)|can'?t be saved|final(?:ly)? (?:be )?(?:free|at peace)|be at peace|rest in peace|no longer (?:be )?here|not be here|(?:my|the) (?:last (?:day|days|night|words|goodbye)|final (?:day|days|night|message|post|words|goodbye))|bye\b|farewell|(?<!saying\s)(?<!say\s)good ?bye|too late|set a date|time has come|my time (?:has come|is up|is now|to go))", True),
    _cue("death", 2, r"\b(?:suicid\w*|death\b|dying\b|die\b|dead inside|dead\b|overdos\w*|kill(?:ing|ed)?\b(?! (?:it|time))|gun\b|noose|hang(?:ing)?\b(?! out)|wrists?\b|pills\b|self[- ]?harm\w*|cut(?:ting)? (?:again|myself|deeper)|bridge\b|attempt(?:ed|s)?\b(?! (?:at|to (?!kill|end|die|hang)))|razor\b|urges?\b|ideation)", True),
    _cue("give_up", 2, r"\b(?:(?:giv(?:e|ing|en) up|gave up)\b(?! (?:my|the|a|an|smoking|drinking|alcohol|work|so much|everything for|on (?:him|her|them|my|the|us|this|that|people|love|men|women|dating)))|i'?m (?:so |just |fucking |completely |about )?done\b(?! with (?:my (?:home)?work|the|exams?|school|class))|can'?t (?:do|take|handle|keep|stand|go on|continue|live|cope|fight|hold on|function)\b|cannot (?:do|take|go on|cope)|no (?:more )?(?:strength|energy|fight) left|lost the will|don'?t want to (?:be|feel|do this)|want(?:s)? (?:it|this|everything|the pain) (?:all )?(?:to )?(?:stop|end|over|go away)|breaking point|on the (?:edge|verge)|at the end of my rope|losing it|fed up|slipping)", True),
    _cue("hopeless", 2, r"\b(?:hopeless\w*|no hope|lost (?:all )?hope|losing hope|no future|no point|pointless|what'?s the point|see (?:the|a|any) point|meaningless|worth it\b|(?:never|won'?t|not going to|doesn'?t|isn'?t going to|nothing) (?:\w+ )?(?:get|gets|be|getting) (?:any )?(?:better|okay|ok|happy|fixed)|nothing (?:left|matters|to look forward|to live|helps|works|for me|will change)|no way out|only way|a way out|no escape|escape\b|trapped|rock bottom|lowest point|inevitable|doomed|stuck in)"),
    _cue("self_hate", 1, r"\b(?:worthless|useless|failure|hate (?:my ?self|who i am|everything about me|being me)|waste of|loser|piece of (?:shit|garbage)|disgust\w*|burden\w*|pathetic|ruin(?:ed|ing)? (?:my|every|their)|don'?t deserve|not good enough|never (?:be )?good enough|my fault|coward|monster|disappoint(?:ment|ed)?\b|broken\b)"),
    _cue("alone", 1, r"\b(?:no ?one (?:\w+ )?(?:cares?|loves|likes|wants|understands|to talk|notices?|would)|nobody (?:\w+ )?(?:cares?|loves|likes|wants|understands|would)|no (?:real )?friends|(?:don'?t|do not) have (?:any ?(?:one|friends|body)|friends)|all alone|so alone|completely alone|so lonely|lonel(?:y|iness)|isolated|hates? me|abandoned|left me|only friend)"),
    _cue("call", 1, r"\b(?:(?:need|want|looking for|just need) (?:someone|somebody|anyone|a person) to (?:talk|listen|hear)|(?:someone|anyone|somebody) (?:please )?(?:talk|help|listen|there)|please (?:help|talk)|help me\b|i need help|talk to me|talk me (?:down|out)|don'?t know what (?:else )?to do|reach(?:ed|ing)? out|hotlines?)"),
    _cue("care", 1, r"\b(?:depress(?:ed|ion|ive)|anti-?depress\w+|psych(?:iatrist|iatric| ward)|hospitali[sz]ed|bipolar|bpd\b|ptsd|therap(?:y|ist|ists)|meds\b|medication|mental (?:hospital|illness|health)|diagnosed)"),
    _cue("life", 2, r"\b(?:(?:hate|ruined|fucked up|ruining|over|with|of) my (?:\w+ )?life\b|my life (?:is|has|was) (?:\w+ )?(?:over|shit|hell|meaningless|nothing|pointless|ruined|miserable|falling|a (?:mess|joke|failure|waste))|hate life|this life\b|miserable|life (?:is|isn'?t|has) (?:\w+ )?(?:hell|pain|shit|torture|worthless|nothing|meaningless|worth)|(?:constant|so much|this|the|endless) (?:\w+ )?(?:pain|suffering|misery|agony|torture)|suffer(?:ing)?\b|existence\b|existing\b|to live\b|living\b(?! (?:room|in|with)))"),
    _cue("tired", 1, r"\b(?:(?:so|just|very|really|fucking|too|mentally|sick and) (?:\w+ )?(?:tired|exhausted|drained)|tired of|exhausted|drained|numb\b|empty\b|cry(?:ing)? (?:every|all|myself|for)|can'?t sleep|can'?t get out of bed|overwhelm\w*|break(?:ing)? down|barely)"),
)  # fmt: skip


def signals(readings: Sequence[tuple[int, Reading]], cues: Sequence[Cue], enough: int = ENOUGH) -> list[Signal]:
    """Return one signal where `cues` of weight `enough` stand close together, at the last that speaks of an end."""
    if not any(cue.anchor for cue in cues) or sum(cue.weight for cue in cues) < enough:
        return []
    places = sorted(_places(readings, cues), key=lambda place: place[0])
    inside: Counter[Cue] = Counter()
    first = 0
    for position, cue, _ in places:
        inside[cue] += 1
        while places[first][0] < position - WINDOW_CHARS:
            inside[places[first][1]] -= 1
            first += 1
        held = [kind for kind, count in inside.items() if count > 0]
        if sum(kind.weight for kind in held) >= enough and any(kind.anchor for kind in held):
            anchors = [place for place in places[first:] if place[1].anchor and place[0] <= position]
            return [anchors[-1][2]]
    return []


def _places(readings: Sequence[tuple[int, Reading]], cues: Sequence[Cue]) -> list[tuple[int, Cue, Signal]]:
    """Return where the cues stand: place in the running user text, cue, and the signal that it would make."""
    found = []
    offset = 0
    for index, reading in readings:
        text = reading.masked
        for cue in cues:
            for number, match in enumerate(cue.pattern.finditer(text)):
                if number >= _MAX_PLACES:
                    break
                start, end = match.span()
                if context.is_third_person(text, start, end) or context.is_about_texts(text, start, end):
                    continue
                signal = Signal(
                    "despair", SignalFamily.DEPRESSION.value, "passive_ideation", 2, index,
                    reading.place(start), reading.place(end),
                )  # fmt: skip
                found.append((offset + start, cue, signal))
        offset += len(text) + 2
    return found
