# ruff: noqa: E501  (a pattern broken over lines is harder to check than a long one)
"""Wishes to be dead and thoughts of suicide without intent. Written from the annotation guidelines."""

from __future__ import annotations

from typing import Final

from datasets_app.corpus.screening.signals import Rule, rule
from datasets_app.corpus.screening.words import ADVERBS, IDEATION, WANT
from datasets_app.corpus.taxonomy import SignalFamily as F

WISH_RULES: Final[tuple[Rule, ...]] = (
    rule(
        "wish_dead",
        F.SUICIDAL_IDEATION,
        "passive_ideation",
        3,
        rf"\b{WANT}(?:die\b|be dead\b|(?:be )?gone\b|be done with (?:life|living|it all)|not (?:be )?(?:alive|exist|wake up|be here)|disappear forever|cease to exist|stop existing|never wake up)|\bwish(?:ed|es|ing)? (?:that )?i (?:(?:was|were|could|would|could be|'?d|wud) {ADVERBS}(?:dead|die|gone|not (?:wake up|exist|be (?:here|alive))|never wake up|disappear\b(?! (?:into|for|to|with)))|(?:wasn'?t|weren'?t|had never been|was never|hadn'?t been|didn'?t|couldn'?t|wouldn'?t|was not|did not|never) {ADVERBS}(?:alive|here|born|exist|existed|wake up|living)\b(?! (?:to|in (?:the|this) (?:city|town|house)|with|at)))|\bwish i had ?n'?t woken\b|\b(?:hope|hoping|pray|praying) (?:that )?i (?:don'?t|do not|won'?t|never) wake up\b(?! (?:too|so|early|late|before|during|for the))|\b(?:rather|sooner) (?:be dead|die)\b|\bbetter (?:off )?(?:if i (?:was|were) )?dead\b|\b(?:sleep|fall asleep) (?:forever|and (?:never|not) wake)|\bnot wak(?:e|ing) up\b(?! (?:early|at|on|in))|\b(?:and|to|just|will|i'?d|hope i) (?:just )?never (?:wake|waking) up\b(?! (?:this|at|early|late|on|in|for))|\bi (?:\w+ )?(?:deserve|supposed|need|ready) to (?:die|be dead)\b(?! (?:for|of|from))|\bready to die\b|\bhopefully (?:i (?:\w+ )?)?(?:die|do ?n'?t wake|never wake)|\bnever (?:been|be) born\b|\b(?:be )?better (?:for everyone |for all |off )?if i (?:\w+ )?(?:died|die|was dead|were dead|was gone|were gone|did ?n'?t exist|disappeared|wasn'?t (?:here|alive|around))|\b(?:for )?me to die\b|\bi (?:\w+ )?(?:should|deserve to|need to|must) (?:\w+ )?(?:die|be dead)\b(?! (?:of|from|for|laugh))|\b(?:let|make) me (?:just )?die\b(?! of)|\bhelp me (?:to )?die\b|\bwant (?:death|to be dead)\b|\bdie (?:already|in my sleep)\b|\bsuicide (?:was|were) painless\b",
        signal=IDEATION,
    ),
    rule(
        "refuse_life",
        F.SUICIDAL_IDEATION,
        "passive_ideation",
        3,
        rf"\b(?:don'?t|dont|do not|didn'?t|no longer) {ADVERBS}(?:want to|wanna|feel like|care to|deserve to|care if i|care whether i|know if i (?:can|want to)|think i (?:can|want to)|know how to|see myself) {ADVERBS}(?:be (?:here|alive)\b(?! (?:for|with|when|while|at|missing))|be around\b(?! (?:\w))|liv(?:e|ing)\b(?! (?:with|in|at|here|there|near|on my))|exist\b|wake up\b(?! (?:early|at|so|for))|go on\b|keep (?:living|going|fighting)|continue (?:living|like this|this|with (?:my|this) life|on|anymore)\b|do (?:this|life) any ?more|fight any ?more|exist|feel (?:anything|this|pain) any ?more|stay alive|survive|die\b(?= or))|\b(?:tired|sick|done|exhausted|weary|fed up) (?:of|with|from) {ADVERBS}(?:living\b(?! (?:with|in|at|here|there|paycheck|like a))|life\b|being alive|existing\b|waking up\b(?! (?:in|at|early|so|to|with|tired|every))|being here)|\b(?:no|without|zero|lost (?:my|the|all)|lack of|little|(?:do ?n'?t|can'?t|cannot|never|hardly|barely|not|didn'?t) (?:\w+ )?(?:see|find|have|found|think of|got) (?:a|the|any|one|much)|see no) (?:more |real |single |good )?(?:reason|point|will|purpose|desire|sense|use|motivation) (?:to|in|of|for|left to) (?:\w+ )?(?:liv|go(?:ing)? on|be(?:ing)? (?:alive|here)|continu(?:e|ing) (?:to live|on|this|my|any ?more)|exist|stay(?:ing)? alive|(?:my|this) life)|\bwhat(?:'?s| is) (?:the|my) (?:\w+ )?(?:point|purpose|use|reason) (?:of|in|to|for) (?:\w+ )?(?:liv|life\b|going on|continuing|existing|existence|being alive|staying alive|keep going|being here)|\bwhy (?:even |bother |should i |do i |am i |keep |continue )+(?:living|live|alive|exist|keep going|going on|stay)|\b(?:nothing|no one|nobody) (?:\w+ )?(?:to live for|worth living|keeping me (?:here|alive))|\bhate (?:being alive|living|existing|my existence|that i(?:'m| am) (?:still )?alive|waking up)\b(?! (?:with|in|at|here|so|early))|\blife (?:\w+ )?(?:is ?n'?t|is not|ain'?t|not) (?:\w+ )?worth|\bno point (?:to|in) (?:my|this|continued) (?:\w+ )?(?:existence|life)|\bcan'?t (?:take|do|stand|bear|handle) (?:this )?(?:life|living)\b(?! (?:here|with|in|at))|\bi (?:can'?t|cannot) (?:live|go on) (?:like this |this way )?any ?more|\bcan my life end\b|\b(?:let|want|need|wish) (?:for )?my life (?:to )?(?:\w+ )?(?:be over|end|over)\b|\bhow much longer i can\b|\bwish i (?:wasn'?t|weren'?t) (?:so |too )?(?:afraid|scared) (?:to|of) (?:die|dying|death)|\b(?:stand|bear) (?:being alive|living)\b|\bfuck (?:living|life|my life, i)\b|\bnot (?:worthy of|willing to|meant to|supposed to) (?:liv(?:e|ing)|be alive|exist)|\bno way to live\b|\bwhy (?:should i |even |do i )?go on\b|\bnever want to wake up\b|\bmight as well (?:be dead|die|end it)\b|\b(?:could|would|can) (?:just )?stop existing\b|\b(?:take|do|face|stand|handle|survive) (?:it |this )?(?:another|one more) (?:day|night|week|year)\b|\benough to die\b|\bhate (?:this|my) existence\b|\bi (?:\w+ )?can(?:not|'?t) (?:fight|(?:do|take|handle|stand) (?:this )?life) (?:it |this )?(?:any )?(?:longer|any ?more)\b|\bi (?:\w+ )?can(?:not|'?t) (?:keep (?:going|living|fighting)|go on|carry on|continue|live (?:like this|with myself|this life))\b|\bready to (?:leave this (?:world|life|earth)|give up on life|stop living)\b|\b(?:only|one) thing (?:keeping|stopping|holding) me (?:alive|here|from (?:it|doing it|ending|dying|killing|suicide|going through))|\b(?:wants?|have|had|do ?n'?t have|lost|losing|no) (?:the |any |my )?will to (?:live|go on)\b|\bno longer (?:want|wish) to (?:live|be here|exist|be alive)|\b(?:i'?m|im|so|just|be) (?:\w+ )?done with (?:this|my) (?:life|world|existence)\b",
        signal=IDEATION,
    ),
    rule(
        "burden",
        F.SUICIDAL_IDEATION,
        "passive_ideation",
        3,
        r"\b(?:better|fine|happier|manage|ok|okay|easier) (?:\w+ )?(?:off )?(?:\w+ )?(?:without me|if i (?:was|were) (?:gone|dead|not here|n'?t here)|if i (?:died|disappeared|left|never existed)|when i'?m (?:gone|dead)|with me (?:gone|dead))\b|\bbetter off (?:dead|not existing)|\b(?:no ?one|nobody) (?:would|will|'?d|'?ll) (?:\w+ )?(?:miss me|notice i(?:'?m| am| was)|care if i|even notice)|\b(?:drain|burden) (?:on|to|for) (?:everyone|everybody|my|those|society|them|others|all)\b|\b(?:no ?(?:body|one)|not a (?:single )?(?:soul|person)|people|none of them|they|everyone|everybody|who|the world|family|friends) (?:would|will|won'?t|wouldn'?t|'?d|'?ll) (?:\w+ )?(?:notice|miss|care|mind|know)(?: me)? (?:if|when|that|i'?m) ?(?:i )?(?:died|die|was|were|am|disappeared|gone|vanished|left)|\bi'?m (?:just |only |such |nothing but )?a burden (?:to|on) (?:everyone|them|my|people|all|you)|\bnot? (?:want to |wanna )?be a burden (?:any ?more|any longer)",
        signal=IDEATION,
    ),
    rule(
        "indifferent_to_death",
        F.SUICIDAL_IDEATION,
        "passive_ideation",
        3,
        r"\b(?:truck|bus|car|train|lorry|bridge|accident)\b[^.?!]{0,45}\b(?:wouldn'?t|would not|don'?t|not) (?:\w+ )?(?:bother|mind|care|swerve|move)|\b(?:wouldn'?t|would not|won'?t|don'?t) (?:\w+ )?(?:mind|care|bother me) (?:if i (?:\w+ )?(?:die|died|live|lived|was dead|were dead|don'?t wake|get hit|never|disappear\w*)\b|if a (?:car|truck|bus)|dying|being dead|whether i live)|\bif i (?:died|die|didn'?t wake up)[^.?!]{0,30}(?:fine|okay|ok|relief|good)\b",
        signal=IDEATION,
    ),
    rule(
        "please_kill_me",
        F.SUICIDAL_IDEATION,
        "passive_ideation",
        2,
        rf"\b(?:please|someone|somebody|pls|plz) {ADVERBS}(?:please )?(?:kill|end|shoot) me\b(?! into)|\bjust (?:kill|end|shoot) me\b(?! (?:a|an|your|some|any|over|into))|\b(?:pls|please|someone|somebody|just) (?:\w+ )?end my (?:\w+ )?life\b",
        signal=IDEATION,
    ),
    rule(
        "sky_no_out",
        F.SUICIDAL_IDEATION,
        "passive_ideation",
        2,
        r"\b(?:want|need|wish) (?:it|everything|the pain|this pain|the hurt|this) (?:all |to just |just )?(?:to )?(?:stop|end|be over|go away)\b(?! (?:between|with))|\b(?:no|only) (?:other )?way out\b|\bjust disappear\b|\bi (?:\w+ )?(?:can'?t|cannot) (?:take|do|handle|stand|keep doing) (?:it|this|that)(?: \w+)? ?(?:any ?more|any longer|longer)\b|\bi give up on (?:life|everything|living)\b",
        signal=IDEATION,
    ),
    rule(
        "recurrent_denied",
        F.SUICIDAL_IDEATION,
        "passive_ideation",
        3,
        r"\A\W*(?:every|most) (?:single )?(?:night|day|morning)s?\b[, ]+(?:but|though) i(?:'d| would)?(?:n'?t| (?:wouldn'?t|won'?t|never))",
        signal=IDEATION,
        firm=True,
    ),
    rule(
        "thought_about_it",
        F.SUICIDAL_IDEATION,
        "passive_ideation",
        2,
        r"\A\W*(?:i )?thought about it (?:last|a|years|once|before|when|back)\b|\bthought about (?:doing it|ending it)\b",
        signal=IDEATION,
    ),
    rule(
        "end_it",
        F.SUICIDAL_IDEATION,
        "passive_ideation",
        3,
        rf"\b{WANT}(?:end it\b|make it (?:all )?(?:end|stop)|leave this world|not be in this world)|\b(?:don'?t|do not) {ADVERBS}want to be (?:in this world|on this (?:earth|planet)|awake)\b|\b(?:make|let) (?:my )?life (?:stop|end)\b|\bdie by suicide\b|\b(?:nothing|not anything|no longer anything) (?:is |left )?worth living|\bwhy (?:should i|am i|bother) (?:\w+ )?(?:stay(?:ing)? alive|liv(?:e|ing)|alive)|\bhow long it takes to die\b|\bhopes? (?:that )?i die\b|\bif i didn'?t exist\b|\bi (?:just )?can'?t (?:\w+ )?live like this\b",
        signal=IDEATION,
    ),
    rule(
        "suicide_first_person",
        F.SUICIDAL_IDEATION,
        "passive_ideation",
        2,
        r"\b(?:i|i'?m|im|i'?ve|i'?d|me|myself)\b (?:\w+ ){0,6}(?:(?:turn\w*|driven|resort\w*|close|push\w*|led) to |of |about |for |into |towards? |with |on |consider\w* |want |chose |choose |choosing )suicide\b(?! (?:rate|watch|hotline|note from|hotline|prevention|squad|of (?:my|a|his|her)))|\b(?:my|another) suicide (?:attempts?|plans?|thoughts?)\b|\bdriv(?:e|es|en|ing) me to suicide\b|\bsuicide (?:for me|would (?:\w+ )?(?:solve|fix|end|help))",
        signal=IDEATION,
    ),
    rule(
        "thinking_of_death",
        F.SUICIDAL_IDEATION,
        "passive_ideation",
        3,
        r"\b(?:think|thinking|thought) (?:a lot )?about being (?:dead|gone)\b|\beasier (?:\w+ )?(?:not to be (?:here|alive)|to be dead|if i (?:was|were) (?:gone|dead))|\bif i (?:disappeared|died|vanished)[, ]+(?:\w+ )?(?:nobody|no one|they)\b|\bwant something to hit me\b|\bstopped looking when i cross\b|\blooked? forward to (?:dying|being dead)\b",
        signal=IDEATION,
    ),
)
