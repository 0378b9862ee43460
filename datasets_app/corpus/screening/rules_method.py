# ruff: noqa: E501  (a pattern broken over lines is harder to check than a long one)
"""Questions about a method, the act itself, and farewells: how people write who have stopped asking whether."""

from __future__ import annotations

from typing import Final

from datasets_app.corpus.screening.signals import Rule, rule
from datasets_app.corpus.screening.words import ADVERBS, DEADLY, DRUG, INTENT, KILL_SELF, MEANS, PLAN, WANT
from datasets_app.corpus.taxonomy import CrisisSignal as C
from datasets_app.corpus.taxonomy import SignalFamily as F
from datasets_app.corpus.taxonomy import Timeline as T

_WAY = r"(?:ways?|methods?|places?|means|pills?|drugs?|time)"
_BEST = r"(?:best|easiest|quickest|fastest|good|easy|quick|peaceful|painless|cheapest|surest|simplest|least painful|most (?:painless|effective|peaceful|reliable)|effective|foolproof|pain ?free)"
_DIE = r"(?:die\b|dying\b|death\b|suicide\b|kill(?:ing)? (?:my|your|one) ?(?:self|own self)|kill (?:u|ur)r? ?self|shoot(?:ing)? (?:my|your) ?self|hang(?:ing)? (?:my|your) ?self|end (?:it|things|my|this|your|a)\b|overdose\b|od\b|off (?:my|your) ?self|commit suicide)"

