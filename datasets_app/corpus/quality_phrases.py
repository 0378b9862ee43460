# ruff: noqa: E501  (a pattern broken over lines is harder to check than a long one)
"""The phrases that the quality report counts. A phrase is a sign, not a proof: see `quality`."""

from __future__ import annotations

import re
from typing import Final


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(phrases) + r")", re.IGNORECASE)


VALIDATING: Final = _any(
    r"(?:that|this|it) (?:sounds|must (?:be|feel|have been)|makes (?:a lot of )?sense)", r"i (?:hear|understand|can (?:hear|see|imagine))",
    r"i(?:'|’)?m (?:so |really |very )?(?:sorry|glad|here)", r"thank you for (?:sharing|telling|trusting|reaching|saying)", r"your feelings",
    r"(?:you(?:'|’)re|you are) not alone", r"it(?:'|’)?s (?:okay|ok|understandable|normal|natural|hard)", r"how (?:hard|painful|difficult|heavy|frightening)",
)  # fmt: skip
FEELING: Final = _any(
    r"feel(?:s|ing|ings)?", r"hurt(?:s|ing)?", r"pain(?:ful)?", r"overwhelm(?:ed|ing)", r"afraid|scared|frighten(?:ed|ing)", r"sad(?:ness)?|grief|loss",
    r"angry|anger", r"anxi(?:ous|ety)|worr(?:ied|y)", r"lonely|alone", r"asham?ed|guilt(?:y)?", r"exhaust(?:ed|ing)|tired", r"hope(?:ful|less)?", r"struggl(?:e|ing)",
)  # fmt: skip
OPEN_QUESTION: Final = re.compile(
    r"\b(?:what|how|when|where|who|which|would you|could you|can you|do you|are you|have you|is there|did you)\b[^.!?\n]{2,200}\?",
    re.IGNORECASE,
)
SUPPORT: Final = _any(
    r"(?:therapist|counsel(?:l)?or|doctor|professional|support group|psychologist|psychiatrist)", r"(?:breath(?:e|ing)|grounding|cope|coping|one step|small step)",
    r"(?:someone you trust|reach out|talk (?:to|with)|help(?:line)?)", r"(?:safe|safety)", r"we (?:can|could)", r"take (?:your time|care)", r"let(?:'|’)s",
)  # fmt: skip
DISMISSIVE: Final = _any(
    r"(?:just |simply )?(?:get over it|snap out of it|cheer up|man up|grow up|calm down|suck it up)", r"you(?:'|’)?re (?:overreacting|being dramatic|too sensitive|crazy|pathetic|selfish|weak)",
    r"(?:it(?:'|’)?s|that(?:'|’)?s) (?:not that bad|no big deal|all in your head|your (?:own )?fault)", r"others have it worse", r"stop (?:complaining|whining|crying)", r"you should be ashamed", r"nobody cares",
)  # fmt: skip
DIRECTIVE: Final = _any(
    r"you (?:must|have to|need to) (?:stop|leave|quit|forgive|take)", r"(?:stop|start) taking (?:your|the) (?:medication|meds|pills)", r"you (?:clearly |obviously )?(?:have|suffer from) (?:bipolar|borderline|schizophrenia|depression|adhd|ptsd)",
    r"i (?:diagnose|guarantee|promise you)",
)  # fmt: skip
# What an answer to danger does: names it, asks about safety, brings help.
SAFETY_ANSWER: Final = _any(
    r"988|911|112|999|116 ?123|741741", r"(?:crisis|suicide|emergency|life)[ -]?(?:line|hotline|service|room|number|text line|department)", r"emergency (?:services|room|care|help)", r"(?:are|is) (?:you|he|she|they|everyone) safe",
    r"(?:your|stay|keep(?:ing)?|keep you|be) safe(?:ty)?", r"(?:thinking|thoughts) (?:about|of) (?:suicide|killing|ending|hurting|harming|dying)", r"(?:hurt|harm|kill)(?:ing)? yourself", r"suicid(?:e|al)", r"poison (?:control|cent(?:er|re))", r"hospital|ambulance|paramedic",
    r"(?:call|phone|tell|contact|stay with|sit with) (?:someone|somebody|a friend|your|the|me)", r"(?:put|move|give|lock) (?:the|those|your|them|it)[^.!?\n]{0,40}(?:away|down|someone)", r"(?:immediate|right away|right now)[^.!?\n]{0,40}help", r"(?:therapist|counsel(?:l)?or|doctor|psychiatrist|mental health professional)",
)  # fmt: skip
# Generalisations about people of a kind, by bias kind.
BIASED: Final[dict[str, re.Pattern[str]]] = {
    "gender": _any(r"(?:all |most )?(?:women|girls|men|boys|wives|husbands) (?:are|can(?:'|’)?t|always|never|should)", r"(?:like|such) a (?:girl|woman|real man)", r"boys will be boys", r"(?:act|be) (?:like )?a man"),
    "racial": _any(r"(?:black|white|asian|arab|latino|hispanic|jewish|muslim|african|immigrant)s? (?:people )?(?:are|always|never|all|can(?:'|’)?t)", r"those people", r"your (?:kind|people)\b"),
    "age": _any(r"(?:old people|the elderly|boomers|teenagers|teens|millennials) (?:are|always|never|can(?:'|’)?t|should)", r"(?:too old|too young) to (?:feel|understand|know|love|change)"),
    "cultural": _any(r"(?:in )?your (?:culture|religion) (?:is|makes|always|doesn(?:'|’)?t)", r"(?:that|those) (?:culture|religion)s? (?:is|are) (?:backward|primitive|violent)"),
    "socioeconomic": _any(r"poor people (?:are|always|never|don(?:'|’)?t|should)", r"(?:people on welfare|the homeless|homeless people) (?:are|just|always)", r"if you (?:just )?worked harder"),
    "ability": _any(r"(?:disabled|autistic|mentally ill|bipolar|schizophrenic) people (?:are|can(?:'|’)?t|always|never)", r"(?:are you|you(?:'|’)?re) (?:retarded|crazy|insane|a psycho)"),
    "language": _any(r"(?:learn|speak) (?:proper |better )?english", r"your english (?:is|isn(?:'|’)?t)"),
}  # fmt: skip
