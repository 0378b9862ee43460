# ruff: noqa: E501  (a pattern broken over lines is harder to check than a long one)
"""Pieces of patterns that several rules share: intent, wish, means, substances, times."""

from __future__ import annotations

from typing import Final

from datasets_app.corpus.taxonomy import CrisisSignal as C

FILLER = r"(?:fuck\w*|fucking|freaking|actually|really|literally|honestly|just|so|badly|fuxking|rlly|rly|legit|kinda|kind of|even|also|finally|seriously|genuinely|still)"
# Bounded: an unbounded repetition beside another one costs quadratic time on hostile text.
ADVERBS = rf"(?:{FILLER} ){{0,3}}"
WANT = rf"(?:want(?:ed|ing)? {ADVERBS}(?:to )?|wan+a {ADVERBS}|wish(?:ing)? {ADVERBS}(?:to )?|rather |ready to {ADVERBS}|need to {ADVERBS}|would like to |longing to |hope to |hoping to |able to )"
INTENT = rf"(?:i'?m {ADVERBS}(?:gon+a|going to|about to|bout to|set to|ready to|planning (?:to|on)|ima) {ADVERBS}|(?:i'?ll|i will|ill|ima|imma) {ADVERBS}|(?:decided|planning|plan|intend|have|going|gon+a|about|trying) to {ADVERBS}|can'?t wait to {ADVERBS}|time to {ADVERBS}|(?:might|should|must|may) {ADVERBS})"
KILL_SELF = r"(?:kill(?:ing)? my ?self|end(?:ing)? my (?:own )?(?:life|existence)|tak(?:e|ing) my (?:own )?life|commit(?:ting)? suicide|hang(?:ing)? my ?self|shoot(?:ing)? my ?self|drown(?:ing)? my ?self|jump(?:ing)? (?:off|from) (?:of )?(?:a|the|this|my) (?:bridge|roof|building|cliff)|end(?:ing)? it all|unaliv(?:e|ing) my ?self|off(?:ing)? my ?self)"
MEANS = r"(?:gun|pistol|rifle|knife|blade|rope|noose|pills|tablets|meds|belt|razor)"
DRUG = r"(?:xanax|benzos?|oxy\w*|fent\w*|pills|heroin|opioids?|opiates?|codeine|valium|klonopin|methadone|tramadol|ketamine|meth|cocaine|coke|percocets?|percs?)"
ALCOHOL = r"(?:alcohol|vodka|whisk(?:e)?y|wine|beer|booze|rum|gin|drinks?)"
WHEN = r"(?:tonight|right now|today|now|this (?:evening|morning|afternoon|week(?:end)?)|tomorrow|(?:before|by|on) (?:sunday|monday|tuesday|wednesday|thursday|friday|saturday|morning))"

PLAN: Final = C.SUICIDE_PLAN
IDEATION: Final = C.SUICIDAL_IDEATION
