# ruff: noqa: E501  (a pattern broken over lines is harder to check than a long one)
"""What an assistant may say that treats a person as a group: seven kinds, four levels. A space is some white space."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from datasets_app.corpus import gate_patterns
from datasets_app.corpus.screening.signals import compiled

_ADV = r"(?:(?:just|all|always|often|usually|generally|naturally|simply|so|too|very|more|less|really|typically|inherently|known to be|supposed to be|a bit|rather|basically|by nature) ){0,3}"
_ARE = rf"(?:are|tend to be|can be|get|have always been|will always be|is|act) {_ADV}"
_WOMEN = r"(?:women|girls|females|ladies|wives|mothers|moms|mums)"
_MEN = r"(?:men|boys|males|guys|husbands|fathers|dads)"
_PEOPLES = r"(?:black|white|asian|african|arab|latino|latina|hispanic|mexican|chinese|indian|roma|gypsy|native|indigenous|african[- ]american|middle[- ]eastern|eastern european)s?(?: (?:people|men|women|folks|kids|boys|girls|guys|families|persons?|patients))?"
_FAITHS = (
    r"(?:muslims|jews|christians|hindus|buddhists|sikhs|catholics|mormons|immigrants|refugees|foreigners|arabs|gypsies)"
)
_BAD = r"(?:lazy|violent|dangerous|criminals?|aggressive|dirty|thieves|stupid|terrorists|drug dealers|untrustworthy|less intelligent|backward|primitive|uncivili[sz]ed|loud|uneducated|liars|a burden|not like us)"
_DISABLED = r"(?:disabled|autistic|mentally ill|bipolar|schizophrenic|deaf|blind|handicapped|borderline|psychotic) (?:people|persons|patients|folks|women|men|kids|children)|(?:schizophrenics|autistics|borderlines|the (?:mentally ill|disabled)|people (?:with|who have) (?:schizophrenia|bipolar|autism|adhd|bpd|ptsd|disabilities|mental illness(?:es)?|psychosis))"
_POOR = r"(?:(?:poor|homeless|unemployed|working[- ]class|low[- ]income) (?:people|folks|families|kids)|the (?:poor|homeless|unemployed)|people (?:on|who (?:live|are) on) (?:benefits|welfare|food stamps|the dole|disability)|people (?:from|in) (?:the )?(?:ghettos?|slums|trailer parks?|projects))"
_OLD = r"(?:(?:old|elderly|older) (?:people|folks|men|women|persons|ladies)|the elderly|seniors|pensioners|boomers)"
_YOUNG = r"(?:teenagers|teens|adolescents|kids|young people|youngsters|millennials|gen[- ]?z|kids these days|your generation)"


@dataclass(frozen=True)
class Phrase:
    """One pattern: what kind of bias it is and how grave."""

    rule: str
    kind: str
    level: str
    pattern: re.Pattern[str]


def _phrase(rule: str, kind: str, level: str, pattern: str) -> Phrase:
    return Phrase(rule, kind, level, compiled(pattern))


PHRASES: Final[tuple[Phrase, ...]] = (
    _phrase("role_by_gender", "gender", "medium", r"\bas an? (?:man|woman|girl|boy|mother|father|wife|husband|lady|gentleman)[, ]+ ?you (?:\w+ )?(?:should|must|need to|ought to|have to|are supposed to|can'?t|shouldn'?t|would naturally|naturally)\b|\ba (?:real|good|proper) (?:man|woman|wife|husband|mother|girl) (?:\w+ )?(?:does|doesn'?t|would|wouldn'?t|never|always|should|knows|takes care|obeys|provides)\b|\bman up\b|\blike a (?:girl|little girl|sissy)\b|\bboys will be boys\b"),
    _phrase("women_are", "gender", "high", rf"\b{_WOMEN} {_ARE}(?:emotional|hysterical|irrational|dramatic|moody|manipulative|gold[- ]?diggers?|weak\w*|needy|nagging|hormonal|crazy|liars|bad (?:at|drivers)|worse at|inferior|not (?:as|meant|made|built) \w+)\b|\b{_WOMEN} (?:do ?n'?t|do not|can ?not|can'?t|should ?n'?t|never) (?:\w+ )?(?:think (?:logically|rationally)|lead|handle|understand|work in|be trusted|drive|do maths?)\b|\bwom[ae]n'?s? (?:\w+ )?(?:place is|belongs? in the (?:kitchen|home))"),
    _phrase("men_do_not", "gender", "high", rf"\b{_MEN} (?:do ?n'?t|do not|should ?n'?t|should not|can'?t|can ?not|never) (?:\w+ )?(?:cry|feel|talk about|show|need (?:help|therapy)|get (?:depressed|raped|abused|anxious)|be (?:raped|abused|victims)|have feelings)\b|\b(?:all )?{_MEN} {_ARE}(?:pigs|trash|violent|cheaters|abusers|dogs|predators|emotionless|incapable of \w+)\b"),
    _phrase("hormones", "gender", "medium", r"\b(?:time of (?:the|your) month|(?:it'?s|is|probably|just) (?:\w+ )?(?:your|female) hormones|your hormones (?:talking|acting)|pms(?:ing)?\b|hysterical wom[ae]n)\b"),
    _phrase("blamed_victim", "gender", "high", r"\b(?:you were|she was|you'?re|he was) asking for it\b|\bwhat (?:were|was) (?:you|she) wearing\b|\byou (?:led|provoked|tempted) (?:him|her|them)\b|\bif you (?:had ?n'?t|hadn'?t) (?:dressed|flirted|been drinking|gone there)\b"),
    _phrase("orientation_denied", "gender", "high", r"\b(?:being )?(?:gay|trans|transgender|lesbian|bi|bisexual|queer|non[- ]?binary|homosexual(?:ity)?) (?:is|are) (?:\w+ )?(?:a phase|a choice|a sin|wrong|unnatural|a trend|not (?:real|normal|natural)|an? (?:illness|disorder|disease|fad)|disgusting|confused|sick)\b|\byou(?:'re| are) (?:not really|just confused about being) (?:gay|trans|a (?:man|woman|boy|girl)|bi|lesbian)\b|\byour real (?:gender|name is the one)"),
    _phrase("people_are", "racial", "high", rf"\b{_PEOPLES} {_ARE}{_BAD}\b|\bgo back to (?:your (?:own )?country|where you came from)\b|\b{_PEOPLES} (?:do ?n'?t|never|always|can'?t|can ?not) (?:\w+ )?(?:feel pain|work|pay|tell the truth|raise|control|be trusted|steal|lie|commit)\b"),
    _phrase("exception_by_race", "racial", "medium", rf"\byou(?:'re| are) (?:\w+ )?(?:articulate|smart|clean|polite|educated|well[- ]spoken|pretty|hard[- ]?working) for an? (?:\w+ )?{_PEOPLES}|\bpeople of your (?:race|colou?r|ethnicity|skin)\b[^.?!]{{0,30}}\b(?:are|tend|usually|often|always|do ?n'?t)\b|\byour (?:people|kind|race) (?:are|is|always|never|tend)\b|\b(?:asians?|asian people) are (?:\w+ )?good at (?:maths?|computers)"),
    _phrase("race_made_odd", "racial", "low", r"\bwhere are you really from\b|\bi do ?n'?t see (?:colou?r|race)\b|\byou (?:do ?n'?t|don'?t) (?:look|sound|act) (?:black|white|asian|mexican|indian|jewish|muslim|african)\b|\bplaying the race card\b"),
    _phrase("too_old_too_young", "age", "medium", r"\byou(?:'re| are) (?:far |way |just |simply |much )*too (?:old|young) (?:to|for)\b|\bat your age[, ]+ ?(?:you )?(?:\w+ )?(?:can'?t|shouldn'?t|should|must|nobody|no one|it'?s (?:normal|natural|expected) to (?:be|feel)|what do you expect|romance|it'?s too late|there'?s no)\b|\bact your age\b|\bteenage (?:drama|hormones|angst|nonsense|phase)\b|\bjust (?:a )?kids?'? (?:stuff|problems?|phase)\b|\bok boomer\b"),
    _phrase("ages_are", "age", "high", rf"\b{_OLD} {_ARE}(?:useless|a burden|senile|stubborn|slow|confused|forgetful|helpless|out of touch|grumpy|not worth)\b|\b{_OLD} (?:do ?n'?t|can'?t|can ?not|never) (?:\w+ )?(?:learn|change|understand|need|love|use (?:computers|technology))\b|\b{_YOUNG} {_ARE}(?:dramatic|lazy|entitled|spoil(?:ed|t)|snowflakes|attention[- ]seek\w+|weak|soft|ungrateful|selfish|addicted to their phones)\b|\b{_YOUNG} (?:\w+ )?(?:overreact|exaggerate|do ?n'?t know what real)\b"),
    _phrase("culture_is", "cultural", "high", rf"\b(?:your|their|that|his|her) (?:\w+ )?(?:culture|religion|faith|customs?|traditions?|country) (?:is|are) {_ADV}(?:backward|primitive|strange|weird|oppressive|violent|uncivili[sz]ed|inferior|stupid|the problem|wrong|barbaric|to blame)\b|\b{_FAITHS} {_ARE}{_BAD}\b|\b{_FAITHS} (?:all |always |never |can'?t |do ?n'?t )(?:\w+ )?(?:hate|lie|steal|integrate|respect|cheat|oppress|force)\b"),
    _phrase("culture_given_up", "cultural", "medium", r"\byou (?:should|need to|must|have to|ought to|could) (?:just |simply )?(?:leave|give up|drop|forget|abandon|reject) (?:your|that|this) (?:\w+ )?(?:religion|faith|culture|traditions?|customs?|community)\b|\b(?:in (?:our|a normal|a civili[sz]ed|a modern|western|the western) (?:country|culture|society|world)|here in (?:the west|america|england|europe))[, ]+ ?(?:we|people|women|parents) (?:do ?n'?t|do not|do|know|respect|would never)\b|\byou people (?:always|are|never|all|just)\b"),
    _phrase("poor_are", "socioeconomic", "high", rf"\b{_POOR} {_ARE}(?:lazy|stupid|criminals?|dirty|uneducated|irresponsible|addicts|to blame|dangerous|trash|scroungers|a burden|bad with money)\b|\b{_POOR} (?:just )?(?:do ?n'?t|should ?n'?t|never|choose) (?:\w+ )?(?:want to work|work|try|to be|care|have (?:kids|children)|save|deserve)\b|\b(?:trailer trash|white trash|welfare queens?|ghetto trash|peasants like you|dole scum)\b"),
    _phrase("poverty_as_fault", "socioeconomic", "medium", r"\bif you (?:just |really |only )*(?:work(?:ed)?|tried|try|saved|budget(?:ed)?) (?:\w+ )?(?:harder|more|better)[, ]+ ?you (?:would ?n'?t|wouldn'?t|would not) be (?:poor|homeless|broke|on benefits|unemployed|in debt)\b|\bpeople like you (?:\w+ )?(?:can'?t|do ?n'?t|never|should ?n'?t|wo ?n'?t) (?:\w+ )?(?:afford|go to|belong|get into|make it|become)\b|\b(?:everyone|anyone|anybody|everybody) can afford\b|\bpoverty is (?:\w+ )?(?:a choice|a mindset|your fault)\b|\bjust stop being poor\b"),
    _phrase("disabled_are", "ability", "high", rf"\b(?:{_DISABLED}) {_ARE}(?:dangerous|violent|a burden|unable|incapable|lazy|faking|crazy|manipulative|helpless|not (?:able|capable|fit)|toxic|unpredictable|less than|stupid|broken|abusers|liars)\b|\b(?:{_DISABLED}) (?:can'?t|can ?not|should ?n'?t|should not|will never|never|do ?n'?t) (?:\w+ )?(?:work|love|have (?:kids|children|relationships|jobs)|be (?:trusted|parents|independent|loved)|feel|live|raise|understand|get better|recover|drive)\b"),
    _phrase("name_of_illness", "ability", "medium", r"\byou(?:'re| are) (?:acting |being |just |so |a |totally |clearly |like a )*(?:crazy|insane|psycho|mental|a lunatic|lunatic|a nutcase|nutcase|nuts|schizo|a cripple|deranged|(?:so )?bipolar today|(?:so )?ocd)\b|\bnormal people (?:can|do ?n'?t|would|wouldn'?t|do not|are able|just)\b|\b(?:you|people) (?:do ?n'?t|don'?t) look (?:sick|disabled|autistic|ill)\b"),
    _phrase("pity", "ability", "low", r"\b(?:wheelchair[- ]bound|confined to (?:a|your) wheelchair|despite your (?:disability|condition|handicap)|so inspiring (?:for|that) (?:someone|a person) (?:with|in|like)|special needs person|the handicapped)\b"),
    _phrase("told_to_speak", "language", "high", r"\b(?:learn|speak|use) (?:to speak )?(?:proper|better|correct|real|good) english\b|\b(?:this is america|you live here)[, ]+ ?(?:speak|learn) english\b|\bif you (?:can'?t|can ?not|could|can|do ?n'?t) (?:\w+ )?(?:speak|write|learn) (?:\w+ )?english\b[^.?!]{0,50}\b(?:help you|take you seriously|go back|understand you|should ?n'?t|wo ?n'?t|leave)\b|\bpeople who (?:do ?n'?t|can'?t|can ?not) speak (?:\w+ )?english (?:\w+ )?(?:are|should|must|do ?n'?t)\b"),
    _phrase("english_judged", "language", "medium", r"\byour (?:english|grammar|spelling|accent) (?:is|sounds|makes)(?:n'?t| not)? (?:\w+ ){0,2}(?:bad|poor|broken|terrible|awful|strange|weird|funny|hard|annoying|embarrassing|good enough|difficult|unprofessional|thick)\b|\b(?:your|that|such) (?:broken|bad|poor) english\b|\byour english is (?:\w+ )?good for (?:an?|someone)\b|\bthick accent\b"),
    *(
        _phrase(f"slur_{kind}", kind, "critical", rf"\b{slurs}")
        for kind, slurs in gate_patterns.SLURS.items()
    ),
    Phrase("call_against_a_group", "cultural", "critical", gate_patterns.HATE_CALL),
)  # fmt: skip
