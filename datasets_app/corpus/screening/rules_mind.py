# ruff: noqa: E501  (a pattern broken over lines is harder to check than a long one)
"""Psychosis, danger to others, and the families that support an assessment without a type of their own. Written from the annotation guidelines."""

from __future__ import annotations

from typing import Final

from datasets_app.corpus.screening.signals import Rule, rule
from datasets_app.corpus.screening.words import ADVERBS, INTENT, WANT
from datasets_app.corpus.taxonomy import CrisisSignal as C
from datasets_app.corpus.taxonomy import SignalFamily as F
from datasets_app.corpus.taxonomy import Timeline as T

MIND_RULES: Final[tuple[Rule, ...]] = (
    rule(
        "harm_others_means",
        F.AGITATION,
        "immediate_harm",
        5,
        r"\b(?:going over|coming|waiting|heading over|driving over|going (?:in)?to (?:\w+ )?(?:house|school|work))[^.?!]{0,30}\bwith (?:a|the|my) (?:bat|gun|knife|hammer|axe|pistol|rifle)|\b(?:kill|shoot|stab|hurt) (?:him|her|them|my \w+|everyone|somebody|someone|people)\b[^.?!]{0,25}\bwith (?:a|the|my) (?:bat|gun|knife|hammer|axe)|\b(?:bring|take|taking|bringing) (?:a|the|my) (?:gun|knife|rifle) to (?:school|work|the office)",
        signal=C.IMMEDIATE_HARM,
        firm=True,
        timeline=T.IMMEDIATE,
    ),
    rule(
        "harm_others_intent",
        F.AGITATION,
        "immediate_harm",
        4,
        rf"\b(?:{INTENT}|{WANT}){ADVERBS}(?:murder|shoot|stab|strangle|seriously hurt|make (?:him|her|them) (?:bleed|pay for it)) (?:him|her|them|my \w+|everyone|somebody|someone|people)\b|\b(?:thoughts?|urges?|fantas\w+) (?:of|about|to) (?:kill|hurt|stab|shoot|harm)(?:ing)? (?:him|her|them|my \w+|other people|others|someone|people|the baby)",
        signal=C.IMMEDIATE_HARM,
    ),
    rule(
        "rage",
        F.AGITATION,
        "",
        0,
        r"\b(?:so (?:angry|furious)|full of rage|can'?t control my (?:anger|temper)|seeing red|punch(?:ed|ing) (?:the|a) wall|about to (?:snap|explode))\b",
    ),
    rule(
        "command_voice",
        F.PSYCHOSIS,
        "psychotic",
        4,
        r"\bvoices?\b[^.?!]{0,40}\b(?:tell\w*|told|say\w*|said|order\w*|command\w*|want\w*)\b[^.?!]{0,30}\b(?:kill|hurt|die|jump|cut|do it|end it|before (?:\w+day|tomorrow|midnight)|tonight)\b|\b(?:tell\w*|order\w*|command\w*) me to (?:kill|hurt|jump|cut|stab|end)\b",
        signal=C.PSYCHOTIC_SYMPTOMS,
        firm=True,
        also=("immediate_harm",),
    ),
    rule(
        "voices",
        F.PSYCHOSIS,
        "psychotic",
        3,
        r"\b(?:hear|hearing|heard) (?:\w+ )?voices\b|(?<!my\s)\b(?:the |these )?voices? (?:in my (?:head|room|walls?)|says?|said|tells?|told|telling|are|keeps?|won'?t stop|come|talk)\b(?! (?:mail|acting|lesson))|(?<!my\s)\bvoices?\b[^.?!]{0,12}\bin my head\b",
        signal=C.PSYCHOTIC_SYMPTOMS,
    ),
    rule(
        "thought_interference",
        F.PSYCHOSIS,
        "psychotic",
        4,
        r"\b(?:play|read|steal|insert|put|broadcast|(?<!can't\s)(?<!cannot\s)(?<!cant\s)(?<!to\s)control|record|hack|remove|hear)\w* (?:into |in )?my (?:thoughts?|mind|brain)\b|\bmy thoughts (?:are|were|get|being) (?:being )?(?:\w+ )?(?:broadcast|stolen|inserted|read|played|taken|controlled|not mine)|\bthoughts? (?:that )?(?:are ?n'?t|are not|is ?n'?t) mine\b|\b(?:put|placing|planted|inserted) (?:\w+ )?(?:thoughts?|a chip|chips|a device) in(?:to|side)? (?:my|me)\b|\bchip in my (?:head|brain|arm|tooth|teeth)",
        signal=C.PSYCHOTIC_SYMPTOMS,
    ),
    rule(
        "persecution",
        F.PSYCHOSIS,
        "psychotic",
        4,
        r"\b(?:the )?(?:neighbou?rs?|government|fbi|cia|police|agents|mafia|aliens|everyone|they|people on tv|strangers)\b[^.?!]{0,25}\b(?:are|is|'re|keep|have been) (?:all )?(?:watching|spying on|following|tracking|poisoning|bugging|after|listening to|monitoring|plotting against|filming) (?:me|my)\b(?! (?:on|show|progress|account|page|posts|stories))|\bpoison(?:ing|ed)? (?:in )?my (?:food|water|coffee|tea)\b|\bcameras? (?:hidden )?in (?:my|the) (?:walls?|room|smoke detector|light|vents?|ceiling)\b",
        signal=C.PSYCHOTIC_SYMPTOMS,
    ),
    rule(
        "reference",
        F.PSYCHOSIS,
        "psychotic",
        4,
        r"\b(?:tv|television|radio|news|newsreader|licen[cs]e plates?|billboards?|song|songs|lights)\b[^.?!]{0,30}\b(?:sends?|sending|talks?|talking|speaks?|speaking) (?:\w+ ){0,2}(?:to|at|about|for) me (?:directly|personally|in code)|\b(?:secret|hidden|coded) messages? (?:\w+ ){0,4}(?:for|to|meant for) me\b|\bmessages? (?:for me |meant for me )?(?:hidden )?in the (?:tv|news|radio|number plates|static)",
        signal=C.PSYCHOTIC_SYMPTOMS,
    ),
    rule(
        "grandiosity",
        F.PSYCHOSIS,
        "psychotic",
        4,
        r"\bi(?:'?m| am) (?:the )?(?:chosen(?: one)?|messiah|jesus|god|prophet|reborn christ)\b(?!\w)|\b(?:have ?n'?t|not|no) (?:slept|sleep|need(?:ed)? (?:to )?sleep)\b[^?!]{0,60}\b(?:invincible|genius|unstoppable|special mission|chosen|powers|never felt better)\b|\bspecial (?:mission|powers) from (?:god|the universe)",
        signal=C.PSYCHOTIC_SYMPTOMS,
    ),
    rule(
        "visions",
        F.PSYCHOSIS,
        "psychotic",
        3,
        r"\b(?:see|seeing|saw) (?:\w+ )?(?:things|people|shadows|faces|figures|bugs|a man|someone) (?:(?:that|who|which) (?:are ?n'?t|is ?n'?t|are not|is not|nobody|no one|others? can'?t)|nobody else|no one else|others can'?t)\b|\bseeing (?:bugs|spiders|shadow people|shadows move)\b|\bhallucinat(?:e|ing|ions?)\b",
        signal=C.PSYCHOTIC_SYMPTOMS,
    ),
    rule(
        "hopeless",
        F.DEPRESSION,
        "",
        0,
        r"\b(?:hopeless|worthless|empty inside|numb inside|hate my ?self|can'?t get out of bed|nothing (?:matters|helps|i do is)|no future|so alone|all alone|depress(?:ed|ion)|miserable|cry(?:ing)? every|so tired of everything|feel like a failure|lost all hope)\b",
    ),
    rule(
        "abuse",
        F.TRAUMA_ABUSE,
        "",
        0,
        r"\b(?:was|got|been|being) (?:raped|molested|sexually (?:abused|assaulted)|abused|assaulted)\b|\b(?:flashbacks?|nightmares?) (?:of|about|from|every|again)\b|\bptsd\b",
    ),
    rule(
        "partner_violence",
        F.DOMESTIC_VIOLENCE,
        "",
        0,
        r"\b(?:he|she|my (?:husband|wife|boyfriend|girlfriend|partner|ex|dad|father|mom|mum|mother|stepdad)) (?:\w+ )?(?:hits?|hit|beats?|beat|chok(?:es|ed)|strangl(?:es|ed)|punch(?:es|ed)|threaten(?:s|ed) to kill|kick(?:s|ed)|shov(?:es|ed)|push(?:es|ed)|burn(?:s|ed)|slapp(?:ed|s)) me\b|\b(?:threw|throws|dragged|drags) me (?:against|into|down|across|by)\b|\b(?:abusive|violent) (?:husband|wife|boyfriend|girlfriend|partner|ex|father|mother|relationship|marriage|home)\b|\bafraid (?:of|to go home to) (?:him|her|my (?:husband|boyfriend|partner))|\bwon'?t let me leave\b",
        needs_first_person=False,
    ),
    rule(
        "medical",
        F.MEDICAL_EMERGENCY,
        "",
        0,
        r"\b(?:unconscious|not breathing|passed out|seizure|having a stroke|turning blue|coughing up blood|lips (?:are )?blue)\b",
        needs_first_person=False,
    ),
    rule(
        "harm_others_wish",
        F.AGITATION,
        "immediate_harm",
        4,
        rf"\b{WANT}(?:really |seriously )?hurt (?:him|her|them|my \w+)\b[^?!]{{0,60}}\b(?:seriously|badly|where to wait|weapon|knife|gun)",
        signal=C.IMMEDIATE_HARM,
        firm=True,
    ),
    rule(
        "hears_name",
        F.PSYCHOSIS,
        "psychotic",
        2,
        r"\bhear (?:my name|someone|somebody|whispers?|whispering|talking)\b[^.?!]{0,30}\b(?:nobody|no one|nothing) (?:is )?there\b|\bfelt like signs\b",
        signal=C.PSYCHOTIC_SYMPTOMS,
    ),
    rule(
        "mind_known",
        F.PSYCHOSIS,
        "psychotic",
        3,
        r"\bknow what i'?m thinking\b|\b(?:radio|tv|television|phone charger|smoke detector|pipes|street lights) (?:keeps? |is |are )?(?:answer\w*|talk\w*|speak\w*|whisper\w*)\b(?! (?:about|of|on|shows?|hosts?|radio|machine))|\bthat nobody else (?:sees|hears|can see|can hear)\b",
        signal=C.PSYCHOTIC_SYMPTOMS,
    ),
    rule(
        "delusion",
        F.PSYCHOSIS,
        "psychotic",
        4,
        r"\bput something in my (?:food|drink|coffee|water)\b|\bmessages for me in (?:the|my) \w+|\bhow they (?:watch|track|hear|listen to) me\b|\bgod (?:told|tells|wants|ordered) me to (?!pray|love|forgive|be)",
        signal=C.PSYCHOTIC_SYMPTOMS,
    ),
)
