"""The loop as eight steps with their live state: what is done, what is next, and who does it."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from annotation.models import Round, Slot
from annotation.selectors import round_progress
from datasets_app.models import LabelSnapshot, Record, Release
from inference.models import Deployment, ScoreLog
from pixelhub.accounts.access import can
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability, Role, roles_with
from pixelhub.accounts.selectors import members_with
from review.facts.labels import label_facts, latest_agreement
from review.models import Campaign, SignOff
from review.production_gates import gates_of
from training_app.models import ModelVersion, RunState, TrainingRun, VersionState

__all__ = ["PathStep", "loop_steps"]


@dataclass(frozen=True, slots=True)
class PathStep:
    """One step of the loop. `state` is done, current or todo; `url` is empty where this person may not go.

    `who` names the roles and `people` the colleagues who can do it when this person cannot.
    """

    key: str
    label: str
    detail: str
    url: str
    state: str
    action: str
    mine: bool
    who: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    done: bool
    detail: str
    url: str
    sees: Capability  # who may open the page
    does: Capability  # who may do the step
    action: str = ""  # where it is not the step's own that comes next


_STEPS = (
    ("import", "Import", "Import conversations"),
    ("label", "Label", "Label conversations"),
    ("agree", "Agree", "Close the round and look at the agreement"),
    ("adjudicate", "Adjudicate", "Decide the disagreements and publish the labels"),
    ("release", "Release", "Compile a release"),
    ("train", "Train", "Train a model"),
    ("review", "Review and sign", "Review the model and sign it off"),
    ("serve", "Serve", "Put the signed version into production and score a conversation"),
)


def loop_steps(user: User, project: Project) -> list[PathStep]:
    """The eight steps as this person sees them; the first that is not done is current."""
    found = {
        "import": _import(project),
        "label": _label(project),
        "agree": _agree(project),
        "adjudicate": _adjudicate(project),
        "release": _release(project),
        "train": _train(project),
        "review": _review(project),
        "serve": _serve(project),
    }
    current = next((key for key, _, _ in _STEPS if not found[key].done), "")
    return [_step(user, project, key, label, action, found[key], current) for key, label, action in _STEPS]


def _step(user: User, project: Project, key: str, label: str, action: str, found: _Found, current: str) -> PathStep:
    mine = can(user, project, found.does)
    waiting = key == current and not mine
    return PathStep(
        key=key,
        label=label,
        detail=found.detail,
        url=found.url if can(user, project, found.sees) else "",
        state="done" if found.done else "current" if key == current else "todo",
        action=found.action or action,
        mine=mine,
        who=" or ".join(str(Role(role).label) for role in roles_with(found.does)) if waiting else "",
        people=tuple(str(person) for person in members_with(project, found.does)[:3]) if waiting else (),
    )


def _import(project: Project) -> _Found:
    count = Record.objects.filter(project=project).count()
    detail = f"{count:,} conversations" if count else "nothing imported yet"
    return _Found(count > 0, detail, reverse("datasets:imports"), Capability.DATASET_VIEW, Capability.DATASET_IMPORT)


def _label(project: Project) -> _Found:
    rounds = Round.objects.filter(project=project).exclude(state=Round.State.DRAFT).exclude(kind__in=Round.LEARNING)
    labels = Slot.objects.filter(round__in=rounds, state=Slot.State.DONE).count()
    opened = rounds.filter(state=Round.State.OPEN).order_by("number").first()
    detail = f"{labels:,} labels" if labels else "no labels yet"
    if opened is not None:
        detail = f"{round_progress(opened).remaining:,} labels to give in round {opened.number}"
    done = rounds.filter(state__in=(Round.State.CLOSED, Round.State.PUBLISHED)).exists() or (
        opened is not None and round_progress(opened).remaining == 0
    )
    return _Found(done, detail, reverse("annotation:label"), Capability.ANNOTATE, Capability.ANNOTATE)


def _agree(project: Project) -> _Found:
    result = latest_agreement(project)
    kappa = result.figures.get("kappa") if result else None
    detail = "no round closed yet" if result is None else f"kappa {kappa:.2f}" if kappa is not None else "undefined"
    url = reverse("annotation:round_detail", args=[result.round_id]) if result else reverse("annotation:rounds")
    return _Found(result is not None, detail, url, Capability.AGREEMENT_VIEW, Capability.ROUND_MANAGE)


def _adjudicate(project: Project) -> _Found:
    waiting = label_facts(project)["open_disagreements"].value
    published = LabelSnapshot.objects.filter(project=project).count()
    detail = f"{published} published snapshot{'s' if published != 1 else ''}" if published else "no labels published"
    if waiting:
        detail = f"{waiting:.0f} disagreements to decide"
    return _Found(published > 0, detail, reverse("annotation:rounds"), Capability.AGREEMENT_VIEW, Capability.ADJUDICATE)


def _release(project: Project) -> _Found:
    release = Release.objects.filter(project=project, state=Release.State.PUBLISHED).order_by("-pk").first()
    detail = f"release {release.version}" if release else "no release yet"
    return _Found(
        release is not None, detail, reverse("datasets:releases"), Capability.DATASET_VIEW, Capability.RELEASE_COMPILE
    )


def _train(project: Project) -> _Found:
    version = ModelVersion.objects.filter(project=project).order_by("-pk").first()
    running = TrainingRun.objects.filter(project=project, state__in=(RunState.QUEUED, RunState.RUNNING)).first()
    detail = f"version {version.version}" if version else "no model yet"
    url = reverse("training:runs")
    if running is not None:
        detail, url = (
            f"{running.name} is {running.get_state_display().lower()}",
            reverse("training:run_detail", args=[running.pk]),
        )
    return _Found(version is not None, detail, url, Capability.TRAINING_VIEW, Capability.TRAINING_RUN)


def _review(project: Project) -> _Found:
    version = ModelVersion.objects.filter(project=project).order_by("-pk").first()
    campaigns_url = reverse("review:campaigns")
    if version is None:
        return _Found(False, "waits for a model", campaigns_url, Capability.MODEL_VIEW, Capability.SIGNOFF_DECIDE)
    if version.state in (VersionState.APPROVED, VersionState.PRODUCTION, VersionState.RETIRED):
        detail = f"version {version.version} is signed"
        url = reverse("review:signoff", args=[version.pk])
        return _Found(True, detail, url, Capability.MODEL_VIEW, Capability.SIGNOFF_DECIDE)
    campaign = Campaign.objects.filter(model_version=version).order_by("-pk").first()
    signed = SignOff.objects.filter(
        project=project, decision=SignOff.Decision.APPROVED, model_version__state=VersionState.PRODUCTION
    ).exists()
    if campaign is None:
        return _Found(signed, "no review opened yet", campaigns_url, Capability.MODEL_VIEW, Capability.CAMPAIGN_MANAGE)
    if campaign.state == Campaign.State.OPEN:
        judged = campaign.cases.filter(judgements__judged_at__isnull=False).distinct().count()
        detail = f"{judged} of {campaign.cases.count()} cases judged"
        return _Found(
            signed,
            detail,
            reverse("review:campaign_detail", args=[campaign.pk]),
            Capability.MODEL_VIEW,
            Capability.REVIEW_JUDGE,
        )
    detail = "rejected" if version.state == VersionState.REJECTED else "waits for the decision"
    url = reverse("review:signoff", args=[version.pk])
    return _Found(signed, detail, url, Capability.MODEL_VIEW, Capability.SIGNOFF_DECIDE)


def _serve(project: Project) -> _Found:
    deployment = Deployment.objects.filter(project=project, retired_at=None).select_related("model_version").first()
    if deployment is None:
        return _promote(project)
    scores = ScoreLog.objects.filter(project=project, deployment=deployment).count()
    detail = f"version {deployment.model_version.version}, {scores:,} scores"
    return _Found(scores > 0, detail, reverse("inference:console"), Capability.SCORE_VIEW, Capability.SCORE_VIEW)


def _promote(project: Project) -> _Found:
    """What comes before the first model serves: its promotion, or first the gates that hold it."""
    version = ModelVersion.objects.filter(project=project, state=VersionState.APPROVED).order_by("-pk").first()
    held = [standing for standing in gates_of(version) if not standing.stands] if version else []
    if version is None or not held:
        url = reverse("review:promotion")
        return _Found(False, "rules answer until then", url, Capability.MODEL_VIEW, Capability.PROMOTE)
    return _Found(
        False,
        f"{len(held)} gate{'s' * (len(held) > 1)} to decide on first",
        f"{reverse('review:gate_detail', args=[held[0].gate.key])}?version={version.pk}",
        Capability.BOARD_VIEW,
        Capability.GATE_WAIVE,
        f"Pass the gates that hold version {version.version}, or have two people waive them",
    )
