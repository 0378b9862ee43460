# ruff: noqa: E501  (a pattern broken over lines is harder to check than a long one)
"""What is pictured, prepared or done without its name: hoses and handbrakes, heads on walls, whole pens, beams and angels."""

from __future__ import annotations

from typing import Final

from datasets_app.corpus.screening.signals import Rule, rule
from datasets_app.corpus.screening.words import ALCOHOL, DRUG, IDEATION, PLAN
from datasets_app.corpus.taxonomy import CrisisSignal as C
from datasets_app.corpus.taxonomy import SignalFamily as F
from datasets_app.corpus.taxonomy import Timeline as T

_BEING: Final = (
    r"(?:angels?|demons?|devil|spirits?|ghosts?|god|entity|creature|shadow man|dead (?:man|woman|girl|boy)|jinn|djinn)"
)
_BODY: Final = r"(?:head|brain|body|skin|organs|heart|thoughts|mind|teeth|blood|stomach)"
_WEAPON: Final = r"(?:knife|gun|pistol|rifle|shotgun|axe|hammer|machete|bat|blade|poison)"
_SOON: Final = r"(?:my \w+ birthday|christmas|easter|new year'?s?|next (?:year|month|week|summer|spring|birthday)|this summer|the (?:end of the year|summer|spring|winter|weekend)|january|february|june|july|august|september|october|november|december|spring|summer|autumn|winter|thirty|forty|fifty|twenty|\d\d)"

