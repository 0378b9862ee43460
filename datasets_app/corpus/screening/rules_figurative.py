# ruff: noqa: E501  (a pattern broken over lines is harder to check than a long one)
"""Pictures, sarcasm and idioms of distress of other cultures: a danger that is named by another word."""

from __future__ import annotations

from typing import Final

from datasets_app.corpus.screening.signals import Rule, rule
from datasets_app.corpus.screening.words import DRUG, IDEATION, PLAN
from datasets_app.corpus.taxonomy import CrisisSignal as C
from datasets_app.corpus.taxonomy import SignalFamily as F

_LIMB = r"my (?:\w+ )?(?:arms?|legs?|thighs?|wrists?|skin|hips?|stomach|ankles?)"

FIGURATIVE_RULES: Final[tuple[Rule, ...]] = (
    rule(
        "last_journey",
        F.SUICIDAL_IDEATION,
        "immediate_harm",
        4,
        r"\b(?:trip|journey|ticket|road|flight) (?:without|with no|of no|no) (?:way back|return\b)|\bone[- ]way (?:trip|ticket)\b[^.?!]{0,40}\b(?:no one|nobody|home|end|me|done)\b|\bby (?:the )?(?:morning|tomorrow|sunrise|dawn)\b[^.?!]{0,30}\b(?:nothing|no one|nobody|no more of me)\b[^.?!]{0,20}\b(?:left|to fix|to worry)|\bexit stage left\b|\bcross(?:ing)? over to the other side\b|\b(?:curtains|lights out) for me\b",
        signal=PLAN,
    ),
    rule(
        "rope_sarcasm",
        F.SUICIDAL_IDEATION,
        "immediate_harm",
        4,
        r"\b(?:rope|noose|pills|gun)\b[^?!]{0,20}\b(?:only|just) for (?:gardening|decoration|show|the view)\b|\bonly (?:have|bought|got) the (?:rope|noose|gun|blade) for\b",
        signal=PLAN,
    ),
    rule(
        "soon_gone",
        F.SUICIDAL_IDEATION,
        "passive_ideation",
        4,
        r"\b(?:won'?t|don'?t think you'?ll|will not) (?:need|have) to (?:be patient|worry|put up with me|deal with me|bother|be)(?: about me)? (?:\w+ )?(?:much )?longer\b|\b(?:tell|let) (?:my )?\w+ (?:it|that it|know it|know that it) (?:wasn'?t|was not|isn'?t) (?:their|his|her) fault\b|\bthere won'?t be a next (?:time|week|session)\b",
        signal=IDEATION,
    ),
    rule(
        "called_away",
        F.SUICIDAL_IDEATION,
        "passive_ideation",
        3,
        r"\b(?:ancestors|spirits|the dead|angels|my (?:late|dead) (?:\w+)) (?:\w+ )?(?:are |is |keep |keeps )?(?:calling|waiting for|inviting) me\b|\b(?:want|like|ready|going) to (?:join|follow|be with) (?:him|her|them|my (?:late |dead )?\w+) (?:in (?:heaven|the (?:sky|ground|grave))|on the other side|up there)\b|\bgo(?:ing)? home to (?:god|jesus|the lord|my maker)\b",
        signal=IDEATION,
    ),
    rule(
        "wish_pictured",
        F.SUICIDAL_IDEATION,
        "passive_ideation",
        3,
        r"\b(?:stone|rock|pebble) at the bottom of (?:a|the) (?:lake|sea|river|ocean)\b|\b(?:hop(?:e|ed|ing)|wish(?:ed|ing)?|pray(?:ed|ing)?) (?:for|that) (?:a |an |the )?(?:lightning|meteor|truck|bus|car crash|plane crash|heart attack|cancer|aneurysm|brain tumou?r)\b(?! (?:stop|lane|ticket))|\b(?:dissolve|evaporate|melt) (?:into nothing|and be gone)\b|\b(?:switch|turn) (?:myself |me )off (?:for good|forever)\b",
        signal=IDEATION,
    ),
    rule(
        "skin_pictured",
        F.SELF_HARM,
        "self_harm",
        3,
        rf"\b(?:red|pretty|straight|little|thin) (?:red )?lines (?:on|across|down|along) {_LIMB}\b|\b(?:canvas|paper|drawing board) (?:is|was) {_LIMB}\b|\b(?:paint(?:ed|ing)?|draw(?:ing)?|drew|writ(?:e|ing)|decorat\w+) (?:\w+ )?(?:on|across) {_LIMB} with (?:a |the |my )?(?:blade|razor|knife|glass|lighter)|\bheld (?:a|the|my) (?:\w+ ){{0,3}}(?:blade|razor|knife|glass|lighter|scissors)\b[^.?!]{{0,40}}\bput it (?:down|away|back)\b",
        signal=C.SELF_HARM,
    ),
    rule(
        "bottle_pictured",
        F.SUBSTANCE,
        "substance",
        3,
        rf"\b(?:bottle|needle|pipe|pills?) and (?:i|me) are\b|\bmarried to (?:the|a) (?:bottle|needle)\b|\bonly friend (?:is|left is) (?:the|a|my) (?:bottle|needle|{DRUG})\b|\bthe bottle (?:doesn'?t|never) (?:ask|judge)|\b(?:one|a) (?:glass|drink|beer|bump|hit) (?:of \w+ )?after (?:\w+ ){{1,2}}(?:days|weeks|months|years)\b",
    ),
    rule(
        "attack_of_nerves",
        F.PANIC,
        "panic",
        4,
        r"\battack of (?:the )?nerves\b|\bataque de nervios\b|\bnerves seized? (?:me|my)\b|\bwind (?:attack|overload)\b|\b(?:chest|body|neck) (?:is |was )?(?:fills?|filled|filling) with wind\b|\bkhy[aâ]l\b",
        signal=C.SEVERE_PANIC,
    ),
    rule(
        "panic_pictured",
        F.PANIC,
        "panic",
        3,
        r"\b(?:train|truck|elephant|animal|bird|hand|fist|storm)\b[^.?!]{0,20}\b(?:drives?|runs?|sits?|trapped|flutters?|thrash\w*|closes?|crush\w*|squeez\w*) (?:\w+ )?(?:through|on|in|around|my) (?:my )?(?:chest|ribs|throat|heart)\b",
        signal=C.SEVERE_PANIC,
    ),
    rule(
        "thing_that_orders",
        F.PSYCHOSIS,
        "psychotic",
        4,
        r"\b(?:i )?do (?:what|as|everything) (?:it|they|he|she) (?:asks?|says?|wants?|orders?|tells? me)\b[^.?!]{0,30}\b(?:calm|quiet|stays?|stops?|hurt|angry|leave me)|\b(?:spirits?|demons?|jinn|djinn|the one (?:behind|in|inside))\b[^.?!]{0,60}\b(?:gives? (?:me )?(?:orders|them to me)|orders? me|commands? me|tells? me (?:what )?to)\b|\b(?:radio|television|tv|smoke detector|phone charger|router|pipes|street ?lights|mirror|vent)\b[^.?!]{0,20}\b(?:talkative|chatty|answers me|knows about (?:me|my))",
        signal=C.PSYCHOTIC_SYMPTOMS,
        needs_first_person=False,
    ),
)
