"""The rules' version is raised whenever what they say may have changed: labels by rules name it."""

from __future__ import annotations

from datasets_app.corpus.rules_version import SCREENING_VERSION
from datasets_app.corpus.screening import answers, combine, context, despair, parting, protective
from datasets_app.corpus.screening.lexicon import RULES
from datasets_app.corpus.weak import rule_sha256
from pixelhub.canonical import canonical_json, sha256_hex

#: The digest of every pattern and weight, by version. A change of either belongs to a new version and a new line.
DIGESTS = {5: "a4f1fc176313b52b1b7eb7c201a59848e8d0b76571cd9b5d4e03164443401fdf"}


def digest() -> str:
    modules = (answers, combine, context, despair, parting, protective)
    patterns = [
        {name: value.pattern for name, value in sorted(vars(module).items()) if hasattr(value, "pattern")}
        for module in modules
    ]
    rules = [[rule.name, rule.crisis_type, rule.severity, rule.pattern.pattern, rule.firm] for rule in RULES]
    cues = [[cue.name, cue.weight, cue.anchor, cue.pattern.pattern] for cue in despair.CUES]
    partings = [[cue.name, cue.leaves, cue.pattern] for cue in parting.CUES]
    questions = [[item.rule, item.severity, item.pattern.pattern] for item in answers.QUESTIONS]
    factors = [[str(name), pattern.pattern] for name, pattern in protective.FACTORS.items()]
    return sha256_hex(canonical_json([patterns, rules, cues, partings, questions, factors]))


def test_a_change_of_the_rules_raises_their_version() -> None:
    assert DIGESTS.get(SCREENING_VERSION) == digest(), (
        "The rules changed: raise SCREENING_VERSION (datasets_app/corpus/rules_version.py), measure again "
        "(assess_risk --evaluate), and write the new digest here."
    )


def test_a_label_names_the_version() -> None:
    assert len(rule_sha256("elsewhere")) == 64
    assert rule_sha256("elsewhere") != sha256_hex(canonical_json({"rule": "elsewhere"}))