METHOD_RULES: Final[tuple[Rule, ...]] = (
    rule(
        "method_asked",
        F.SUICIDAL_IDEATION,
        "immediate_harm",
        4,
        rf"\b{_BEST} (?:\w+ ){{0,2}}{_WAY} (?:\w+ ){{0,2}}(?:to|of|for|on|in) (?:\w+ ){{0,3}}{_DIE}|\b(?:pills?|drugs?|meds?) (?:\w+ ){{0,4}}{_BEST} (?:\w+ ){{0,3}}(?:overdose|suicide|die)\b|\b(?:a|any|some|know a|another) (?:way|method)s? (?:to|of) (?:\w+ )?(?:die|kill myself|end (?:my|this) life|dying)\b|\bhow (?:to|do i|can i|should i|would i|do you|can you) (?:\w+ ){{0,2}}(?:kill my ?self|commit suicide|hang (?:my ?self|a noose)|die (?:peacefully|painlessly|quickly|without)|overdose|tie a noose|end (?:it|my life|it all))\b",
        signal=PLAN,
        needs_first_person=False,
        cancelled_by_not=False,
    ),
    rule(
        "dose_asked",
        F.SUICIDAL_IDEATION,
        "immediate_harm",
        4,
        rf"\bhow (?:much|many) (?:of )?(?:\w+ ){{0,5}}(?:{DRUG}|mg|milligrams|pills|tablets|capsules|\w+)\b[^.?!]{{0,50}}\b(?:to (?:kill|die|od\b|overdose|be (?:fatal|lethal))|lethal|fatal|(?:before|until) i(?:'d)? (?:die|od))|\b(?:is|are|be|would|will|was) (?:\w+ ){{0,9}}enough (?:\w+ )?(?:to|for) (?:\w+ )?(?:kill (?:me|someone|you|myself)|die\b|od\b|(?:an? )?overdose|end (?:it|me)|(?:do|finish|get) the job|do the trick)|\b(?:get the job done|do the trick) (?:and|or)? ?(?:kill|die)|\blethal (?:dos(?:e|age)|amount|combination)\b|\bfatal (?:dose|overdose|amount)\b|\b(?:can|will|could|would) (?:you|i|u|someone) (?:\w+ )?(?:die|od|overdose) (?:from|on|off|by) (?!laugh|bore|happ|cute|embarr|love|caffeine|coffee)|\b(?:mg|pills?|tablets?|capsules?|{DRUG})\b.{{0,160}}\b(?:will|would|could|can|might|does|do) (?:it|that|this|they|these|those) (?:\w+ ){{0,2}}(?:kill me|be (?:fatal|lethal)|do it)\b",
        signal=PLAN,
        needs_first_person=False,
        cancelled_by_not=False,
    ),
    rule(
        "method_weighed",
        F.SUICIDAL_IDEATION,
        "immediate_harm",
        4,
        r"\b(?:chances?|odds|likelihood|probability) of (?:\w+ ){0,2}(?:surviv\w+|dying|death|success) (?:\w+ ){0,6}(?:jump|overdos|hang|fall|shot|gun|bullet|drown|cut|train|bridge)\w*|\b(?:does|do|will|would|did|is|how painful is|how long does) (?:it )?(?:cutting|slitting|hanging|jumping|drowning|asphyxiat\w+|suffocat\w+|bleeding out|overdosing|carbon monoxide) (?:\w+ ){0,4}(?:work|hurt|kill|painful|painless|take)\b|\b(?:helium|carbon monoxide|cyanide|nitrogen|sodium nitrite|nembutal|exit bag|charcoal)\b[^.?!]{0,60}\b(?:method|die|death|suicide|tank|bag|painless|kill|successful|work|room|buy|get)\b|\b(?:suicide|my) method\b|\b(?:hang|noose|jump|gun|bullet|overdos\w*|pills) (?:\w+ ){0,4}(?:painless|quick and|less painful|less messy|instant(?:ly|aneous)?)\b",
        signal=PLAN,
    ),
    rule(
        "deadly_intent",
        F.SUICIDAL_IDEATION,
        "immediate_harm",
        4,
        rf"\b{INTENT}(?:\w+ )?{DEADLY}|\bi(?:'?m| am) (?:\w+ )?(?:jumping (?:off|in front)|blowing my brains|slitting my|hanging my ?self|(?:going to|gonna|about to) jump\b(?! (?:in|on|into|to|for|around|right|ship|rope))|drinking (?:bleach|antifreeze|poison)|ending (?:my life|it all))",
        signal=PLAN,
    ),
    rule(
        "deadly_wish",
        F.SUICIDAL_IDEATION,
        "passive_ideation",
        3,
        rf"\b{WANT}(?:\w+ )?{DEADLY}|\b(?:think\w*|thought\w*|consider\w*|contemplat\w*|fantasi\w+|imagin\w+|dream\w*|urges?|tempted|temptation|courage|guts|idea|ideas|thoughts|desire|keep picturing|picture) (?:of |about |on |to |i (?:should|might|could) )?{ADVERBS}{DEADLY}|\b(?:i'?d|id|i would|i could|could i|should i|maybe i|if i) {ADVERBS}(?:just )?{DEADLY}",
        signal=C.SUICIDAL_IDEATION,
    ),
    rule(
        "means_in_hand",
        F.SUICIDAL_IDEATION,
        "immediate_harm",
        5,
        rf"\b{MEANS} (?:\w+ ){{0,3}}(?:in (?:my|one) (?:hands?|mouth|lap)|(?:to|at|against|on|around) my (?:head|throat|neck|temple|wrists?|chest))\b|\b(?:sitting|here|staring|looking) (?:\w+ ){{0,3}}(?:with|at) (?:\w+ ){{0,3}}(?:gun|noose|rope|bottle of pills|pills)\b(?! (?:control|rights|show|law))",
        signal=C.IMMEDIATE_HARM,
        firm=True,
        timeline=T.IMMEDIATE,
    ),
    rule(
        "attempting_now",
        F.SUICIDAL_IDEATION,
        "immediate_harm",
        5,
        rf"\b(?:i'?m|im|i am) (?:\w+ )?(?:killing my ?self|ending (?:it(?: all)?|my life)|committing suicide|taking my (?:own )?life|overdosing|hanging my ?self|going to be dead) (?:\w+ )?(?:tonight|now|today|tomorrow|soon|this (?:week\w*|month|evening|weekend)|in (?:a|an|\w+) (?:hours?|minutes?|days?))|\b(?:tonight|today|tomorrow|this (?:weekend|week|evening))[, ]+(?:\w+ ){{0,2}}(?:i'?m|im|i am|i will|i'?ll) (?:\w+ )?(?:{KILL_SELF}|killing my ?self|ending (?:it|my life)|going to die|gonna die)",
        signal=C.IMMEDIATE_HARM,
        firm=True,
        timeline=T.IMMEDIATE,
    ),
    rule(
        "wish_timed",
        F.SUICIDAL_IDEATION,
        "immediate_harm",
        4,
        rf"\b{WANT}{KILL_SELF} (?:\w+ ){{0,2}}(?:tonight|today|tomorrow|this (?:evening|weekend))\b",
        signal=PLAN,
    ),
    rule(
        "date_set",
        F.SUICIDAL_IDEATION,
        "immediate_harm",
        4,
        r"\bi(?:'?ve| have)? (?:already )?(?:set|picked|chose|chosen|have|got) (?:a|the|my) (?:date|day)\b(?! (?:off|with|night|at|of work|planned with))[^.?!]{0,40}\b(?:die|suicide|kill|end|nothing can|last|do it|goodbyes?)|\bmy last (?:day|night|week|month)s? (?:alive|on (?:this )?(?:earth|planet)|living|here)\b|\bthis (?:is|will be|may be|might be) (?:my|the) (?:last|final) (?:post|message|thing i|words?|note|night|day|goodbye|time i)\b|\b(?:my )?(?:final|last) (?:words|goodbye|farewell)\b",
        signal=PLAN,
    ),
    rule(
        "farewell",
        F.SUICIDAL_IDEATION,
        "immediate_harm",
        4,
        r"\bgood ?bye,? (?:cruel )?world\b|\bgood ?bye (?:to )?(?:everyone|everybody|all of you)\b|\bi(?:'ll| will) say (?:my )?goodbyes?\b|\b(?:saying|say|said) (?:my )?goodbyes?\b[^.?!]{0,30}\b(?:everyone|forever|family|life|last)|\bso long,? (?:people|everyone|world|cruel)\b|\bsee (?:you|ya|u) (?:all )?(?:on|in) the (?:other side|next life|afterlife)\b",
        signal=PLAN,
    ),
    rule(
        "attempt_again",
        F.SUICIDAL_IDEATION,
        "immediate_harm",
        4,
        rf"\b{INTENT}(?:\w+ )?(?:attempt|try) (?:it |this |suicide |to (?:die|kill)\w* ?)?again (?:soon|tonight|today|tomorrow|this|before)\b|\b(?:next|second|successful) (?:suicide )?attempt (?:will|should|soon|tonight|has to)\b|\b(?:first|next) (?:\w+ ){0, 2}successful attempt\b|\banother (?:suicide )?attempt (?:soon|tonight)\b|\bsuicide rehearsal\b|\bi'?m (?:\w+ )?(?:attempting|planning an attempt)\b|\bplann?(?:ing|ed|s)? (?:on )?(?:my|a) (?:own )?(?:suicide|death|attempt)\b|\bplan(?:ning)? (?:my|to|on|for) (?:\w+ )?(?:suicide|dying|die)\b",
        signal=PLAN,
    ),
)