INDIRECT_RULES: Final[tuple[Rule, ...]] = (
    rule(
        "way_prepared",
        F.SUICIDAL_IDEATION,
        "immediate_harm",
        5,
        r"\b(?:taped|sealed|blocked|closed) (?:up )?(?:the |my )?(?:garage(?: door)?|car windows?|windows? of the car|bathroom door|vents?)\b[^?!]{0,80}\b(?:hose|exhaust|engine|charcoal|grill|gas)\b|\b(?:hose|pipe) (?:\w+ ){0,3}(?:exhaust|tailpipe)\b|\b(?:tied|hung|fixed|fastened) (?:the |a |my )?(?:rope|belt|cord|cable|noose|scarf) (?:to|on|over|around) (?:the|a|my) (?:\w+ )?(?:beam|door|tree|branch|rail|pipe|hook|fan|banister|neck)\b|\b(?:loaded|cleaned) (?:the|my|a|dad'?s|my dad'?s|grandpa'?s) (?:gun|pistol|rifle|shotgun|revolver)\b[^?!]{0,80}\b(?:tonight|ready|goodbye|sorry|last|end|over|done)\b",
        signal=C.IMMEDIATE_HARM,
        firm=True,
        timeline=T.IMMEDIATE,
    ),
    rule(
        "crash_planned",
        F.SUICIDAL_IDEATION,
        "immediate_harm",
        4,
        r"\b(?:i'?ll|i will|i'?m going to|i want to|i could|i think i'?ll|gonna) (?:just )?(?:leave|let|take) (?:off )?the (?:hand ?brake|brakes?|wheel|steering wheel|belt|seat ?belt)(?: (?:off|go|loose))?\b(?! (?:at home|on the table))|\b(?:not|never|without) brak(?:e|ing)\b[^?!]{0,40}\b(?:curve|bend|wall|tree|bridge|cliff|truck)|\bsteer(?:ing)? (?:\w+ ){0,3}into (?:the|a) (?:tree|wall|truck|oncoming|river|pillar)|\bhow far down it (?:is|goes)\b",
        signal=PLAN,
    ),
    rule(
        "armed_for_them",
        F.AGITATION,
        "immediate_harm",
        5,
        r"\b(?:i'?ve|i have|i) (?:got |have |took |taken |brought |put |packed )?(?:my (?:\w+'?s )?|a |the )(?:gun|pistol|rifle|shotgun|revolver|machete|axe|knife)\b (?:\w+ ){0,2}(?:in (?:the|my) (?:car|bag|backpack|jacket|coat|trunk|glove\w*)|with me|under my (?:seat|coat|jacket))\b[^?]{0,120}\b(?:he|she|they|them|him|her|both of them|everyone)\b[^?]{0,60}\b(?:pay|regret|laugh|sorry|learn|scream|come out|be there|arrive|leave work|deserve|see what)",
        signal=C.IMMEDIATE_HARM,
        firm=True,
        timeline=T.IMMEDIATE,
        needs_first_person=False,
    ),
    rule(
        "no_future_seen",
        F.SUICIDAL_IDEATION,
        "passive_ideation",
        3,
        rf"\b(?:do ?n'?t|do not|never) (?:\w+ )?(?:intend|expect|plan|mean|want|think i'?ll|think i will|believe i'?ll) (?:to )?(?:live to )?(?:see|make it to|reach|turn|live (?:to|until|past)|get to) {_SOON}\b|\b(?:wo ?n'?t|will not|not going to) (?:\w+ )?(?:live to see|make it to|live (?:to|until|past)|reach) {_SOON}\b|\bcan(?:not|'?t) (?:see|imagine|picture) (?:myself|me) (?:\w+ )?(?:alive|living|existing|being here|growing old)\b",
        signal=IDEATION,
    ),
    rule(
        "weight_on_all",
        F.SUICIDAL_IDEATION,
        "passive_ideation",
        3,
        r"\b(?:no ?body|no ?one|they|everyone|my \w+|he|she) (?:would ?n'?t|wouldn'?t|would|won'?t|will|'?d) (?:\w+ )?have to (?:carry|deal with|look after|put up with|worry about|care for|take care of|bother with|suffer) me (?:any ?more|any longer|again|then)\b|\b(?:a |such a |this )?(?:weight|millstone|stone|chain) (?:around|round|on) (?:everyone'?s|everybody'?s|their|my family'?s|your|his|her) (?:neck|necks|shoulders|back)\b",
        signal=IDEATION,
    ),
    rule(
        "death_pictured",
        F.SUICIDAL_IDEATION,
        "passive_ideation",
        3,
        r"\bif i (?:\w+ )?(?:fell asleep|went to sleep|lay down|drowned|froze|stopped breathing|slipped)\b[^.?!]{0,40}\b(?:that was it|that were it|never (?:woke|got up)|did ?n'?t wake|and be gone|it would be (?:over|fine|okay|a relief))\b|\b(?:lie|lying|lay) down in the (?:snow|water|road|sea|woods)\b[^.?!]{0,40}\b(?:and (?:not|never)|until|wait|sleep|stay|for good)",
        signal=IDEATION,
    ),
    rule(
        "hurts_own_body",
        F.SELF_HARM,
        "self_harm",
        3,
        r"\b(?:bang|banging|slam|slamming|smash|smashing) my (?:own )?head (?:on|against|into)\b(?! (?:the|my|a) (?:table|desk|keyboard)\b)|\b(?:pull|pulling|pulled|rip|ripping|tear|tearing) (?:out )?my (?:own )?hair(?: out)?\b[^.?!]{0,30}\b(?:until|daily|every|dark|bald|bleed|calm|pain|again)|\b(?:punch|punching|punched|slap|slapping|slapped|choke|choking) (?:my ?self|my own (?:face|head|legs|thighs?|stomach))\b|\bbought (?:\w+ )?(?:new |more |another )?(?:razors?|blades|scalpels?)\b[^?!]{0,120}\bmy (?:thighs?|arms?|wrists?|legs?|skin|hips?)\b|\bmy (?:thighs?|arms?|wrists?|legs?|hips?) (?:already |again )?looks? like (?:before|it did|a (?:battlefield|zebra|map|barcode))\b",
        signal=C.SELF_HARM,
    ),
    rule(
        "whole_of_it",
        F.SUBSTANCE,
        "substance",
        5,
        r"\b(?:injected|shot up|swallowed|drank|downed|took|emptied) (?:myself )?(?:with )?(?:the|a|my|his|her) (?:whole|entire|full) (?:\w+ )?(?:pen|syringe|blister|strip|pack|packet|box|bottle of (?!water|wine|beer|coke\b|juice|milk)\w+|vial|patch)\b|\b(?:whole|entire) (?:insulin )?pen\b[^?!]{0,40}\b(?:insulin|units)|\b(?:took|injected|shot) (?:\w+ )?(?:way |far )?too much insulin\b",
        signal=C.SUBSTANCE_OVERDOSE,
        firm=True,
        timeline=T.IMMEDIATE,
        also=("immediate_harm",),
    ),
    rule(
        "tried_to_stop",
        F.SUBSTANCE,
        "substance",
        3,
        rf"\b(?:{ALCOHOL}|{DRUG}|drinking|drunk|using|smoking (?:meth|crack)|addict\w*|needle)\b[^?]{{0,200}}\b(?:tried|trying|try) to (?:stop|quit|get (?:clean|sober)|cut down)\b[^.?!]{{0,50}}\b(?:and|but),? i (?:just |still )?(?:can'?t|cannot|could ?n'?t|fail\w*|always go back)\b|\b(?:{ALCOHOL}|{DRUG})\b[^?!]{{0,60}}\b(?:or|until|otherwise) my hands (?:\w+ ){{0,2}}(?:shake|hold|tremble|stop|are (?:\w+ )?(?:calm|steady))|\bi (?:start|begin|have to start|drink|need one) (?:\w+ )?(?:at|before) (?:five|six|seven|eight|nine|ten|\d)(?: ?(?:am|a\.m\.|in the morning))? (?:now )?or my hands\b",
    ),
    rule(
        "beams",
        F.PSYCHOSIS,
        "psychotic",
        4,
        rf"\b(?:burn|burns|burning|hit|hits|hitting|attack\w*|target\w*|zap\w*|torture\w*|radiat\w*|shoot\w*|aim\w*|cook\w*) (?:\w+ )?(?:me|my {_BODY})\b[^.?!]{{0,30}}\bwith (?:a |an |the |their |her |his |it)?(?:\w+ )?(?:beams?|lasers?|rays?|microwaves?|frequenc(?:y|ies)|radiation|electricity|waves|it\b)|\b(?:beams?|rays?|lasers?|microwaves?|frequenc(?:y|ies)|radiation|waves) (?:\w+ ){{0,4}}(?:through|from|into|at) (?:the wall|next door|my {_BODY}|upstairs|the neighbou?rs?|me)\b|\b(?:foil|tin ?foil|alumin\w+) (?:\w+ ){{0,3}}(?:on|over|against) (?:the|my) (?:walls?|windows?|head|ceiling)\b|\b(?:line|lined|lining|cover|covered|covering|wrap\w*) (?:\w+ )?(?:walls?|windows?|ceiling|room|head|mirrors?) (?:\w+ )?(?:with|in) (?:tin ?foil|foil|alumin\w+)\b",
        signal=C.PSYCHOTIC_SYMPTOMS,
    ),
    rule(
        "being_that_demands",
        F.PSYCHOSIS,
        "psychotic",
        4,
        rf"\b(?:an?|the|this|my) {_BEING} (?:\w+ ){{0,2}}(?:sits?|stands?|lives?|comes?|visits?|waits?|watches) (?:\w+ ){{0,4}}(?:window|bed|room|night|corner|door|me)\b[^?]{{0,160}}\b(?:it|he|she|they) (?:\w+ )?(?:wants?|asks?|demands?|says?|tells?|orders?|needs?)\b|\b(?:an?|the) {_BEING} (?:\w+ ){{0,2}}(?:wants?|demands?|orders?|commands?|tells?|told|asks?) (?:me|my|for my|that i)\b",
        signal=C.PSYCHOTIC_SYMPTOMS,
    ),
    rule(
        "being_near",
        F.PSYCHOSIS,
        "psychotic",
        3,
        rf"\b(?:an?|the|this) {_BEING} (?:\w+ )?(?:sits?|stands?|lives?|comes?|visits?|waits?|is (?:sitting|standing)) (?:\w+ )?(?:at|in|by|on|beside|behind|to) (?:my|the) (?:window|bed|room|corner|door|wardrobe|mirror|stairs)\b",
        signal=C.PSYCHOTIC_SYMPTOMS,
    ),
    rule(
        "saved_up",
        F.SUICIDAL_IDEATION,
        "immediate_harm",
        4,
        rf"\b(?:saved|saving|stockpil\w+|hoard\w+|collected|collecting|put aside) (?:up )?(?:\w+ ){{0,2}}(?:my |the |enough |all )?(?:\w+ )?(?:{DRUG}|tablets|medications?|meds)\b(?! (?:money|bottles? for))",
        signal=PLAN,
    ),
    rule(
        "on_the_edge",
        F.SUICIDAL_IDEATION,
        "immediate_harm",
        5,
        r"\b(?:one|a|my|both) (?:leg|foot|feet|legs) (?:\w+ )?over (?:the|a) (?:\w+ )?(?:wall|railings?|rail|edge|parapet|ledge|barrier|balcony)\b|\b(?:sitting|standing|sat|i'?m) (?:\w+ )?on the (?:edge|ledge|parapet|railing) of (?:the|a) (?:\w+ )?(?:roof|bridge|building|car park|platform|cliff|balcony)\b|\bwrong side of the (?:railings?|barrier|fence)\b",
        signal=C.IMMEDIATE_HARM,
        firm=True,
        timeline=T.IMMEDIATE,
    ),
    rule(
        "will_not_see_morning",
        F.AGITATION,
        "immediate_harm",
        5,
        rf"\b(?:he|she|they) (?:wo ?n'?t|will not|is not going to|are not going to) (?:see|live to see|survive|wake up in|get through) (?:the |this |another )?(?:morning|night|weekend|tomorrow|sunrise|day|evening)\b[^?]{{0,100}}\b{_WEAPON}\b|\b(?:sharpened|loaded|got|have|bought) (?:the|my|a) (?:\w+ )?{_WEAPON}\b[^?]{{0,100}}\b(?:he|she|they) (?:wo ?n'?t|will not) (?:see|survive|wake|live)",
        signal=C.IMMEDIATE_HARM,
        firm=True,
        timeline=T.IMMEDIATE,
        needs_first_person=False,
        cancelled_by_not=False,
    ),
    rule(
        "replaced_people",
        F.PSYCHOSIS,
        "psychotic",
        4,
        r"\b(?:she|he|they)(?:'?s| is|'?re| are) (?:an? |the |all )?(?:impostors?|imposters?|doubles?|clones?)\b|\bthe real (?:one|mother|father|wife|husband|him|her|\w+) (?:is|was|has been) (?:\w+ )?(?:dead|gone|hidden|taken|somewhere else|replaced|buried)\b|\b(?:replaced|exchanged|swapped|cloned) (?:my (?:mother|father|mom|mum|dad|wife|husband|sister|brother|son|daughter|family|parents))\b(?! (?:on|at|in the (?:list|queue)))",
        signal=C.PSYCHOTIC_SYMPTOMS,
        needs_first_person=False,
    ),
    rule(
        "hopes_for_illness",
        F.SUICIDAL_IDEATION,
        "passive_ideation",
        3,
        r"\b(?:hop(?:e|ed|ing)|wish(?:ing)?|pray(?:ing)?) (?:that )?(?:the|my|this|it|it'?s) (?:\w+ ){0,2}(?:is |'s |to be |turns out to be |was )?(?:something (?:bad|serious|fatal|terminal|deadly)|cancer|terminal|a (?:brain )?tumou?r|fatal|deadly)\b|\bhow (?:many days|long|many weeks) (?:it )?(?:would|it'?d|will|might|it would) (?:\w+ ){0,3}(?:until|before|till|for) (?:some ?one|any ?one|somebody|anybody|they|people) (?:to )?(?:finds?|found|notices?|noticed|discovers?) (?:me|my body|i'?m gone)\b",
        signal=IDEATION,
    ),
    rule(
        "surge",
        F.PANIC,
        "",
        0,
        r"\b(?:everything|the (?:world|room)|people) (?:is|are|feels?|looks?|seems?|went|goes|gets?) (?:\w+ )?(?:far away|unreal|not real|like a dream|blurry|behind glass|foggy|spinning|closing in)\b|\b(?:came|comes|come|started|hit me) (?:\w+ )?(?:from nowhere|out of nowhere|out of the blue|suddenly)\b|\bi'?m going (?:mad|insane|crazy)\b",
        body_symptom=True,
    ),
    rule(
        "heart_felt",
        F.PANIC,
        "",
        0,
        r"\b(?:heart|pulse) (?:\w+ )?(?:beats?|beating|is|goes|went|jumps?|knocks?) (?:\w+ )?(?:in my (?:throat|ears|neck|mouth)|out of (?:my|the) (?:chest|ribs)|like (?:mad|crazy|a (?:drum|hammer|train)))\b|\b(?:heart|pulse) (?:\w+ )?wo ?n'?t (?:slow|calm) down\b",
        body_symptom=True,
    ),
    rule(
        "limbs_shake",
        F.PANIC,
        "",
        0,
        r"\bmy (?:legs|knees|hands|arms) (?:\w+ )?(?:shake|tremble)\b|\bmy (?:whole )?body (?:shakes|trembles)\b|\bmy (?:legs|knees) (?:\w+ )?(?:(?:gave|give) (?:way|out)|(?:are|is|feel|went|turn\w*) (?:\w+ )?(?:jelly|weak|like (?:jelly|rubber)))\b",
        body_symptom=True,
    ),
)
