"""Links from a deployment to its sign-off, bundle, evaluation, campaign and run."""

from __future__ import annotations

import json

from django.urls import reverse

from inference.engine.errors import SignoffRefused
from inference.engine.signoff import verify_signoff
from inference.models import Deployment, ScoreLog
from pixelhub.audit.models import AuditEvent
from pixelhub.canonical import sha256_json
from pixelhub.keys import public_key
from pixelhub.objects import get_store
from review.chain.link import Link, checked
from review.evidence.signed import changed_parts
from review.figures import campaign_problems
from review.frozen import check_bytes, gather_evidence
from review.models import Campaign, SignOff
from review.refusal import Refused
from training_app.learn.config import config_from, config_sha256
from training_app.learn.errors import ConfigInvalid
from training_app.models import Evaluation, ModelVersion

__all__ = ["campaign_link", "deployment_link", "evaluation_link", "run_link", "signoff_link", "version_link"]


def deployment_link(score: ScoreLog, deployment: Deployment) -> Link:
    problems = []
    if score.bundle_sha256 != deployment.bundle_sha256:
        problems.append("the score names another bundle than the deployment")
    if score.at < deployment.activated_at or (deployment.retired_at and score.at > deployment.retired_at):
        problems.append("the score lies outside the time in which this deployment ran")
    if not AuditEvent.objects.filter(
        action="deployment.activate", target_type="inference.Deployment", target_id=str(deployment.pk)
    ).exists():
        problems.append("its activation has no audit event")
    until = deployment.retired_at.isoformat(timespec="seconds") if deployment.retired_at else "still in production"
    facts = [
        ("Deployment", str(deployment.pk)),
        ("From", deployment.activated_at.isoformat(timespec="seconds")),
        ("Until", until),
        ("Bundle", deployment.bundle_sha256),
    ]
    return checked("deployment", "Deployment", problems, facts, url=reverse("inference:deployments"))


def signoff_link(deployment: Deployment) -> Link:
    problems: list[str] = []
    document = deployment.signoff.get("document") or {}
    try:
        verify_signoff(deployment.signoff, deployment.bundle_sha256, public_key())
    except SignoffRefused as error:
        problems.append(error.reason)
    except FileNotFoundError:
        problems.append("there is no public key to check the signature with")
    row = next(
        (
            signoff
            for signoff in SignOff.objects.filter(model_version=deployment.model_version)
            if signoff.envelope == deployment.signoff
        ),
        None,
    )
    if row is None:
        problems.append("the signed document is not among this version's sign-offs")
    try:
        changed = changed_parts(document, gather_evidence(deployment.model_version))
        if changed:
            problems.append(f"the evidence is no longer what was signed: {', '.join(changed).lower()}")
    except Refused as error:
        problems.append(f"the evidence is no longer whole ({error})")
    signer = document.get("signer") or {}
    facts = [
        ("Decision", str(document.get("decision", ""))),
        ("Signed by", f"{signer.get('name', '')} ({str(signer.get('role', '')).replace('_', ' ')})"),
        ("At", str(document.get("decided_at", ""))),
        ("Key", str((deployment.signoff.get("signature") or {}).get("key_id", ""))),
        ("Evidence", str(document.get("evidence_sha256", ""))),
    ]
    return checked(
        "signoff", "Sign-off", problems, facts, url=reverse("review:signoff", args=[deployment.model_version_id])
    )


def version_link(deployment: Deployment) -> Link:
    version = deployment.model_version
    problems = []
    if version.bundle_sha256 != deployment.bundle_sha256:
        problems.append("the version is registered with another bundle than the one deployed")
    try:
        check_bytes(version)
    except Refused as error:
        problems.append(str(error))
    files = [(f"File {name}", str(entry.get("sha256", ""))) for name, entry in sorted(version.files.items())]
    facts = [("Version", version.version), ("Bundle", version.bundle_sha256), *files]
    return checked(
        "bundle", "Model version", problems, facts, url=reverse("training:version_detail", args=[version.pk])
    )


def evaluation_link(deployment: Deployment) -> Link:
    document = deployment.signoff.get("document") or {}
    rows = Evaluation.objects.filter(model_version=deployment.model_version, split="test")
    signed = rows.filter(sha256=document.get("evaluation_sha256", "")).first()
    if signed is None:
        return checked("evaluation", "Evaluation", ["the evaluation that was signed is not there"], [])
    problems = []
    if sha256_json(signed.metrics) != signed.sha256:
        problems.append("its metrics were altered after it was made")
    if signed.test_set_sha256 != document.get("test_set_sha256"):
        problems.append("it was made on another test set than the one that was signed")
    if rows.order_by("-use_number").first() != signed:
        problems.append("a later evaluation exists that nobody has signed")
    facts = [
        ("Evaluation", signed.sha256),
        ("Test set", signed.test_set_sha256),
        ("Use of the test set", str(signed.use_number)),
    ]
    url = reverse("training:version_detail", args=[deployment.model_version_id])
    return checked("evaluation", "Evaluation", problems, facts, url=url)


def campaign_link(deployment: Deployment) -> Link:
    document = deployment.signoff.get("document") or {}
    campaign = Campaign.objects.filter(
        model_version=deployment.model_version, sha256=document.get("campaign_sha256") or "missing"
    ).first()
    if campaign is None:
        return checked("campaign", "Expert review", ["the campaign that was signed is not there"], [])
    problems = campaign_problems(campaign)
    facts = [
        ("Campaign", str(campaign.pk)),
        ("Digest", campaign.sha256),
        ("Cases judged", f"{campaign.figures.get('judged', 0)} of {campaign.figures.get('cases', 0)}"),
    ]
    return checked(
        "campaign", "Expert review", problems, facts, url=reverse("review:campaign_detail", args=[campaign.pk])
    )


def run_link(version: ModelVersion) -> Link:
    run = version.run
    problems = []
    try:
        fingerprint = config_sha256(config_from(run.config))
    except ConfigInvalid:
        fingerprint = ""
    if fingerprint != run.config_sha256:
        problems.append("the configuration was altered after the run started")
    lineage = bundle_lineage(version)
    if lineage.get("config_sha256") != run.config_sha256:
        problems.append("the bundle was made with another configuration")
    facts = [
        ("Run", run.name),
        ("Configuration", run.config_sha256),
        ("Code", str(lineage.get("code_version", ""))),
        ("Seed", str(lineage.get("seed", ""))),
    ]
    return checked("run", "Training run", problems, facts, url=reverse("training:run_detail", args=[run.pk]))


def bundle_lineage(version: ModelVersion) -> dict[str, object]:
    """What the bundle's own bytes say of where they come from; the row's copy is not asked."""
    try:
        document = json.loads(get_store().read(f"{version.object_prefix}bundle.json"))
    except (KeyError, ValueError):
        return {}
    return dict(document.get("lineage") or {})
