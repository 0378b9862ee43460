# ruff: noqa: E501  (a pattern broken over lines is harder to check than a long one)
"""Longing for death and weariness of life, as people put it in one line."""

from __future__ import annotations

from typing import Final

from datasets_app.corpus.screening.signals import Rule, rule
from datasets_app.corpus.screening.words import ADVERBS, IDEATION, PLAN, WANT
from datasets_app.corpus.taxonomy import CrisisSignal as C
from datasets_app.corpus.taxonomy import SignalFamily as F

_TO = r"(?:try(?:ing)? to |tryna |gotta |got to |have to |need to |waiting to |ready to |want(?:ing)? to |wan+a )"

LONGING_RULES: Final[tuple[Rule, ...]] = (
    rule(
        "longing_for_death",
        F.SUICIDAL_IDEATION,
        "passive_ideation",
        3,
        r"\b(?:death|dying|being dead|suicide)(?: \w+)? (?:sounds|seems|looks|feels|would be|is) (?:\w+ )?(?:so |really |pretty |quite |very )?(?:good|nice|great|better|tempting|appealing|attractive|comforting|welcome|easy|sweet|peaceful|inviting|like (?:heaven|a relief|peace|bliss|freedom|the only))\b|\b(?:crav(?:e|ing)|long(?:ing)? for|yearn(?:ing)? for|welcom(?:e|ing)|wish(?:ing)? for|pray(?:ing)? for|beg(?:ging)? for|look(?:ing)? forward to|fantasi[sz](?:e|ing) about|dream(?:ing)? (?:of|about)|obsess\w+ with) (?:my (?:own )?)?(?:death|dying|being dead)\b|\b(?:thought|idea) of (?:my (?:own )?)?(?:death|dying|being dead) (?:\w+ )?(?:comforts?|calms?|excites?|soothes?|makes me (?:happy|calm|feel))",
        signal=IDEATION,
    ),
    rule(
        "longing_to_end",
        F.SUICIDAL_IDEATION,
        "passive_ideation",
        3,
        rf"\b{_TO}{ADVERBS}die\b(?! (?:of|from|for|laugh\w*|to|rich|with|on (?:this|that|a) hill|hard|his|her))|\b{WANT}(?:vanish|stop breathing|disappear (?:and never|forever|from (?:this|the) (?:world|earth|planet))|be put (?:down|out)|be erased|be over with)\b|\bwish (?:my heart would stop|this would be the day)|\b(?:pray|hope) (?:that )?i (?:\w+ )?die\b|\btake me (?:already|out of this (?:world|life)|away from this (?:world|life))\b|\bshould ?n'?t (?:be|still be|even be) (?:alive|here any ?more|living)\b|\b(?:never|didn'?t) ask(?:ed)? to be (?:born|here|alive)\b|\bregret (?:being (?:born|alive)|surviving|not dying)\b|\bshoot me in the (?:head|face|heart)\b|\bno ?(?:body|one) needs me (?:alive|here)\b|\bhate being alive\b|\bdo ?n'?t wan+a be alive\b|\b(?:ain'?t|not) (?:tryna|trying to) live\b",
        signal=IDEATION,
    ),
    rule(
        "weary_of_life",
        F.SUICIDAL_IDEATION,
        "passive_ideation",
        3,
        r"\b(?:living|life|existing|existence|being alive) (?:is|feels|seems|has become|just is) (?:\w+ )?(?:pointless|meaningless|unbearable|not for me|a burden|torture|too painful|worthless)\b|\b(?:tired|sick|weary) of (?:this|my) (?:\w+ )?life\b|\bthis life (?:isn'?t|is not|ain'?t|was never) (?:meant )?for me\b|\bno purpose (?:in|to) (?:my |this )?life\b|\b(?:find|see|have|think of) (?:any|a|one|no) (?:\w+ )?reason to (?:stay|keep going|continue|carry on|wake up|get up|live|exist|be here)\b|\bsuicide (?:has been|is|was|keeps coming|stays) (?:always |constantly |back )?(?:on|in|to) my mind\b",
        signal=IDEATION,
    ),
    rule(
        "near_attempt",
        F.SUICIDAL_IDEATION,
        "immediate_harm",
        4,
        r"\b(?:almost|nearly|about) (?:\w+ )?(?:killed myself|ended (?:it|my life)|hung myself|hanged myself|jumped|overdosed|did it)\b[^.?!]{0,25}\b(?:last night|yesterday|today|tonight|this (?:week|morning)|(?:two|three|a few|few|\d+) (?:days|weeks) ago)|\b(?:i'?m |i am )?(?:tempted|ready|going|about|want) to jump (?:off|tonight|now|today|from)\b(?! (?:the (?:couch|sofa|bed|diving|wall|swing|trampoline)|a plane|ship))",
        signal=PLAN,
    ),
    rule(
        "wounds",
        F.SELF_HARM,
        "self_harm",
        3,
        r"\b(?:fresh|new|more|self[- ]?inflicted) (?:cuts|scars|burns) (?:on|all over|across) my (?:\w+ )?(?:arms?|legs?|thighs?|wrists?|skin|stomach)\b|\bmy (?:arms?|legs?|thighs?|wrists?) (?:is |are )?(?:covered in|full of) (?:\w+ )?(?:cuts|scars|burns)\b|\bblood (?:running|dripping|pouring) down my (?:arms?|legs?|wrists?)\b|\bdeserve (?:the|this) pain so i\b|\bso i (?:just )?cut\b(?! (?:him|her|them|it|back|off|out|down|the|my hair|contact|ties))",
        signal=C.SELF_HARM,
    ),
)
