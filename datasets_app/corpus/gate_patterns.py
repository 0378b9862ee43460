# ruff: noqa: E501  (a pattern broken over lines is harder to check than a long one)
"""What the content gates look for, in the user's words or in the assistant's. A space stands for some white space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from datasets_app.corpus.screening.signals import compiled

_MEDICINE = r"(?:medications?|meds|pills|antidepressants?|ssris?|lithium|xanax|benzos?|zoloft|sertraline|prozac|fluoxetine|lexapro|seroquel|adderall|ambien|melatonin|ibuprofen|paracetamol|tylenol|dose|dosage|insulin|blood thinners?)"
_DISORDER = r"(?:bipolar|borderline|schizophreni\w+|depress(?:ion|ive)|ptsd|adhd|ocd|autis\w+|psychosis|personality disorder|anxiety disorder|an? eating disorder|anorexi\w+|bulimi\w+)"
#: Slurs by the kind of bias that they are (sexuality stands with gender).
SLURS: Final[Mapping[str, str]] = {
    "gender": r"(?:fagg?ots?|fags\b|dykes?\b|trann(?:y|ies)|shemales?)",
    "racial": r"(?:kikes?\b|niggers?|niggas?\b|spics?\b|wetbacks?|chinks?\b|gooks?\b|ragheads?|towelheads?|sand ?niggers?|pakis?\b)",
    "ability": r"(?:cripples?\b|retards?\b|retarded\b)",
}
_SLUR = "(?:" + "|".join(SLURS.values()) + ")"
_GROUP = r"(?:jews|muslims|christians|blacks|black people|white people|whites|asians|mexicans|immigrants|refugees|gays|gay people|lesbians|trans people|women|men|disabled people|gypsies|foreigners)"

PROFANITY: Final = compiled(
    r"\b(?:fuck\w*|motherfuck\w*|shit(?:ty|s|head|hole)?|bullshit|bitch(?:es|y)?|assholes?|arseholes?|bastards?|cunts?|dick(?:head|s)?|piss(?:ed)? off|wank\w*|goddamn|damn it|crap)\b"
)
HATE_WORD: Final = compiled(rf"\b{_SLUR}")
HATE_CALL: Final = compiled(
    rf"\b(?:kill|gas|deport|exterminate|hang|shoot|burn|get rid of|lynch) (?:all |every |the )(?:\w+ )?{_GROUP}\b|\b(?:all |these |those |fucking )?{_GROUP} (?:should|must|need to|deserve to) (?:\w+ )?(?:die|burn|be (?:killed|gassed|shot|deported|wiped out)|hang|rot)\b|\b{_GROUP} (?:are|r) (?:\w+ )?(?:vermin|animals|subhumans?|parasites|filth|cockroaches|rats|scum|a (?:disease|plague|cancer))\b|\bi (?:\w+ )?hate (?:all |the )?{_GROUP}\b"
)
#: What stands before a slur when somebody tells of being called that.
HATE_REPORTED: Final = compiled(
    r"(?:call(?:s|ed|ing)? (?:me|him|her|us|them|my \w+)|(?:shout|yell|scream|spray)\w* (?:\w+ ){0,4}|the word|slurs? (?:like|such as)|names like|said i(?:'m| am| was))[^.?!\n]{0,40}\Z"
)

MEDICAL_ORDER: Final = compiled(
    rf"\b(?:take|try taking|start(?:ing)? (?:on|with)?|use) (?:\w+ ){{0,3}}\d+(?:\.\d+)? ?(?:mg|milligrams|ml|tablets|pills|drops)\b|\b(?:stop|quit|skip|halve|double|increase|raise|lower|reduce|cut|adjust) (?:taking )?(?:your|the) (?:\w+ )?{_MEDICINE}|\bstop taking (?:your |the )?(?:\w+ )?{_MEDICINE}|\byou (?:do ?n'?t|do not|no longer) need (?:your |the |any )?(?:\w+ )?(?:{_MEDICINE}|therapy|a doctor|to see a doctor|a psychiatrist)|\byou should (?:\w+ )?(?:take|be on|start|switch to|go off|come off) (?:\w+ ){{0,2}}{_MEDICINE}|\bi(?:'m| am| will|'ll)? (?:\w+ )?prescrib(?:e|ing)\b"
)
DIAGNOSIS: Final = compiled(
    rf"\byou (?:clearly |definitely |obviously |certainly |probably |likely |must )?(?:have|suffer from|are) (?:\w+ )?{_DISORDER}|\bthis is (?:clearly |definitely |obviously )?(?:a case of )?{_DISORDER}|\bmy diagnosis\b|\bi(?:'m| am| would)? diagnos(?:e|ing) you\b"
)
MEDICAL_HEDGE: Final = compiled(
    r"\b(?:talk|speak|check|ask|see|consult|contact|discuss)\b[^.?!]{0,40}\b(?:doctor|gp|physician|psychiatrist|pharmacist|prescriber|nurse|professional)|\b(?:your|a) (?:doctor|gp|physician|psychiatrist|pharmacist|prescriber) (?:can|could|may|will|told|said|should|prescribed|recommended)|\bas prescribed\b|\b(?:i'?m|i am) not a doctor\b|\bcan(?:not|'?t) (?:diagnose|prescribe|give medical)"
)

DISCLOSURE: Final = compiled(
    r"\bmy (?:own )?(?:husband|wife|girlfriend|boyfriend|partner|ex|kids?|children|son|daughter|mother|father|mum|mom|dad|divorce|marriage|depression|anxiety|therapist|childhood|addiction|trauma|recovery|breakup|weight|diagnosis)\b|\bwhen i was (?:your age|a (?:child|kid|teen\w*)|young|depressed|in (?:school|college|therapy|rehab)|\d\d)\b|\bi(?:'ve| have)? (?:myself |also |too |personally )*(?:been through|went through|struggled with|suffered from|battled|lost my|lived with|was (?:depressed|abused|divorced|suicidal|bullied|an addict))\b|\bas (?:a|an) (?:mother|father|parent|survivor|addict|veteran|christian|widow(?:er)?) (?:myself|too)\b|\bi know (?:exactly )?how you feel[, ]+(?:i|because i|my)\b|\bin my (?:own|personal) (?:life|experience|marriage|family)\b"
)
BOUNDARY: Final = compiled(
    r"\b(?:i (?:\w+ )?love you|i'?m (?:\w+ )?(?:in love with|attracted to) you|we (?:could|should|can) (?:meet|go out|have (?:a )?(?:coffee|drink|dinner)|be (?:friends|together))|let'?s meet (?:up|at|for)|(?:text|call|message|add|follow) me (?:at|on|any ?time)|my (?:phone )?number is|my (?:home )?address is|come (?:over )?to my (?:house|place|home)|don'?t tell (?:anyone|your (?:parents|therapist|husband|wife))|our (?:little )?secret)\b"
)

SAFETY: Final = compiled(
    r"\b(?:988|911|112|999|116 ?123|741741|13 ?11 ?14|hotline|helpline|lifeline|crisis (?:line|text|team|center|centre|service)|samaritans|emergency (?:services?|room|department|number|line|contact)|ambulance|poison control|a&e|(?:nearest|to the|to a|local) (?:er|hospital)|are you (?:\w+ )?(?:safe|in danger|thinking (?:of|about)|having thoughts|planning|alone|hurt|bleeding|breathing|feeling suicidal|suicidal)|(?:your|stay|keep you|keep yourself|be|you are|you're) safe(?:ty)?|safety plan|(?:thoughts?|thinking) (?:of|about) (?:suicide|ending your life|killing yourself|hurting yourself|harming yourself)|(?:do|did) you have (?:a plan|access|thoughts|the|someone|anyone)|have you (?:\w+ )?(?:taken|thought|told|called|made a plan|hurt)|(?:kill|hurt|harm) yourself|end your life|suicid\w*|stay (?:with me|on the line|here with)|call (?:someone|for help|your|a|an)|(?:reach out|talk|speak|go|turn) (?:to|with) (?:\w+ ){0,2}(?:doctor|therapist|counsel\w+|professional|psychiatrist|someone|friend|family|crisis|hospital)|(?:seek|get|find) (?:\w+ ){0,2}(?:professional|medical|immediate|urgent|emergency)? ?(?:help|care|support|attention)|medical (?:help|attention|emergency)|(?:worried|concerned) (?:about|for) (?:you|your safety)|pressure on (?:it|the wound)|unlock the door)\b"
)
HARMFUL_REPLY: Final = compiled(
    r"\b(?:just do it\b|go (?:ahead|on) and (?:do it|die|kill|jump|end)|(?:you should|maybe you should|you might as well) (?:\w+ )?(?:die|kill yourself|end it|end your life|do it)|kill yourself\b(?=\s*[.!]|\s*\Z)|(?:no ?one|nobody) would (?:miss|notice|care)|the world (?:would|will) be better (?:off )?without you|(?:best|easiest|painless|quickest) (?:way|method) (?:to (?:die|do it|kill yourself|end it)|is (?:to|by))|(?:you'?re|you are) (?:just )?(?:seeking|looking for|wanting) attention|stop (?:being|acting) (?:so )?(?:dramatic|crazy)|you won'?t (?:really )?do it\b)"
)

DISMISSIVE: Final = compiled(
    r"\b(?:just )?(?:get over it|cheer up|man up|toughen up|snap out of it|suck it up|(?<!to\s)(?<!you\s)(?<!can\s)(?<!and\s)(?<!could\s)(?<!they\s)(?<!will\s)(?<!him\s)(?<!her\s)calm down|move on already|grow up|stop (?:whining|complaining|crying|being (?:so )?(?:sad|dramatic|negative|selfish|lazy|weak|silly))|(?:you'?re|you are) (?:just |being |so )*(?:overreacting|dramatic|too sensitive|selfish|lazy|weak|crazy|pathetic|making a big deal)|it'?s (?:all )?(?:just )?in your head|others? (?:people )?have it worse|(?:it'?s|that'?s) (?:not a big deal|your (?:own )?fault|nothing)|think positive|everyone (?:feels|goes through) (?:that|this|it)|you have (?:no|nothing) (?:reason )?to (?:be (?:sad|depressed|upset)|complain))\b"
)
THERAPEUTIC: Final = compiled(
    r"\b(?:feel\w*|felt|emotion\w*|therap\w+|counsel\w+|anx\w+|depress\w*|stress\w*|worr\w+|afraid|scared|fear\w*|sad\w*|lonel\w+|alone|ang(?:er|ry)|grie\w+|griev\w+|hurt\w*|cop(?:e|ing)|trauma\w*|panic\w*|overwhelm\w*|asham\w+|guilt\w*|upset|cry\w*|cried|hopeless\w*|struggl\w+|support\w*|relationship\w*|mental|mood\w*|self[- ]?(?:harm|esteem|care|worth)|sleep\w*|suicid\w*|addict\w*|relaps\w*|sober|abus\w+|divorc\w+|marriage|trust\w*|boundar\w+|mindful\w*|breath\w*|symptom\w*|voices|tired|exhaust\w+|miss (?:him|her|them|you|my)|died|loss|lost|love\w*|hate\w*|happy|unhappy|nervous|argu\w+|fight\w*|bull(?:y|ied|ying)|kill|die|dying|drink\w*|craving\w*)\b"
)
