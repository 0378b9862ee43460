# ruff: noqa: E501  (a pattern broken over lines is harder to check than a long one)
"""Pieces of patterns that several rules share: intent, wish, means, substances, times."""

from __future__ import annotations

from typing import Final

from datasets_app.corpus.taxonomy import CrisisSignal as C

FILLER = r"(?:fuck\w*|fucking|freaking|actually|really|literally|honestly|just|so|badly|fuxking|rlly|rly|legit|kinda|kind of|even|also|finally|seriously|genuinely|still)"
# Bounded: an unbounded repetition beside another one costs quadratic time on hostile text.
ADVERBS = rf"(?:{FILLER} ){{0,3}}"
WANT = rf"(?:want(?:ed|ing)? {ADVERBS}(?:to )?|wan+a {ADVERBS}|wish(?:ing)? {ADVERBS}(?:to )?|rather |ready to {ADVERBS}|need to {ADVERBS}|would like to |'?d (?:like|love|prefer) to |longing to |hope to |hoping to |able to |feel(?:ing)? like (?:just |i )?|(?:be )?better (?:off )?to {ADVERBS}|(?:so )?close to |prefer to )"
INTENT = rf"(?:i'?m {ADVERBS}(?:gon+a|going to|about to|bout to|set to|ready to|planning (?:to|on)|ima) {ADVERBS}|(?:i'?ll|i will|ill|ima|imma) {ADVERBS}|(?:decided|planning|plan|intend|going|gon+a|about|trying|preparing|tempted) to {ADVERBS}|plan(?:ning)? on {ADVERBS}|can'?t wait to {ADVERBS}|time to {ADVERBS})"
_MY = r"my (?:\w+ )?"
KILL_SELF = r"(?:kill(?:ing)? (?:my ?self|my(?: \w+)? self|me self)|end(?:ing)? my (?:\w+ )?(?:life|existence)|tak(?:e|ing) my (?:own |fucking )?life|commit(?:ting)? (?:\w+ )?suicide|hang(?:ing)? my ?self|shoot(?:ing)? my ?self|drown(?:ing)? my ?self|stab(?:bing)? my ?self|jump(?:ing)? (?:off|from|out) (?:of )?(?:a|an|the|this|that|my|some) (?:\w+ ){0,3}(?:bridge|roof|building|cliff|balcony|window|ledge|overpass|floor|tower)|blow(?:ing)? my (?:\w+ )?brains? out|end(?:ing)? it all|unaliv(?:e|ing) my ?self|off(?:ing)? my ?self)"
# Ways of dying that are a wish or a plan only after "I want to" or "I'm going to".
DEADLY = rf"(?:(?:slit(?:ting)?|slash(?:ing)?) (?:{_MY})(?:wrists?|throat)|cut(?:ting)? (?:{_MY})(?:wrists|throat)|blow(?:ing)? my (?:\w+ )?brains?|(?:put(?:ting)?|shoot(?:ing)?) a (?:bullet|hole) (?:in|through|into) my|overdos(?:e|ing)\b|od\b|jump(?:ing)? (?:in front of|into (?:traffic|the river|a river)|to my death)|step(?:ping)? (?:in front of|into traffic)|walk(?:ing)? into (?:traffic|the (?:sea|ocean))|driv(?:e|ing) (?:my car |the car )?(?:off|into) (?:a|the) (?:\w+ )?(?:bridge|cliff|tree|wall|river|lake|pole|road)|crash(?:ing)? (?:my|the) car|swallow(?:ing)? (?:all|a bullet|the (?:whole )?bottle|the pills|the lot\b|every (?:single )?(?:one|pill|tablet)|everything i have)|tak(?:e|ing) (?:the lot\b|every (?:single )?(?:pill|tablet)|all (?:of )?(?:my|the|these|them)|the whole bottle|a (?:whole )?bottle of|a handful of|a bunch of) ?(?:\w+ )?(?:pills|meds|medications?|tablets|them|xanax|sleeping)|hang from|bleed out\b|die by (?:suicide|my own)|end (?:this|the|my) (?:life|pain|suffering|misery|nightmare)|suicide\b)"
MEANS = r"(?:gun|pistol|rifle|shotgun|revolver|glock|knife|blade|rope|noose|pills|tablets|meds|belt|razor)"
DRUG = r"(?:xanax|benzos?|oxy\w*|fent\w*|pills|heroin|opioids?|opiates?|codeine|valium|klonopin|methadone|tramadol|ketamine|meth|cocaine|coke|percocets?|percs?|tylenol|paracetamol|acetaminophen|ibuprofen|advil|aspirin|benadryl|ativan|lorazepam|trazodone|seroquel|ambien|melatonin|prozac|fluoxetine|zoloft|sertraline|lexapro|mirtazapine|venlafaxine|bupropion|wellbutrin|hydroxyzine|zopiclone|sleeping (?:pills?|tablets?)|antidepressants?)"
ALCOHOL = r"(?:alcohol|vodka|whisk(?:e)?y|wine|beer|booze|rum|gin|drinks?|tequila|schnapps|liquor|brandy|cognac|champagne|cider)"
WHEN = r"(?:tonight|right now|today|now|this (?:evening|morning|afternoon|week(?:end)?)|tomorrow|(?:before|by|on) (?:sunday|monday|tuesday|wednesday|thursday|friday|saturday|morning))"

PLAN: Final = C.SUICIDE_PLAN
IDEATION: Final = C.SUICIDAL_IDEATION
