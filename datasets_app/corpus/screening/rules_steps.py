# ruff: noqa: E501  (a pattern broken over lines is harder to check than a long one)
"""Steps that people tell without the word for it: what was swallowed, where they stood, whom they wait for, what is back."""

from __future__ import annotations

from typing import Final

from datasets_app.corpus.screening.signals import Rule, rule
from datasets_app.corpus.screening.words import ALCOHOL, DRUG, IDEATION, PLAN
from datasets_app.corpus.taxonomy import CrisisSignal as C
from datasets_app.corpus.taxonomy import SignalFamily as F
from datasets_app.corpus.taxonomy import Timeline as T

_MEDICINE = rf"(?:{DRUG}|pills?|tablets?|capsules?|meds|medications?|medicine|drops)"
_WEAPON = r"(?:knife|gun|bat|hammer|axe|rifle|pistol|machete|crowbar|acid|blade)"

STEP_RULES: Final[tuple[Rule, ...]] = (
    rule(
        "more_than_meant",
        F.SUBSTANCE,
        "substance",
        5,
        rf"\b(?:took|taken|swallowed|had|downed) (?:\w+ ){{0,2}}more (?:of )?(?:\w+ ){{0,3}}(?:{_MEDICINE}|them|those|it) than (?:i (?:should|meant|was supposed|wanted|planned)|prescribed|usual|normal|the doctor)|\b(?:took|taken|swallowed|downed|popped|ate) (?:about |around |maybe |like |at least |almost |nearly |over |some )?(?:\d{{2,3}}|ten|fifteen|twenty|twenty[- ]five|thirty|forty|fifty|sixty|a hundred|a dozen|dozens of) (?!mg|milligrams?|mcg|ml|g\b|units|min|hours|days|years|weeks)(?:of )?(?:\w+ ){{0,3}}{_MEDICINE}\b|\b(?:do ?n'?t|do not|can'?t|no idea) (?:\w+ )?(?:know |remember |tell )?how many (?:of )?(?:[\w']+ ){{0,4}}{_MEDICINE}\b(?= ?(?:[.,!?;\n]|\Z|(?:i|have|with|and|on top)\b))",
        signal=C.SUBSTANCE_OVERDOSE,
        firm=True,
        timeline=T.IMMEDIATE,
        also=("immediate_harm",),
        cancelled_by_not=False,
    ),
    rule(
        "out_of_control",
        F.SUBSTANCE,
        "substance",
        3,
        r"\b(?:days|weeks|months|years) (?:sober|clean)\b[^?!]{0,40}\b(?:can'?t stop|cannot stop|using again|drinking again|relaps\w+|started again|threw it away|back on)\b|\b(?:heroin|meth|crack|fentanyl|coke|cocaine|oxy\w*|pills|vodka|drinking|using|shooting up) again\b[^?!]{0,60}\b(?:scared|can'?t stop|cannot stop|every (?:day|morning|night)|as soon as|lost (?:it|control)|out of control)|\bi (?:use|drink|shoot up|smoke|need (?:a drink|to use)) (?:\w+ )?(?:as soon as|the moment|the second|before|when) i (?:wake|get up|open my eyes)\b",
    ),
    rule(
        "hope_not_to_wake",
        F.SUICIDAL_IDEATION,
        "passive_ideation",
        3,
        r"\b(?:hop(?:e|ed|ing)|pray(?:ed|ing)?|wish(?:ed|ing)?) (?:\w+ ){0,3}(?:that )?i (?:do ?n'?t|do not|wo ?n'?t|will not|would ?n'?t|never|just ?n'?t) (?:\w+ )?(?:wake up|wake again|make it through|come back)\b(?! (?:too|so|early|late|in time|with|before|during|for))",
        signal=IDEATION,
    ),
    rule(
        "free_without_me",
        F.SUICIDAL_IDEATION,
        "passive_ideation",
        3,
        r"\b(?:they|everyone|everybody|he|she|my (?:\w+ )?\w+)(?:'?d| would| could) (?:\w+ )?(?:be (?:\w+ )?(?:rid|free|relieved|happier|better|fine|okay|debt[- ]free)|have (?:it easier|less|one \w+ less|more)|manage|not miss|cope|live better) (?:[\w']+ ){0,4}if i (?:was ?n'?t|were ?n'?t|was not|were not|weren'?t|wasn'?t) (?:here|there|around|in the way|alive|in it)\b",
        signal=IDEATION,
    ),
    rule(
        "place_rehearsed",
        F.SUICIDAL_IDEATION,
        "immediate_harm",
        4,
        r"\b(?:drove|walked|went|climbed|been|stood|sat|was) (?:\w+ ){0,3}(?:the|that|a|our) (?:\w+ )?(?:bridge|train tracks|tracks|railway|roof|rooftop|cliffs?|ledge|overpass|viaduct|platform|tower)\b[^?!]{0,120}\b(?:could ?n'?t (?:do it|let go|jump)|did ?n'?t (?:do it|jump|let go)|thought (?:about|of) (?:jumping|letting go|how (?:it|easy|quick))|(?:almost|nearly) (?:did|jumped|let go|did it)|(?:go(?:ing)?|be) back (?:there )?(?:tonight|tomorrow|soon|again)|next time i (?:will|'ll|won'?t)|looked down (?:at the (?:water|cars|rails|river|road)|and (?:thought|wondered)))",
        signal=PLAN,
    ),
    rule(
        "made_to_look",
        F.SUICIDAL_IDEATION,
        "immediate_harm",
        4,
        r"\bi (?:\w+ ){0,3}(?:have|need|want|plan|going|try|trying|could|would|will|'ll) (?:to )?(?:\w+ )?make (?:it|my death|this) look like an accident\b|\b(?:the |my )?(?:life )?insurance (?:\w+ )?(?:pays?|accepts?|would pay|covers?)\b[^?!]{0,60}\b(?:suicide|accident|my death|if i die|when i'?m (?:gone|dead))\b",
        signal=PLAN,
    ),
    rule(
        "waiting_for_them",
        F.AGITATION,
        "immediate_harm",
        5,
        rf"\bi know where (?:he|she|they) (?:lives?|works?|parks?|sleeps?|goes|go)\b[^?]{{0,120}}\b(?:(?:bought|have|got|took|taken|brought|carry|with|packed) (?:a|my|the) {_WEAPON}|waiting (?:outside|in (?:front|the car)|for (?:him|her|them)) (?:\w+ ){{0,5}}(?:with|now)|going to (?:end|finish|hurt|kill|stab|shoot) (?:him|her|them))|\b(?:bought|have|got|took|brought|carry|packed) (?:a|my|the) {_WEAPON}\b[^?]{{0,80}}\bwaiting (?:outside|in front|for (?:him|her|them)|at (?:his|her|their))",
        signal=C.IMMEDIATE_HARM,
        firm=True,
        timeline=T.IMMEDIATE,
        needs_first_person=False,
    ),
    rule(
        "speaks_from_things",
        F.PSYCHOSIS,
        "psychotic",
        3,
        r"\b(?:he|she|it|they|someone|something|god|the devil|a (?:man|woman|voice)) (?:\w+ )?(?:talks?|speaks?|whispers?|calls?|answers?|shouts?|laughs?) (?:to |at )?me (?:\w+ )?(?:from|through|out of|behind|inside|in) (?:the|my) (?:vents?|walls?|radio|tv|television|pipes?|mirror|ceiling|floor|drain|fridge|static|lamp|attic|socket|heater|radiator)\b|\b(?:tv|television|radio|screen|news) (?:speaks?|talks?) to me (?:alone|only|directly)\b",
        signal=C.PSYCHOTIC_SYMPTOMS,
    ),
    rule(
        "drank_with_tablets",
        F.SUBSTANCE,
        "substance",
        4,
        rf"\b(?:bottle|bottles|litre|liter|pint|six[- ]pack) of {ALCOHOL}\b[^?!]{{0,40}}\b(?:and|with|plus|on top)\b[^?!]{{0,40}}\b{_MEDICINE}\b",
        signal=C.SUBSTANCE_OVERDOSE,
    ),
)
