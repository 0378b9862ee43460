"""What an expert review adds up to, as digests anyone can recompute from the same facts.

Every digest is SHA-256 over canonical JSON (sorted keys, no spaces, UTF-8) and carries a format name, so that two
kinds of facts can never share one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from pixelhub.canonical import canonical_json, sha256_hex


@dataclass(frozen=True, slots=True)
class JudgementFacts:
    """A finished judgement: who (pseudonym), on which conversation, and what was said."""

    content_hash: str
    expert: str
    blind_type: str
    blind_severity: int | None
    verdict: str
    comment: str
    judged_at: str
    rubric: Mapping[str, int] = field(default_factory=dict)
    blind: bool = True


def judgement_digest(facts: JudgementFacts) -> str:
    """Digest of a finished judgement. One without a rubric, given blind, keeps the form it always had."""
    said = asdict(facts)
    if not facts.rubric and facts.blind:
        first = {name: said[name] for name in said if name not in ("rubric", "blind")}
        return named_digest("pixelhub.judgement/1", first)
    return named_digest("pixelhub.judgement/2", said)


def campaign_facts(
    *,
    bundle_sha256: str,
    predictions_sha256: str,
    seed: int,
    population: Mapping[str, int],
    cases: Iterable[tuple[str, str, float]],
    judgements: Iterable[str],
    settings: Mapping[str, Any] | None = None,
    discussions: Iterable[str] = (),
) -> dict[str, Any]:
    """What of a closed campaign is hashed. `cases`: (content hash, stratum, weight); `judgements`: their digests.

    `settings` are how it was drawn and read (design, reviewers, judge first), `discussions` the digests of what was
    said and decided about disputed cases. A campaign from before there were settings keeps the form it had.
    """
    facts = {
        "bundle_sha256": bundle_sha256,
        "predictions_sha256": predictions_sha256,
        "seed": seed,
        "population": dict(population),
        "cases": sorted([key, stratum, weight] for key, stratum, weight in cases),
        "judgements": sorted(judgements),
    }
    if settings is None:
        return {"format": "pixelhub.campaign/1", **facts}
    settled = {"settings": dict(settings), "discussions": sorted(discussions)}
    return {"format": "pixelhub.campaign/2", **facts, **settled}


def statement_digest(kind: str, said: Mapping[str, Any]) -> str:
    """Digest of a post in a discussion (`post`) or of a decision on a disputed case (`resolution`)."""
    return named_digest(f"pixelhub.{kind}/1", said)


def named_digest(format_name: str, facts: Mapping[str, Any]) -> str:
    """The digest of facts under the name of their kind."""
    return sha256_hex(canonical_json({"format": format_name, **facts}))
