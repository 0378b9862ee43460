"""From a served score back to the clicks of annotators: one chain, every link checked anew."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse

from inference.models import ScoreLog
from inference.selectors import score_proof
from review.chain.audit import audit_link
from review.chain.clicks import annotations_link
from review.chain.data import labels_link, release_link, snapshot_links
from review.chain.link import Chain, Link, checked
from review.chain.model import campaign_link, deployment_link, evaluation_link, run_link, signoff_link, version_link

__all__ = ["Chain", "Link", "evidence_chain"]


def evidence_chain(score_id: UUID, *, whole: bool = False) -> Chain:
    """The chain of a score: hashes are recomputed, signatures and manifests verified.

    Of the audit trail the events concerned are checked, and what came after its last good check; with `whole`, all of
    it (17 s for a million events). Raises ScoreLog.DoesNotExist. No link carries conversation text.
    """
    score = ScoreLog.objects.select_related("project", "deployment", "batch").get(pk=score_id)
    links = [_score_link(score)]
    if score.deployment is not None:
        version = score.deployment.model_version
        run = version.run
        snapshots = list(run.release.snapshots.order_by("number"))
        links += [
            deployment_link(score, score.deployment),
            signoff_link(score.deployment),
            version_link(score.deployment),
            evaluation_link(score.deployment),
            campaign_link(score.deployment),
            run_link(version),
            release_link(run.release, version),
            *snapshot_links(snapshots),
            labels_link(snapshots),
            annotations_link(run.release, snapshots, score),
        ]
    links.append(audit_link(score, whole=whole))
    return Chain(score, tuple(links))


def _score_link(score: ScoreLog) -> Link:
    proof = score_proof(score)
    facts = [
        ("Score", "unknown" if score.score is None else f"{score.score:.3f}"),
        ("Crisis", {True: "yes", False: "no", None: "unknown"}[score.crisis]),
        ("Answered by", score.model_version),
        ("At", score.at.isoformat(timespec="seconds")),
        ("Conversation", score.content_hash),
    ]
    if score.deployment is None:
        facts.append(("No model behind it", score.reason or "the rule-based detector answered"))
    if proof.event_seq is not None:
        facts.append(("Audit event", str(proof.event_seq)))
    return checked("score", "Score", proof.problems, facts, url=reverse("review:evidence", args=[score.pk]))
