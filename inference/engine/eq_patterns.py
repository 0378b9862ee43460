# ruff: noqa: E501  (a pattern broken over lines is harder to check than a long one)
"""Words of feeling, and what a reply can do with them. Patterns in google-re2's syntax; a space is some white space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: Families of feeling: a reply meets the person when it names one of theirs.
FEELINGS: Final[Mapping[str, str]] = {
    "sadness": r"\b(?:sad(?:ness|der)?|unhappy|depress(?:ed|ion|ing)|(?:feel\w*|so|very|been|really|quite) (?:\w+ )?(?:down|low)|miserable|cry(?:ing)?|cried|tears?|heart(?:broken|ache|breaking)|hurt(?:s|ing)?|grie(?:f|ve|ving)|mourn(?:ing)?|loss|lost|miss (?:him|her|them|you)|painful|pain|sorrow)\b",
    "fear": r"\b(?:afraid|scar(?:ed|y|ing)|fear(?:s|ful|ing)?|anxi(?:ous|ety)|worr(?:y|ied|ies|ying)|panic\w*|nervous|terrif\w+|frighten\w*|on edge|dread\w*|unsafe)\b",
    "anger": r"\b(?:angry|anger|furious|mad at|frustrat\w+|irritat\w+|resent\w*|rage|annoyed|pissed off|unfair|betray(?:ed|al))\b",
    "shame": r"\b(?:asham\w+|shame|guilt(?:y)?|embarrass\w*|humiliat\w+|worthless|useless|failure|hate myself|my fault|regret\w*|disgust\w*|burden)\b",
    "loneliness": r"\b(?:lonel\w+|alone|isolat\w+|nobody|no one|abandon\w+|left out|rejected|unloved|invisible)\b",
    "exhaustion": r"\b(?:tired|exhaust\w+|drained|burn(?:ed|t)? ?out|overwhelm\w*|numb|empty|emptiness|stress\w*|pressure|worn out|too much|heavy|weighing|struggl\w+|can'?t (?:cope|sleep|take|do) (?:it|this|any)?)\b",
    "despair": r"\b(?:hopeless\w*|no hope|pointless|giv(?:e|ing) up|want(?:ed|ing)? to die|suicid\w*|end(?:ing)? (?:it|it all|my life|your life|everything)|kill(?:ing)? (?:myself|yourself)|trapped|despera\w+|despair|no way out|wish i was dead|be(?:ing)? dead|dying)\b",
    "joy": r"\b(?:happy|glad|excited|proud|relie(?:ved|f)|feel(?:ing)? (?:better|good|great|calmer)|grateful|thankful|hopeful|content|joy)\b",
}

#: The person speaks of themselves, whatever they feel.
OF_THEMSELVES: Final = r"\b(?:i|i'm|im|i've|i'd|me|my|myself|we)\b"

#: What a reply does.
CUES: Final[Mapping[str, str]] = {
    "reflects": r"\b(?:(?:it|that|this) (?:really )?(?:sounds?|seems?|feels?) (?:\w+ ){0,2}(?:like|as if|as though|that|so|really|very|incredibly|painful|hard|heavy|lonely|frightening|exhausting|overwhelming|scary|difficult|tough)|sounds (?:like|as if|so|really|very|incredibly|hard|painful)|i(?:'m| am) hearing|i (?:can )?hear (?:that|how|you|the|a)|you(?:'re| are| seem| sound| feel|'ve been| have been) (?:\w+ )?(?:feel(?:ing)?|carrying|going through|holding|dealing with|struggling|hurting|sad|scared|afraid|angry|alone|lonely|exhausted|overwhelmed|ashamed|in (?:so much |a lot of )?pain)|i(?:'m| am) (?:sensing|noticing)|i (?:sense|notice) (?:that|how|a|some))\b",
    "validates": r"\b(?:(?:that|it|this)(?:'s| is| was| must (?:be|feel|have been)| sounds?| seems| would be| can be| feels) (?:\w+ ){0,2}(?:hard|tough|difficult|painful|understandable|a lot|heavy|exhausting|frightening|scary|terrifying|overwhelming|natural|normal|valid|so much)|makes (?:\w+ )?sense|(?:your|those|these) feelings? (?:are|is|matter|make)|understandabl[ey]|anyone (?:would|in your)|no wonder|you have every right|it(?:'s| is) (?:okay|ok|alright|all right|human) to|(?:you(?:'re| are) )?not (?:your fault|weak|crazy|broken|a burden)|you matter|you deserve)\b",
    "cares": r"\b(?:i(?:'m| am) (?:so |very |really |truly |deeply )?(?:sorry|glad you|here|with you|listening|concerned|worried about you)|thank you for (?:telling|sharing|trusting|saying|being|reaching)|thanks for (?:telling|sharing|trusting)|i care|you(?:'re| are) not alone|i(?:'d| would) like to (?:understand|hear|help|support)|i want (?:to (?:understand|hear|help|support)|you to be safe)|takes? (?:\w+ ){0,2}(?:courage|strength)|(?:brave|courageous) (?:of you|to)|my heart goes)\b",
    "steadies": r"\b(?:breath(?:e|es|ing)?\b|ground(?:ed|ing)|slow(?:ly|ing)? (?:down)?|one (?:step|thing|moment|minute|breath|day) at a time|next (?:few )?(?:minutes?|hours?|steps?)|notice (?:your|five|what|the|where)|feel your feet|in this moment|right now[,]? let'?s|let'?s (?:\w+ )?(?:take|slow|start|pause|look|think|make|find|stay|focus|work|go)|together we|we can (?:\w+ )?(?:take|look|find|make|work|go)|safety plan|what (?:has )?help(?:s|ed) (?:you )?(?:before|in the past|so far)|small step)",
    "stays": r"\b(?:i(?:'m| am) (?:still |right )?(?:here|with you|listening|not going anywhere)|i(?:'ll| will) (?:stay|be here|keep)|stay with (?:me|you)|take (?:your|all the) time|no rush|you don'?t have to (?:face|carry|do|go through|handle)|you(?:'re| are) not alone)\b",
    "allows": r"\b(?:it(?:'s| is) (?:okay|ok|alright|all right|fine|human|natural|normal) (?:to|that|if)|you(?:'re| are) allowed|there(?:'s| is) no (?:right|wrong) way|room for)\b",
    "asks_openly": r"\b(?:what|how|where|when|which|who|would you|could you|can you|do you|are you|have you|is there|tell me|want to)\b[^?!.\n]{0,160}\?|\b(?:tell me (?:more|about|what|how)|i(?:'d| would) like to (?:hear|understand) (?:more|what|how)|say more)\b",
    "takes_view": r"\b(?:from what you|given (?:what|how|all|everything|that)|after (?:all|everything|what|so)|for you\b|in your (?:place|shoes|position|situation)|from your|what (?:this|that|it) (?:is|must be|means|feels) (?:like )?(?:for|to) you|makes (?:\w+ )?sense (?:that|you|to|given|after)|part of you|on (?:the )?one hand|both (?:\w+ )?(?:want|feel|at)|when (?:he|she|they|your \w+) (?:\w+ ){0,3}you)\b",
    "checks": r"\b(?:am i (?:hearing|understanding|right|getting)|did i (?:get|hear|understand)|is that (?:right|how|what|close)|correct me|if i(?:'m| am) (?:hearing|understanding|wrong)|have i (?:got|understood)|does that (?:fit|sound|make sense|match)|let me (?:check|make sure))\b",
    "asks_leave": r"\b(?:would it be (?:okay|ok|alright|all right|helpful)|is it (?:okay|ok|alright|all right) if|if (?:you(?:'d| would)? (?:like|want|feel)|it(?:'s| is) (?:okay|ok)|that(?:'s| is) (?:okay|ok))|only if you|up to you|your choice|you (?:can|may) choose|whenever you(?:'re| are) ready|may i (?:ask|share|offer)|can i (?:ask|share|offer))\b",
    "dismisses": r"\b(?:get over it|cheer up|man up|toughen up|snap out of it|suck it up|calm down|move on already|grow up|stop (?:whining|complaining|crying|moping|being (?:so )?(?:sad|dramatic|negative|selfish|lazy|weak|silly|ridiculous|sensitive))|you(?:'re| are) (?:just |being |so |too )*(?:overreacting|dramatic|too sensitive|selfish|lazy|weak|crazy|pathetic|ridiculous|making a big deal)|all in your head|others? (?:people )?have it (?:\w+ )?worse|(?:it|that)(?:'s| is) (?:not a big deal|no big deal|nothing)|(?:just )?think positive\w*|look on the bright side|everyone (?:feels|goes through|has) (?:that|this|it|problems|bad days)|nothing to (?:be (?:sad|upset|depressed)|cry|complain|worry) about|first world problem)",
    "blames": r"\b(?:(?:it|that|this)(?:'s| is| was) (?:all )?your (?:own )?fault|you (?:only )?(?:brought|did) (?:this|that|it) (?:on|to) yourself|you (?:should ?n'?t|shouldn'?t) have|you should have (?:known|thought)|what did you (?:do|expect)|why did(?:n'?t| not) you|you made (?:him|her|them)|you(?:'re| are) the (?:problem|one who)|your own doing)\b",
    "orders": r"\b(?:calm down|stop (?:crying|panicking|worrying|thinking|it)|you (?:must|have to|need to) (?:calm|stop|relax|be (?:strong|positive|calm)|forget|get a grip)|just (?:relax|stop|forget|ignore|breathe and)|don'?t (?:cry|be (?:sad|scared|afraid|silly|upset|angry)|worry about it|think about it|panic)|pull yourself together|get a grip)\b",
    "agitated": r"(?:!\s*){3,}|!{2}|\b(?:oh my god|omg|oh no|that(?:'s| is) (?:insane|horrifying|awful!)|i(?:'m| am) (?:freaking out|panicking|shocked|horrified|so angry|furious))\b",
    "presumes": r"\b(?:i know exactly (?:how|what)|you (?:should|just need to|only need to|just have to) (?:just|simply|stop|try harder|be|forget|leave|move)|you (?:always|never) (?:\w+ )?(?:do|say|think|feel|make|listen|try)|obviously|clearly you|at least (?:you|he|she|it|they)|everything happens for a reason|you(?:'ll| will) (?:be fine|get over|forget)|it could be worse|god has a plan|just be (?:happy|positive|grateful|yourself))\b",
}
