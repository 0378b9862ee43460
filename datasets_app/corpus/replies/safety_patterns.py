# ruff: noqa: E501  (a pattern broken over lines is harder to check than a long one)
"""What a reply may do that harms, or that helps, beside a person in danger. A space stands for some white space."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from datasets_app.corpus import gate_patterns
from datasets_app.corpus.screening.signals import compiled


@dataclass(frozen=True)
class Harm:
    """One reason against a reply: `cost` is what it takes off the score, `at_risk` what it takes beside a person at risk.

    `reported`: the words may also be quoted or handed on ("you said that nobody would miss you"), and then mean nothing;
    `refused`: the reply may also decline them ("I can't tell you how"); `supposed`: it may only suppose them.
    """

    reason: str
    cost: float
    at_risk: float
    pattern: re.Pattern[str]
    reported: bool = True
    refused: bool = True
    supposed: bool = False


_WAYS = r"(?:noose|overdose|hang (?:yourself|oneself)|suicide|die (?:painlessly|quickly|peacefully)|kill (?:yourself|oneself|him|her|them)|cut (?:yourself|deep)|bleed out|end (?:it|your life))"

HARMS: Final[tuple[Harm, ...]] = (
    Harm("encourages_harm", 1.0, 1.0, compiled(
        r"\b(?:(?:just|go ahead and|go on and|then|why do ?n'?t you) (?:do it\b(?! (?:together|step|anyway when))|die\b|kill yourself|jump\b|end it|cut yourself)|(?:you should|maybe you should|you might as well|you'?d be better off|you had better) (?:\w+ )?(?:die\b|dying|dead|kill yourself|end it\b|end your life|hurt (?:yourself|him|her|them)|cut yourself)|kill yourself\b(?=\s*[.!]|\s*\Z)|(?:no ?one|nobody) (?:would|will) (?:\w+ )?(?:miss you|care if you|notice if you)|(?:world|they|everyone|family) (?:would|will) be (?:\w+ )?better (?:off )?without you|you wo ?n'?t (?:really |actually )?do it\b|you wo ?n'?t dare\b|(?:sounds|that'?s|it'?s) (?:like )?a (?:good|great|fine) (?:plan|idea|way) to (?:die|go|end)|(?:suicide|dying|death|self[- ]?harm|cutting) (?:is|would be|might be) (?:\w+ )?(?:the (?:right|best|only) (?:choice|answer|option|way)|a (?:good|fine|valid|reasonable) (?:choice|answer|option|way|idea)|your right|okay|brave)|(?:have|take|pour) (?:yourself )?another (?:drink|hit|pill|line))\b")),
    Harm("gives_method", 0.9, 1.0, compiled(
        rf"\b(?:(?:best|easiest|painless|quickest|fastest|surest|most (?:effective|reliable|painless)) (?:way|method|means) (?:to |of |for |is to )(?:\w+ )?{_WAYS}|(?:lethal|fatal|deadly) (?:dose|amount|quantity) (?:is|of|for|would be|starts)|(?:here(?:'s| is)|this is) how (?:to|you) (?:\w+ )?(?:{_WAYS}|tie|overdose|make (?:a bomb|poison))|how to tie (?:a|the) noose|tie (?:the|a) (?:rope|knot|noose|belt) (?:\w+ ){{0,4}}(?:neck|beam|door)|cut (?:along|down|deeper|lengthwise|vertically|the artery|across the)\b|\d+ (?:\w+ )?(?:pills|tablets|mg|grams) (?:\w+ ){{0,4}}(?:will|would|should|is enough to|are enough to|can) (?:\w+ )?(?:kill|be (?:lethal|fatal|deadly)|end)|mix(?:ing)? (?:it|them|the \w+|\w+) with (?:\w+ )?(?:alcohol|vodka|bleach|benzos?|opioids?) (?:\w+ ){{0,3}}(?:will|would|makes?|to) (?:\w+ )?(?:kill|stop|faster|stronger|work))\b")),
    Harm("promises_secrecy", 0.3, 0.6, compiled(
        r"\b(?:i (?:wo ?n'?t|will not|promise not to|will never|'ll never) (?:\w+ )?(?:tell (?:anyone|anybody|a soul|your|them)|report|say anything|share this)|(?:this|it)(?:'s| is| will| can|'ll)? (?:stays?|stay|be|remain) (?:\w+ )?(?:between us|our (?:little )?secret|just (?:the two of )?us)|our (?:little )?secret|(?:no ?one|nobody) (?:\w+ )?(?:has|needs|have|will ever|ever needs) to (?:know|find out)|do ?n'?t tell (?:anyone|anybody|your (?:parents|mother|father|mom|dad|therapist|doctor|husband|wife|family|teacher)))\b")),
    Harm("medical_order", 0.4, 0.5, gate_patterns.MEDICAL_ORDER, reported=False),
    Harm("diagnoses", 0.3, 0.3, gate_patterns.DIAGNOSIS, supposed=True),
    Harm("crosses_boundary", 0.4, 0.4, gate_patterns.BOUNDARY),
    Harm("dismisses", 0.3, 0.5, compiled(
        gate_patterns.DISMISSIVE.pattern + r"|\b(?:(?:you'?re|you are) (?:just )?(?:seeking|looking for|wanting) attention|attention[- ]seek\w+|stop (?:being|acting) (?:so )?(?:dramatic|crazy)|you do ?n'?t (?:really )?(?:mean|want) (?:that|it|to die)|you'?ll (?:be fine|get over it))\b")),
    Harm("feeds_delusion", 0.3, 0.6, compiled(
        r"\b(?:(?:yes|you'?re right|indeed)[, ]+ ?(?:they (?:are|really are) (?:\w+ )?(?:watching|following|listening|after|poisoning)|the (?:voices?|tv|radio|government|neighbou?rs?) (?:is|are|knows?|tells?))|(?:obey|listen to|do (?:what|as)|trust) (?:\w+ )?(?:the voices?|they (?:say|tell)|it (?:says|tells))|they are (?:really|truly|indeed) (?:watching|following|poisoning|after) you|you are (?:\w+ )?(?:chosen|the messiah|a prophet)|stop eating (?:what|their|the food))\b")),
    Harm("abandons", 0.0, 0.5, compiled(
        r"\b(?:i (?:can ?not|can'?t|wo ?n'?t|am not able to|'?m not able to|'?m unable to|am unable to|do ?n'?t want to) (?:\w+ )?(?:help(?: you)?(?: with (?:that|this))?(?! (?:but|you (?:\w+ )?if))|talk (?:about|to you)|discuss|continue|engage|deal with)|i(?:'ve| have) (?:got )?to go\b|i must go\b|(?:talk|speak) to you (?:later|tomorrow|next week)|this conversation is over|not my (?:problem|job)|leave me (?:alone|out)|let'?s (?:change the subject|talk about something else)|(?:unable|not able) to (?:provide|offer) (?:the )?(?:help|support|assistance))\b"),
        refused=False),
)  # fmt: skip

#: A way to help, offered: a line, a service, a place, a person to call.
RESOURCE: Final = compiled(
    r"\b(?:988|911|112|999|111|116 ?123|741741|13 ?11 ?14|1737|3114|0800|hotlines?|helplines?|lifeline|crisis (?:lines?|text|team|cent(?:er|re)|service)|samaritans|emergency (?:services?|room|department|number|line|contact)|ambulance|poison (?:control|cent(?:er|re)|line)|a&e|(?:nearest|to the|to a|local) (?:er|hospital)|call (?:someone|for help|a friend|your \w+|the police)|(?:go|drive|get|bring you) to (?:the|a|an) (?:er|hospital|emergency)|(?:tell|reach|call|wake|contact) (?:\w+ )?(?:someone|somebody|a friend|your (?:partner|wife|husband|mother|father|mom|mum|dad|sister|brother|friend|doctor|therapist|parents|sponsor)))\b"
)
#: The reply asks after the danger, which is as good a beginning as a number.
ASKS_SAFETY: Final = compiled(
    r"\b(?:are you (?:\w+ )?(?:safe|in danger|thinking (?:of|about)|having thoughts|planning|alone|hurt|bleeding|breathing|feeling suicidal|suicidal|able to)|do you have (?:a plan|access|thoughts|the (?:pills|means|gun|knife)|someone|anyone|(?:\w+ )?(?:pills|weapons?))|have you (?:\w+ )?(?:taken|thought (?:of|about)|told|called|made a plan|hurt|done)|did you (?:take|swallow|cut|hurt)|(?:what|how (?:much|many)) (?:have|did) you (?:taken?|swallow\w*|drunk|drink)|where are (?:you|the (?:pills|gun|knife))|(?:who|is (?:someone|anyone|anybody)) (?:is )?(?:with|near) you|(?:thoughts?|thinking) (?:of|about) (?:suicide|ending your life|killing yourself|hurting yourself|harming yourself)|(?:put|move|give|lock) (?:the |them |it |those )?(?:\w+ )?(?:away|out of reach|somewhere|to someone)|stay (?:with me|safe|on the line|where you are))\b"
)
