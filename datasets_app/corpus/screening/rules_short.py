# ruff: noqa: E501  (a pattern broken over lines is harder to check than a long one)
"""How the same things are said in passing: short forms, soft farewells, turns of phrase that the other rules leave out."""

from __future__ import annotations

from typing import Final

from datasets_app.corpus.screening.signals import Rule, rule
from datasets_app.corpus.screening.words import ADVERBS, ALCOHOL, DRUG, IDEATION, INTENT, MEANS, PLAN, WANT
from datasets_app.corpus.taxonomy import CrisisSignal as C
from datasets_app.corpus.taxonomy import SignalFamily as F
from datasets_app.corpus.taxonomy import Timeline as T

SHORT_RULES: Final[tuple[Rule, ...]] = (
    rule(
        "said_in_passing",
        F.SUICIDAL_IDEATION,
        "passive_ideation",
        2,
        r"\bkms\b|\bcan i (?:\w+ )?die\b(?! (?:from|of|in|if|by))|\bput me out of my misery\b|\b(?:someone|somebody|please|pls|plz|just|god) (?:\w+ )?kill me\b|\bkill me (?:please|now|already)\b|\bfeel(?:ing)? like (?:i'?m )?dying\b|\bend me\b",
        signal=IDEATION,
    ),
    rule(
        "wish_to_be_killed",
        F.SUICIDAL_IDEATION,
        "passive_ideation",
        3,
        rf"\bwish(?:ing)? (?:i (?:\w+ )?never existed|(?:someone|somebody|something|anyone|god|a (?:car|bus|truck|train)) (?:would|could|will) (?:\w+ )?(?:kill|hit|shoot|end|take|run over) me)|\b(?:hope|hoping|wish|pray|praying|want|wanting|{WANT}) (?:that )?(?:i (?:\w+ )?(?:get|got|could get) )?(?:get )?(?:hit by an? \w+|run over|shot|killed|murdered|cancer|crushed)\b|\bhop(?:e|ing) (?:a|some|the) \w+ (?:hits|kills|shoots|runs over|crushes) me\b|\bhate that i (?:woke|wake|survived|lived)\b|\ba bullet (?:in|through|to) my (?:head|brain|skull)\b|\btoo tired to (?:live|exist|go on|be alive)\b|\bwould (?:any ?one|any ?body) (?:\w+ )?(?:care|notice|miss me|mind|cry) if i (?:\w+ )?(?:died|was dead|were dead|was gone|disappeared|killed)|\bwhat(?:'?s| is) even the point of (?:life|living|it all)\b|\bwho (?:would|will) (?:even )?miss me\b",
        signal=IDEATION,
    ),
    rule(
        "mind_made_up",
        F.SUICIDAL_IDEATION,
        "immediate_harm",
        4,
        rf"\b(?:i(?:'?ve| have)? (?:\w+ )?(?:decided|chosen)|made up my mind|come to the (?:decision|conclusion)|made peace)\b[^.?!]{{0,25}}\b(?:to die|dying|i'?m going to die|kill|end (?:it|my|everything)|death)|\b{INTENT}{ADVERBS}end (?:things|it|everything)\b(?! (?:with|between|here|there|off|on a|up|early|well|at))|\b(?:{MEANS})\b[^.?!]{{0,20}}\b(?:going to|gonna|about to|will|'ll) use (?:it|them)\b|\b(?:have|got|here are) (?:got )?(?:the|my|enough) (?:\w+ )?pills (?:right )?(?:here|ready|now)\b|\btried to (?:overdose|od|hang|drown|suffocate)\b[^.!?]{{0,20}}\b(?:yesterday|today|last (?:night|week)|this (?:week|morning)|again|ago)",
        signal=PLAN,
    ),
    rule(
        "soft_farewell",
        F.SUICIDAL_IDEATION,
        "passive_ideation",
        3,
        r"\bthis is (?:my )?good ?bye\b|\bgood ?bye forever\b|\bi (?:won'?t|will not|don'?t think i'?ll|am not going to|'?m not going to) be (?:around|here|alive|with you) (?:for )?(?:much |very |too )?long(?:er)?\b|\b(?:soon|by then) (?:i'?ll|i will|i'?m going to) be (?:gone|dead|free of (?:this|it all))|\bi(?:'?ll| will) be (?:gone|dead) (?:soon|by then|tomorrow|tonight|before)\b|\b(?:soon|finally) (?:it|everything|this)(?:'?ll| will) (?:all )?be over\b|\bit(?:'?ll| will) all be over soon\b",
        signal=IDEATION,
    ),
    rule(
        "cutting_again",
        F.SELF_HARM,
        "self_harm",
        3,
        r"\b(?:i'?ve been|i have been|i am|i'?m|im|i started|started|back to|been) cutting\b(?= ?(?:[.,!?;\n]|\Z|(?:again|more|deeper|for|since|and|because|at night|every|a lot|lately|when|so|too)\b))",
        signal=C.SELF_HARM,
    ),
    rule(
        "drank_and_took",
        F.SUBSTANCE,
        "substance",
        4,
        rf"\b(?:drank|had|downed) (?:\w+ ){{0,4}}{ALCOHOL} (?:and|then|plus|with) (?:\w+ ){{0,3}}{DRUG}\b",
        signal=C.SUBSTANCE_OVERDOSE,
    ),
    rule(
        "followed",
        F.PSYCHOSIS,
        "psychotic",
        3,
        r"\b(?:people|someone|somebody|men|cars|they)(?:'?re| are|'s| is| keep) following me (?:everywhere|all the time|around|home|and|again|wherever)\b(?! (?:on|back))|\bthey'?re following me\b(?! (?:on|back|now on))|\bout to get me\b",
        signal=C.PSYCHOTIC_SYMPTOMS,
    ),
    rule(
        "hunting",
        F.AGITATION,
        "immediate_harm",
        4,
        rf"\b{WANT}(?:\w+ )?(?:hurt|kill|stab|shoot|beat) (?:him|her|them|my \w+)\b[^?!]{{0,50}}\bknow where (?:he|she|they) (?:live|work|park|sleep)",
        signal=C.IMMEDIATE_HARM,
        firm=True,
        timeline=T.SHORT_TERM,
    ),
)
