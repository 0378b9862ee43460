"""All rules of the detector; their figures on real posts are in the tests."""

from __future__ import annotations

from typing import Final

from datasets_app.corpus.screening.rules_body import BODY_RULES
from datasets_app.corpus.screening.rules_figurative import FIGURATIVE_RULES
from datasets_app.corpus.screening.rules_indirect import INDIRECT_RULES
from datasets_app.corpus.screening.rules_longing import LONGING_RULES
from datasets_app.corpus.screening.rules_method import METHOD_RULES
from datasets_app.corpus.screening.rules_mind import MIND_RULES
from datasets_app.corpus.screening.rules_short import SHORT_RULES
from datasets_app.corpus.screening.rules_steps import STEP_RULES
from datasets_app.corpus.screening.rules_suicide import SUICIDE_RULES
from datasets_app.corpus.screening.rules_wish import WISH_RULES
from datasets_app.corpus.screening.signals import Rule

RULES: Final[tuple[Rule, ...]] = (
    *SUICIDE_RULES,
    *METHOD_RULES,
    *FIGURATIVE_RULES,
    *SHORT_RULES,
    *STEP_RULES,
    *INDIRECT_RULES,
    *LONGING_RULES,
    *WISH_RULES,
    *BODY_RULES,
    *MIND_RULES,
)
