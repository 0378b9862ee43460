# ruff: noqa: E501  (a pattern broken over lines is harder to check than a long one)
"""Suicide: intent, plan, means, time, acts and attempts. Written from the annotation guidelines."""

from __future__ import annotations

from typing import Final

from datasets_app.corpus.screening.signals import Rule, rule
from datasets_app.corpus.screening.words import ADVERBS, DRUG, IDEATION, INTENT, KILL_SELF, MEANS, PLAN, WANT, WHEN
from datasets_app.corpus.taxonomy import CrisisSignal as C
from datasets_app.corpus.taxonomy import SignalFamily as F
from datasets_app.corpus.taxonomy import Timeline as T

SUICIDE_RULES: Final[tuple[Rule, ...]] = (
    rule("plan_intent", F.SUICIDAL_IDEATION, "immediate_harm", 4, rf"\b{INTENT}{KILL_SELF}", signal=PLAN),
    rule(
        "plan_date",
        F.SUICIDAL_IDEATION,
        "immediate_harm",
        5,
        rf"\b{INTENT}(?:\w+ ){{0,3}}{KILL_SELF} (?:\w+ ){{0,3}}{WHEN}\b|\b{WHEN}[, ]+{INTENT}{KILL_SELF}",
        signal=PLAN,
        firm=True,
        timeline=T.IMMEDIATE,
    ),
    rule(
        "plan_known_method",
        F.SUICIDAL_IDEATION,
        "immediate_harm",
        4,
        r"\bi (?:know|have figured out|worked out) (?:exactly )?how\b[^?!]{0,12}\bnot (?:yet )?when\b|\bi (?:have|'?ve got|got|made) (?:a|my|the) plan (?:to (?:die|end|kill)|for (?:that|it|suicide|how)|and (?:the )?means)|\bmy suicide plan\b",
        signal=PLAN,
        firm=True,
    ),
    rule(
        "plan_method_question",
        F.SUICIDAL_IDEATION,
        "immediate_harm",
        4,
        rf"\b(?:least|less|most) painful (?:way|method)s?\b|\bpainless(?:ly)? (?:way|method|ways)\b|\bhow many {DRUG} (?:would|does|do|to)\b|\b(?:best|easiest|quickest) way to (?:die|{KILL_SELF})",
        signal=PLAN,
    ),
    rule(
        "means_at_hand",
        F.SUICIDAL_IDEATION,
        "immediate_harm",
        5,
        rf"\b(?:i|i'?ve|i have|got|holding) (?:(?:a|the|my|got|have) ){{0,3}}{MEANS} (?:is |are )?(?:with me|ready|right here|beside me|next to me|in my (?:hand|lap|mouth|drawer|car)|to my head|on the (?:table|desk|bed))|\bthe {MEANS} (?:is|are) (?:ready|right here|beside me|next to me|in my (?:hand|lap)|on the (?:table|desk|bed)|loaded|tied|lined up)|\b(?:pills|tablets) (?:lined up|counted out|in front of me)",
        signal=C.IMMEDIATE_HARM,
        firm=True,
        timeline=T.IMMEDIATE,
    ),
    rule(
        "act_under_way",
        F.SUICIDAL_IDEATION,
        "immediate_harm",
        5,
        r"\bi'?m (?:already )?(?:standing |sitting |up )?(?:on|at) the (?:bridge|ledge|roof|railing|tracks|parapet|edge of the (?:roof|bridge|platform))|\bi (?:just|already) (?:tried to (?:kill|hang)|hung|cut my wrists)|\bi'?ve (?:just )?(?:tied|put) the (?:noose|rope)",
        signal=C.IMMEDIATE_HARM,
        firm=True,
        timeline=T.IMMEDIATE,
    ),
    rule(
        "preparation",
        F.SUICIDAL_IDEATION,
        "immediate_harm",
        4,
        r"\b(?:suicide|goodbye|farewell) (?:note|letter)s?\b|\b(?:wrote|written|writing|finished) (?:(?:a|the|my|out) ){1,2}(?:goodbyes?|letters? to (?:my|everyone))|\b(?:letter|note) (?:is|'s|lies) on (?:the|my) (?:desk|table|bed|pillow|fridge)|\b(?:gave|giving|given) (?:away )?(?:all )?(?:of )?my (?:things|stuff|belongings|possessions)(?: away)?\b|\b(?:gave|giving|given) (?:away my (?:dog|cat|guitar|pets?)|my (?:dog|cat|guitar|pets?) away)\b|\bsaid my goodbyes\b|\bput my affairs in order\b|\beverything(?:'s| is) (?:arranged|in order|prepared|settled)\b|\bbought (?:a|the) (?:rope|gun|helium)\b(?! for (?:climbing|hunting|camping|hiking|the|our))|\b(?:saved|saving|stockpil\w+|hoard\w+|collect\w+) (?:up )?(?:my |enough |the )*(?:pills|meds|tablets)\b|\bi have (?:the|enough) pills\b",
        signal=PLAN,
        firm=True,
    ),
    rule(
        "time_set",
        F.SUICIDAL_IDEATION,
        "immediate_harm",
        5,
        r"\b(?:tonight|today|tomorrow) (?:it|this|everything) (?:all )?(?:stops|ends|is over)|\b(?:this is|it'?s) (?:my|the) last (?:night|day|time you)|\bi (?:won'?t|will not) be (?:here|around|alive) (?:tomorrow|by|after|in the morning|anymore)|\bby (?:morning|tomorrow|tonight) i(?:'ll| will) be (?:gone|dead)|\btonight(?:'s| is) the night\b",
        signal=C.IMMEDIATE_HARM,
        firm=True,
        timeline=T.IMMEDIATE,
    ),
    rule(
        "recent_attempt",
        F.SUICIDAL_IDEATION,
        "immediate_harm",
        4,
        r"\b(?:yesterday|last (?:night|week)|this (?:week|morning)|(?:two|three|a few|few|\d+) (?:days|weeks) ago)[^.!?]{0,30}(?:tried to (?:kill|hang|end)|attempt(?:ed)?\b)|\b(?:tried to (?:kill myself|end (?:it|my life))|attempted suicide)[^.!?]{0,20}(?:yesterday|last (?:night|week)|this (?:week|morning)|(?:two|three|a few|few|\d+) (?:days|weeks) ago)|\bi(?:'?ve)? (?:just |already )?attempted (?:\w+ )?(?:today|last night|tonight|yesterday|again|this (?:week|morning))",
        signal=PLAN,
        firm=True,
    ),
    rule(
        "past_attempt",
        F.SUICIDAL_IDEATION,
        "passive_ideation",
        2,
        r"\b(?:tried to (?:kill myself|end (?:it|my life)|hang myself|commit suicide)|attempted suicide|(?:my|last|another|previous|failed|first|second|third) suicide attempts?\b|(?:my|the) (?:last|previous|first|failed|second|third) attempt\b(?! (?:to|at) (?!suicide|kill|die|end))|(?:close to|before|planning|considering|try|make) another attempt|i survived (?:a|my) suicide)",
        signal=IDEATION,
    ),
    rule(
        "want_kill_self",
        F.SUICIDAL_IDEATION,
        "passive_ideation",
        3,
        rf"\b(?:{WANT}|(?:might|should|must|may|gotta|have to|has to|had to|wanna) {ADVERBS}){KILL_SELF}|\bcan(?:not|\W?t) even {ADVERBS}{KILL_SELF}|\b(?:think\w*|thought\w*|consider\w*|contemplat\w*|fantasi\w+|imagin\w+|dream\w*|tempted|temptation|courage|guts|thoughts|ideas|desire|urges?) (?:of |about |on |to |i (?:should|might) )?{ADVERBS}{KILL_SELF}|\b(?:how about|should|can|could|would|'?d|if|gotta|gota|have to|id|let me|lemme|before) i {ADVERBS}{KILL_SELF}|\b(?:i'?d|id|i would) {ADVERBS}(?:{KILL_SELF}|shoot myself)|\bi {ADVERBS}{KILL_SELF}|\b(?:makes?|making|made) me {ADVERBS}(?:{WANT})?{KILL_SELF}|\b(?:not|trying not) to {KILL_SELF}|\bi {ADVERBS}(?:{WANT})?kms\b",
        signal=IDEATION,
    ),
    rule(
        "reason_still_alive",
        F.SUICIDAL_IDEATION,
        "passive_ideation",
        2,
        r"\b(?:reason|why) i (?:haven'?t|didn'?t|don'?t) (?:killed?|ended?) (?:my ?self|my life|it)|\bi (?:haven'?t|didn'?t) kill(?:ed)? my ?self\b",
        signal=IDEATION,
        firm=True,
    ),
    rule(
        "kill_self_mention",
        F.SUICIDAL_IDEATION,
        "passive_ideation",
        2,
        rf"\b{KILL_SELF}\b|\bdelete my existence\b|\b(?:if|when|after|once|before|until) i (?:\w+ )?(?:kill(?:ed)? my ?self|(?:commit(?:ted)?|attempt(?:ed)?) (?:\w+ )?suicide|end(?:ed)? (?:it|my life))",
        signal=IDEATION,
    ),
    rule(
        "suicidal",
        F.SUICIDAL_IDEATION,
        "passive_ideation",
        3,
        r"\bsuicidal\b(?! (?:people|person|persons|friends?|teens?|teenagers?|individuals?|others|patients?|users?|someone|callers?|threats?|side))|\b(?:thoughts?|thinking|think|thought|idea|ideas|thougths) (?:\w+ )?(?:of|about) (?:\w+ )?(?:suicide|ending (?:it|things|my life|everything)|dying|not (?:being here|existing|waking up|being alive)|death|being dead)|\b(?:consider\w*|contemplat\w*|attempt\w*|plann?\w*) suicide|\bsuicidality\b|\bsuicide (?:date|sounds|plan|plans|method|methods|attempts)\b|\bsuicide is (?:\w+ )?(?:right|best|way out|an option|only|my)|\b(?:dying|being dead|death|suicide) (?:is|was|seems|sounds|would be|feels|looks|might be) (?:\w+ ){0,3}(?:better|easier|only|best|relief|peaceful|welcome|option|answer|comforting|appealing|preferable|choice|escape|solution)\b|\b(?:only|best|right|last) (?:\w+ )?(?:option|choice|way|answer|solution|escape|thing|out)\b[^.?!]{0,25}\b(?:death|suicide|to die|dying)\b|\b(?:other than|alternative to|but|except) (?:death|suicide)\b|\bsuicide (?:is|as|seems|feels like|looks like) (?:my|the|an|like) (?:\w+ )?(?:only|best|answer|option|solution|way)|\bsuicide (?:feels|seems|looks) like\b|\bending (?:it|it all)\b|\bjust end it\b|\bmy (?:own )?suicide\b|\bsuicide is (?:always |constantly )?(?:on|in) my mind",
        signal=IDEATION,
    ),
    rule(
        "planning",
        F.SUICIDAL_IDEATION,
        "immediate_harm",
        3,
        r"\bi (?:keep|catch myself|started|been) (?:planning|working out|rehearsing) how (?:i'?d|i would|to)\b|\bpart of me has decided\b|\blook(?:ed|ing) up (?:the bridge|ways to)\b",
        signal=PLAN,
    ),
    rule(
        "plan_ready",
        F.SUICIDAL_IDEATION,
        "immediate_harm",
        4,
        r"\bi have (?:a|my) plan\b[^.?!]{0,30}\bwhat i need\b",
        signal=PLAN,
        firm=True,
    ),
    rule(
        "pills_counted",
        F.SUICIDAL_IDEATION,
        "immediate_harm",
        5,
        rf"\bthe {MEANS} (?:is|are) (?:in front of|before) me\b",
        signal=C.IMMEDIATE_HARM,
        firm=True,
        timeline=T.IMMEDIATE,
    ),
)
