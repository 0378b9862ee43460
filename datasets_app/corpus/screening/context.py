# ruff: noqa: E501  (a pattern broken over lines is harder to check than a long one)
"""What stands around a match and decides whether it counts: idiom, negation, person, tense, quotation, hyperbole."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice
from typing import Final

import re2

from .prefilter import widened
from .signals import bounded


def _compiled(pattern: str, flags: int = 0) -> re.Pattern[str]:
    return re.compile(bounded(pattern), re.IGNORECASE | re.ASCII | flags)


# Each idiom is blanked out before any rule is tried. Weapons and times are looked for after an idiomatic threat.
_IDIOMS: Final = _compiled(
    r"""
    \b(?:i'?ll|i\s+will|i'?m\s+(?:going\s+to|gonna)|i\s+(?:could|might|would)|i'?d|gonna|going\s+to|could)\s+(?:\w+\s+)?
        kill\s+(?:him|her|you|them|my\s+(?!self)\w+|whoever|the\s+\w+|someone|somebody|this\s+\w+)\b
        (?!.{0,60}\b(?:bat|gun|knife|hammer|i\s+mean\s+it|home\s+now|tonight)\b)
    | \b(?:is|are|was|were|'s|r|been|be|straight\s+up|absolutely|fucking|legit)\s+(?:\w+\s+){0,2}kill(?:ing|in'?)\s+(?:me|us|my\s+(?!self)\w+)\b
    | (?<!someone\s)(?<!somebody\s)(?<!someone\swould\s)(?<!something\swould\s)(?<!please\s)(?<!just\s)(?<!pls\s)\bkill(?:s|ing|in'?)?\s+(?:me|us|you|time|it|the\s+(?:vibe|mood))\b(?!\s+please)(?<!please\s)(?<!just\s)
        (?=\s*(?:$|[.,!?;)]|lol|haha|when|how|that|with|today|lately|right|at|man|and|because|since|for|i\b|/))
    | \b(?:dying|die|dead|died)\s+(?:of|from|with)\s+(?:laugh\w*|boredom|embarrass\w*|cringe|cuteness|laughing)
    | \b(?:dying|die)\s+to\s+(?:know|see|meet|go|try|hear|get|find|have|eat|tell|be\s+with)\b | \bto\s+die\s+for\b
    | \b(?:bored|scared|frightened|worried|sick|tickled|starved|starving|love[ds]?|tired)\s+(?:me\s+)?(?:half\s+)?to\s+death\b
    | (?<!think\s)(?<!like\s)(?<!sure\s)(?<!if\s)\b(?:i'?m|im|am|we're)\s+(?:\w+\s+)?(?:dead|dying|ded)\s*(?:lol|lmao|haha|💀|😂|rn|omg|[!.]*\s*$)
    | \b(?:could|can|want\s+to|wanna)\s+sleep\s+(?:for|a)\s+(?:a\s+)?(?:year|week|month|days|ever)\b
    | \b(?:shoot|bite|cut|kick|beat)(?:ing)?\s+(?:myself|me)\s+(?:in\s+the\s+foot|some\s+slack|off|a\s+(?:slice|break|piece|check)|up\s+(?:about|over))
    | \b(?:accident(?:al)?ly|shaving|cooking|chopping|while\s+(?:shaving|cooking|chopping))\b[^.?!]{0,30}\b(?:cut|burn(?:ed|t)?|hurt)\s+(?:myself|my\s+\w+)
    | \b(?:cut|burn(?:ed|t)?|hurt)\s+(?:myself|my\s+(?:finger|thumb|hand))\b[^.?!]{0,20}\b(?:shaving|cooking|chopping|by\s+accident|accidentally|at\s+the\s+gym|running|playing|lifting|on\s+(?:the|a)\s+(?:paper|knife|oven|stove|pan))
    | \bdrop\s+dead\s+gorgeous\b | \bover\s+my\s+dead\s+body\b | \bdead\s*line\w*\b | \bpanic\s*(?:buy\w*|mode|button|at\s+the\s+disco)\b
    | \bpanicked\b | \bsuicide\s+(?:squad|girls?|boys?|bomb\w*|doors?|mission|hotline|prevention|awareness|watch|drill|silence)\b
    | \b(?:career|social|political|commercial)\s+suicide\b | \bkill(?:ing)?\s+(?:two\s+birds|myself\s+(?:with\s+this|laughing|over\s+this|at\s+(?:the\s+gym|work\s+to)))
    | \bvoice\s*(?:mail|s?\s+of\s+(?:reason|the\s+people)|\s+acting|over)\w*\b
    | \b(?:brain|mind|head|anxiety)\s+(?:keeps?\s+)?(?:tell(?:s|ing)|say(?:s|ing))\s+me\b
    | \bcut(?:ting)?\s+(?:myself\s+)?(?:off|back|down|out|hours|costs|short)\b
    | \b(?:would|i'?d|i\s+would)\s+rather\s+(?:die|be\s+dead|kill\s+myself|shoot\s+myself|stab\s+myself|jump\s+(?:off|from)\s+(?:a|the)\s+(?:\w+\s+)?(?:cliff|bridge|roof|building|window))\s+than\s+(?:ever\s+|have\s+to\s+)?(?:talk|speak|see|eat|watch|read|sit|listen|attend|write|cook|clean|meet|ask|call|wear|drink|hear|share|join)\b
    | \b(?:overdos(?:e|ed|ing)|od'?ing|od'?d)\s+(?:on\s+)?(?:caffeine|coffee|chocolate|sugar|netflix|cuteness|candy|pizza|christmas|tv|sweets|nostalgia)\b
    """,
    re.VERBOSE,
)

_CLAUSE_BREAK: Final = _compiled(r"[.!?;:\n]+|,?\s+\b(?:but|although|though|however|yet|except)\b|\s[-–—]\s|,\s+")
_SENTENCE_BREAK: Final = _compiled(r"[.!?\n]+")
_NEGATION: Final = _compiled(
    r"\b(?:not|never|no longer|do ?n'?t|did ?n'?t|wo n'?t|won'?t|would ?n'?t|is ?n'?t|was ?n'?t|are ?n'?t|am ?n'?t|have ?n'?t|has ?n'?t|without|stopped|nor|no|nothing|ain'?t|doesn'?t|zero)\b",
)
_NOT_A_NEGATION: Final = _compiled(
    r"\b(?:can'?t (?:stop|help|wait|even)|why not|not (?:only|just|sure|even|to be|to sound|gonna lie)|do ?n'?t (?:know|care|even|understand|think i can)|no (?:one|joke|offen[cs]e|matter|idea|doubt|reason|lie)|trying not|try not|wouldn'?t be surprised|why (?:don'?t|do ?n'?t)|if i don'?t|have ?n'?t (?:\w+ ){0,4}(?:because|in|since)|no)(?:[,:]|\b)",
)
_NEVER_INSIDE: Final = _compiled(r"\Ai (?:have |'?ve )?never (?:thought|considered|attempted|tried|wanted)\b")
_NEGATION_WINDOW: Final = 4
_LAUGHTER: Final = _compiled(
    r"\b(?:lol|lmao|lmfao|(?:ha){2,5}h?|rofl|jk|j/k|(?:just )?(?:kidding|joking))\b\W{0,9}\Z|[😂🤣]\W{0,9}\Z"
)
_TAKEN_BACK: Final = _compiled(r"\b(?:jk|j/k|(?:just|only|i'?m) (?:kidding|joking)|(?:it|that) was (?:just )?a joke)\b")
_RELIEF: Final = _compiled(
    r"\b(?:feel(?:ing)? (?:a (?:bit|lot|little) |much |so much |way |already )?(?:better|calmer|lighter|relieved)|(?:that|this|you|it)(?:'?s|'?ve| has| have)? (?:really |already )?helped|"
    r"(?:see|talk to) you (?:next|tomorrow|on|soon|then)|(?:it|the panic|the attack)(?:'?s| has| is)? (?:passed|gone|over|calmed)|have a (?:good|nice|great|lovely) (?:day|night|evening|one|weekend))\b",
)
_SHORT_JOKE: Final = 160
_SHORT_MESSAGE: Final = 280
_VERY_SHORT_MESSAGE: Final = 160
_REACH: Final = 400
_DANGERS: Final = 8

_FAMILY_WORDS = (
    r"(?:cousin|friends?|bestie|brother|sister|mother|father|mom|mum|dad|wife|husband|boyfriend|girlfriend|partner|son|daughter|"
    r"uncle|aunt|neighbou?r|roommate|flatmate|colleague|coworker|boss|teacher|student|client|patient|ex|bf|gf|grand\w+|nephew|niece|kid|child|mate|buddy)"
)
_OWN: Final = _compiled(r"\bmy ?self\b|\bme\b|\bi\b|\b(?:im|ive|ill)\b")
_ANOTHERS: Final = _compiled(
    r"\b(?:her|his|their|your) (?:head|mind|thoughts?|room)\b|\b(?:tell|tells|told|order|orders) (?:her|him|them|you)\b"
)
_FIRST: Final = _compiled(r"\b(?:i|i'?m|im|i'?ve|ive|i'?d|id|i'?ll|ill|ima|imma|me|my|myself|we)\b")
_THIRD: Final = _compiled(
    rf"\b(?:he|she|they|(?<!to\s)(?<!with\s)(?<!for\s)(?<!from\s)(?<!of\s)(?<!about\s)(?<!thank\s)(?<!tell\s)(?<!told\s)(?<!miss\s)(?<!love\s)you|u|he's|she's|they're|you're|youre|you'?ve|you'?d|you'?ll|ur|who|anyone|anybody|everyone|everybody|humans?|someone|somebody|people|others|teens?|girls?|boys?|guy|man|woman|stans?|(?:my|his|her|their|our|a|the|your)\s+(?:\w+\s+)?{_FAMILY_WORDS}(?:'s)?)\b",
)
_SECOND: Final = _compiled(r"\b(?:you|your|yours|yourself|you'?re|you'?ve|u|ur)\b")
_ADDRESSED: Final = 4
_COUNTED: Final = 200
_OTHERS_OWN: Final = _compiled(
    r"\b(?:him|her|them|your)sel(?:f|ves)\b|\b(?:his|her|their|your) (?:own )?(?:life|lives)\b"
)
SOMEONE_IN_DANGER: Final = _compiled(
    rf"(?:\b(?:he|she|they|someone|somebody|(?:my|our|a|the|his|her)\s+(?:\w+\s+)?{_FAMILY_WORDS})\b[^.!?]{{0,80}}\b(?:kill (?:him|her|them)sel\w+|(?:is|are|was|feels?|feeling|been|seems?) (?:\w+ )?suicidal|suicide (?:attempts?|notes?|plans?|threats?)|attempt(?:ed|s|ing)? suicide|(?:thinks?|thinking|talks?|talking|threaten\w*) (?:of|about|to commit|with) (?:suicide|dying|killing (?:him|her|them)sel\w+|ending (?:it|his|her|their))|"
    r"wants? to (?:die|end it|be dead|kill (?:him|her|them)sel\w+)|(?:does ?n'?t|doesn'?t|do ?n'?t|don'?t) want to (?:live|be alive|be here any ?more)|self[- ]?harm\w*|(?:is|been|keeps?|started|was) cutting (?:him|her|them)sel\w+|cuts? (?:on|all over) (?:his|her|their)|overdos(?:ed|ing)|took (?:too many|a lot of|all (?:of )?(?:his|her|their)) (?:\w+ )?(?:pills|tablets|meds)|hurt(?:ing)? (?:him|her|them)sel\w+|jump (?:off|from|in front)|(?:is|are|was) going to (?:end it|end (?:his|her|their) life|kill (?:him|her|them)sel\w+)|will end (?:it|his|her|their)|(?:is|are)(?: not|n'?t) safe|hear(?:s|ing) voices)\b)",
)
_WANTS_NO_LIFE: Final = _compiled(r"\b(?:live|alive|more|safe)\Z")
#: A danger that is over, one way or the other.
_DANGER_OVER: Final = _compiled(
    r"\b(?:died|dead|passed away|funeral|took (?:his|her|their) (?:own )?li(?:fe|ves)|committed|killed (?:him|her|them)sel\w+|(?:last|two|three|four|five|\d+|some|many|a few) (?:years?|months?)(?: ago| back)?|years ago|used to|recovered|in recovery|is (?:better|fine|safe|stable|okay) now|back (?:then|in)|when (?:i|he|she|they) (?:was|were))\b"
)
BEREAVEMENT: Final = _compiled(
    rf"\b(?:took (?:his|her|their) (?:own )?li(?:fe|ves)|passed away|funeral|grie(?:f|ving)|mourn\w*|(?:lost|buried) (?:my|our) (?:\w+\s+)?{_FAMILY_WORDS}|"
    rf"{_FAMILY_WORDS} (?:died|killed (?:him|her)self|is gone|was killed)|died by suicide|lost (?:him|her) to)\b",
)
_PAST: Final = _compiled(
    r"\b(?:last year|years? ago|(?:six|seven|eight|nine|ten|eleven|\d+) months ago|used to|when i was|back (?:then|in|when)|in (?:19|20)\d\d|in the past|as a (?:kid|teen\w*|child)|"
    r"in (?:high school|college|middle school|my (?:teens|twenties))|previously|years? (?:back|before)|once (?:before|tried|wanted|thought)|myself once|at (?:age )?\d{1,2}\b|survived|"
    r"(?:days|weeks|months|years) (?:clean|sober|free|self[- ]harm free)|in recovery|recovered|therapy helped|got (?:better|help)|that'?s over|trip (?:is|was) over|wore off)\b",
)
_STILL: Final = _compiled(
    r"\b(?:again|still|now|lately|these days|today|tonight|right now|recently|this (?:week|month|morning)|coming back|every (?:day|night)|since (?:then|yesterday|last (?:night|week|month)|(?:mon|tues|wednes|thurs|fri|satur|sun)day)|any ?more|miss it not working|wish it worked|urge)\b",
)
# "I used to have panic attacks, now I take the train again": what came after it is no sign that it is back.
_NOW_OVER: Final = _compiled(
    r"(?<=used to )[^.!?]{0,200}?[,;] (?:and |but )?now i (?!(?:\w+ )?(?:want|need|feel|think|keep|wish|can'?t|have the))[^.!?]{0,80}",
)
# "I used to do it every day": the frequency is of then.
_USED_TO_OFTEN: Final = _compiled(r"\bused to [^.!?]{0,60}?\bevery (?:day|night|week|morning)\b")
_ABOUT_TEXTS: Final = _compiled(
    r"\b(?:for (?:my|an?|the|our|school|uni|college) (?:\w+ )?(?:essay|paper|thesis|class|research|novel|story|assignment|article|project|screenplay|dissertation|presentation|psychology)|"
    r"(?:my|the|a) (?:novel|screenplay|short story|character|protagonist|villain|fanfic\w*|d&d|campaign)\b|i'?m writing (?:a|about|an)|lyrics?|the song goes|in the (?:book|movie|film|show|game|series|episode)|"
    r"(?:book|movie|film|documentary|episode) (?:about|where|in which)|why do (?:some )?people|what (?:are|is) the (?:signs|symptoms|statistics|difference|causes?)|"
    r"how (?:can|do|should) (?:i|we|you|one) (?:help|support|talk to) (?:a|my|someone|people|somebody)|statistics|researchers?|studies show|according to|news:|police say)\b",
)
_LAUGHS: Final = _compiled(
    r"\b(?:lol|lmao|lmfao|haha\w*|rofl|jk|j/k|smh|ffs|not to be dramatic|not to sound|dramatic|cringe|embarrass\w*|so bored)\b|😂|🤣|💀"
)
_EVERYDAY_CAUSE: Final = _compiled(
    r"\b(?:exams?|homework|finals?|midterms?|essay|assignments?|math|class|lecture|meeting|mondays?|"
    r"traffic|deadlines?|wi-?fi|bus|queue|spoilers?|episode|season|video|song|meme|tweet|game|movie|show|album|haircut|outfit|hangover|hungover|"
    r"stretch marks|canker sore|commute|printer|group project|leftovers|notifications?|playlist|fandom)\b"
)
_INSIGHT: Final = _compiled(
    r"\b(?:know (?:it'?s|that it'?s|they'?re|it is) (?:just me|not real|only (?:me|my)|just my|my own)|metaphor\w*|figure of speech|so to speak|inner (?:voice|critic))\b",
)


# One pass of google-re2 says of most texts that they hold none.
_MAY_HOLD_IDIOMS: Final = re2.compile("(?i)" + widened(re.sub(r"\s+", "", _IDIOMS.pattern)))


def mask_idioms(text: str) -> str:
    """Return the text with idioms blanked out, length unchanged."""
    if not _MAY_HOLD_IDIOMS.search(text):
        return text
    return _IDIOMS.sub(lambda match: " " * len(match.group()), text)


def clause_around(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the bounds of the clause that holds the match; a break inside the match is part of it."""
    return _between(_CLAUSE_BREAK, text, start, end)


def sentence_around(text: str, start: int, end: int) -> str:
    """Return the sentence that holds the match."""
    left, right = _between(_SENTENCE_BREAK, text, start, end)
    return text[left:right]


def _between(breaks: re.Pattern[str], text: str, start: int, end: int) -> tuple[int, int]:
    """Return the nearest breaks around the match, looking a bounded way: context is near, hostile text is long."""
    left, right = max(0, start - _REACH), min(len(text), end + _REACH)
    for found in breaks.finditer(text, left, start):
        left = found.end()
    after = breaks.search(text, end, right)
    return left, after.start() if after else right


def is_negated(text: str, start: int, end: int) -> bool:
    """Whether a negation governs the match: within four words before it, in the same clause."""
    left, _ = clause_around(text, start, end)
    if _NEVER_INSIDE.search(text[start:end]):
        return True
    before = " ".join(text[left:start].split()[-_NEGATION_WINDOW:])
    return bool(_NEGATION.search(_NOT_A_NEGATION.sub(" ", before)))


def is_third_person(text: str, start: int, end: int) -> bool:
    """Whether the nearest subject before the match, in its clause, is somebody else."""
    if _OTHERS_OWN.search(text[start:end]):
        return True
    if _OWN.search(text[start:end]):
        return False
    if addresses_another(text):
        return not _FIRST.search(sentence_around(text, start, end))
    left, _ = clause_around(text, start, end)
    before = text[left:start]
    third = max((match.end() for match in _THIRD.finditer(before)), default=-1)
    first = max((match.end() for match in _FIRST.finditer(before)), default=-1)
    return third > first


def is_told_of_another(text: str, start: int, end: int) -> bool:
    """Whether the match itself names whose head it is, and it is not the writer's: voices are "they" to everybody."""
    return bool(_ANOTHERS.search(text[start:end]))


@lru_cache(maxsize=256)
def addresses_another(text: str) -> bool:
    """Whether the words go to somebody else about that person's life, as comfort and advice do."""
    second = sum(1 for _ in islice(_SECOND.finditer(text), _COUNTED))
    return second >= _ADDRESSED and second > sum(1 for _ in islice(_FIRST.finditer(text), _COUNTED))


def is_past(text: str, start: int, end: int) -> bool:
    """Whether the sentence tells of something over, with no sign that it is back."""
    sentence = _NOW_OVER.sub(" ", sentence_around(text, start, end))
    return bool(_PAST.search(sentence)) and not _STILL.search(_USED_TO_OFTEN.sub(" ", sentence))


def is_quoted(text: str, start: int, end: int) -> bool:
    """Whether the match lies in quotation marks that do not hold the whole text."""
    inner = text.strip()
    if text.count('"') < 2 or (inner.startswith('"') and inner.endswith('"') and inner.count('"') == 2):
        return False
    return text.count('"', 0, start) % 2 == 1 and '"' in text[end:]


def is_about_texts(text: str, start: int, end: int) -> bool:
    """Whether the words speak of fiction, lyrics, research or news: in a short message, or in the same sentence."""
    near = text if len(text) <= _SHORT_MESSAGE else sentence_around(text, start, end)
    return bool(_ABOUT_TEXTS.search(near))


def is_hyperbole(text: str, start: int, end: int) -> bool:
    """Whether an everyday cause stands in the same sentence, or a laugh there or anywhere in a very short message."""
    left, right = _between(_SENTENCE_BREAK, text, start, end)
    if _EVERYDAY_CAUSE.search(text, left, start) or _EVERYDAY_CAUSE.search(text, end, right):
        return True
    if len(text) <= _VERY_SHORT_MESSAGE:
        left, right = 0, len(text)
    return bool(_LAUGHS.search(text, left, start) or _LAUGHS.search(text, end, right))


def shows_relief(text: str) -> bool:
    """Whether the words are those of somebody who feels better or says an ordinary good night."""
    return bool(_RELIEF.search(text))


def is_taken_back(text: str) -> bool:
    """Whether a short message says that what came before it was a joke."""
    return len(text) <= _SHORT_JOKE and bool(_TAKEN_BACK.search(text))


def is_joke(text: str) -> bool:
    """Whether a short message ends in laughter, so that the next one may be a joke too."""
    return len(text) <= _SHORT_JOKE and bool(_LAUGHTER.search(text))


def shows_insight(text: str) -> bool:
    """Whether the person knows the experience as their own thought or a figure of speech."""
    return bool(_INSIGHT.search(text))


def is_bereavement(text: str) -> bool:
    """Whether the message tells of a death."""
    return bool(BEREAVEMENT.search(text))


def someone_else_in_danger(text: str) -> bool:
    """Whether the message tells of another person at risk now: not of one who died, of a story, or with a laugh."""
    for match in islice(SOMEONE_IN_DANGER.finditer(text), _DANGERS):
        start, end = match.span()
        sentence = sentence_around(text, start, end)
        told = is_about_texts(text, start, end) or _DANGER_OVER.search(sentence) or _LAUGHS.search(sentence)
        denied = is_negated(text, end - 1, end) and not _WANTS_NO_LIFE.search(match.group())
        if not told and not denied:
            return True
    return False
