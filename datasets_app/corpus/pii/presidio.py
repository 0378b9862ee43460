"""A second look by Microsoft Presidio, for those who install the extra `presidio`; never used unless asked for.

Its recognisers of patterns need no model. Its recogniser of names does: without one installed, Presidio adds hardly any
name. What it finds is added to our own findings; where both found something, ours stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from .conversation import scan
from .finding import REPLACED, Finding
from .placeholders import Numbering

KIND_OF_ENTITY: Final[dict[str, str]] = {
    "EMAIL_ADDRESS": "email",
    "US_SSN": "ssn",
    "CREDIT_CARD": "credit_card",
    "PERSON": "personal_name",
}
# Its patterns for web and IP addresses and telephones take "I.feel.like dying.now", "8.2.1.4 mg" and crisis lines for
# identifiers (tried with 2.2.366), its places are towns and its dates any dates: none of them is asked for.
_LEAST_SCORE: Final = 0.5


class PresidioMissing(RuntimeError):
    """Presidio is not installed; the message says what to do."""


class Analyzer(Protocol):
    """What is used of `presidio_analyzer.AnalyzerEngine`."""

    def analyze(self, text: str, language: str, entities: list[str], score_threshold: float) -> Sequence[Any]:
        """Return results with start, end, entity_type and score."""


def load_analyzer(model: str = "") -> Analyzer:
    """Return Presidio's analyzer, with an installed spaCy model or with none.

    Nothing is downloaded. Raises PresidioMissing when the extra or the named model is not installed.
    """
    try:
        import spacy
        import tldextract
        from presidio_analyzer import AnalyzerEngine
        from presidio_analyzer.nlp_engine import SpacyNlpEngine
    except ImportError as error:
        raise PresidioMissing(
            "Presidio is not installed. Install the extra: pip install 'pixelhub[presidio]'"
        ) from error
    try:
        language = spacy.load(model) if model else spacy.blank("en")
    except OSError as error:
        raise PresidioMissing(f"the spaCy model {model} is not installed") from error
    # Without this Presidio's check of e-mail addresses asks the network for a list of domain endings.
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    engine = SpacyNlpEngine(models=[{"lang_code": "en", "model_name": model or "blank"}])
    engine.nlp = {"en": language}
    return AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])


def scan_twice(messages: Sequence[Mapping[str, str]], analyzer: Analyzer) -> list[Finding]:
    """Return our findings and what Presidio adds to them, in the order of the text."""
    ours = scan(messages)
    numbering = Numbering([message["content"] for message in messages] + [finding.placeholder for finding in ours])
    found = list(ours)
    for turn, message in enumerate(messages):
        text = message["content"]
        taken = [(one.start, one.end) for one in ours if one.turn == turn]
        taken += [match.span() for match in REPLACED.finditer(text)]
        results = analyzer.analyze(
            text=text, language="en", entities=list(KIND_OF_ENTITY), score_threshold=_LEAST_SCORE
        )
        for result in sorted(results, key=lambda one: (-one.score, one.start, -one.end)):
            if any(low < result.end and result.start < high for low, high in taken):
                continue
            taken.append((result.start, result.end))
            kind = KIND_OF_ENTITY[result.entity_type]
            words = text[result.start : result.end]
            found.append(
                Finding(
                    turn, result.start, result.end, kind, round(result.score, 2), numbering.placeholder(kind, words)
                )
            )
    return sorted(found, key=lambda finding: (finding.turn, finding.start))
