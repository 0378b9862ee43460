"""Somebody with every role in alpha sends beta's ids wherever an id goes: nothing is read, nothing is written."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.apps import apps
from django.db.models import Max, Model
from django.test import Client
from django.urls import reverse

from annotation.models import Adjudication, Annotation, Flag, Round, Slot
from pixelhub.accounts.access import SESSION_PROJECT
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Role
from pixelhub.accounts.services import membership_grant, user_create
from pixelhub.jobs.models import Job
from review.models import Campaign
from tests.personas import PASSWORD
from tests.security.addresses import address, arguments
from tests.security.figures import tell
from tests.security.place import LABELLING, SAID, Place
from tests.security.test_permission_matrix import MAY, secrets_of
from training_app.models import TrainingRun

LABEL = {"crisis_type": "none", "severity": None, "confidence": 0.95}
#: Applications whose tables are ours.
OURS = ("accounts", "annotation", "datasets_app", "inference", "jobs", "review", "training_app")


@pytest.fixture
def alpha(both: tuple[Place, Place]) -> Place:
    return both[0]


@pytest.fixture
def beta(both: tuple[Place, Place]) -> Place:
    return both[1]


@pytest.fixture
def keeper(alpha: Place) -> User:
    """Every role in alpha, none in beta."""
    user = user_create(username="keeper", password=PASSWORD, display_name="Keeper")
    for role in Role.values:
        membership_grant(project=alpha.world.project, user=user, role=role)
    return user


@pytest.fixture
def client(alpha: Place, keeper: User) -> Client:
    return alpha.world.sign_in(keeper)


def ways_to_the_project() -> dict[type[Model], str]:
    """Each table of ours whose rows belong to a project, with the look-up that leads there: the shortest, any depth."""
    ours = [model for app in OURS for model in apps.get_app_config(app).get_models()]
    ways: dict[type[Model], str] = {Project: ""}
    for _ in ours:
        for model in ours:
            for field in model._meta.concrete_fields:
                if model not in ways and field.many_to_one and field.related_model in ways:
                    way = ways[field.related_model]
                    ways[model] = f"{field.name}__{way}" if way else field.name
    del ways[Project]
    return ways


def rows_of(place: Place) -> dict[str, list[dict[str, Any]]]:
    """All rows of a project, to compare before and after."""
    return {
        model._meta.label: list(model._base_manager.filter(**{way: place.world.project}).order_by("pk").values())
        for model, way in ways_to_the_project().items()
    }


def test_every_table_of_a_project_is_looked_at(beta: Place) -> None:
    """The law of the ways, on tables that hold beta's rows: a new table needs no line here."""
    ways = {model._meta.label: way for model, way in ways_to_the_project().items()}
    assert ways["inference.Case"] == "project" and ways["inference.CaseNote"] == "case__project"
    assert {ways["inference.ConversationTurn"], ways["review.Judgement"]} == {
        "session__project",
        "case__campaign__project",
    }
    filled = {label for label, rows in rows_of(beta).items() if rows}
    assert filled >= {
        *("accounts.ApiKey", "accounts.Membership", "jobs.Job", "datasets_app.Record", "datasets_app.Release"),
        *("annotation.Round", "annotation.Guideline", "annotation.Slot", "training_app.TrainingRun"),
        *("training_app.ModelVersion", "inference.Deployment", "inference.ScoreLog", "inference.ScoreBatch"),
        *("review.Campaign", "review.SignOff", "review.ReviewCase"),
    }


def test_every_object_of_beta_is_not_found(client: Client, alpha: Place, beta: Place) -> None:
    # Some objects are made when they are first asked for: before the rows are counted.
    # An address that is the same for alpha names no row: lines of the plan, which every project has.
    named = {name: address(name, beta) for name in MAY if arguments(name, beta) != arguments(name, alpha)}
    before = rows_of(beta)
    wrong = []
    for name, place in named.items():
        may_get, may_post = MAY[name]
        for method, roles in (("GET", may_get), ("POST", may_post)):
            status = client.generic(method, place).status_code
            if status != (405 if roles is None else 404):
                wrong.append(f"{method} {name}: {status}")
    assert wrong == []
    assert rows_of(beta) == before


def test_an_id_of_beta_within_an_object_of_alpha_is_not_found(
    client: Client, alpha: Place, beta: Place, request: pytest.FixtureRequest
) -> None:
    """Addresses with two ids: the outer one's own, the inner one another project's, and the other way round."""
    # Some objects are made when they are first asked for: before the rows are counted.
    pairs = {name: (arguments(name, alpha), arguments(name, beta)) for name in MAY}
    before, wrong, asked = rows_of(beta), [], 0
    for name, (may_get, may_post) in MAY.items():
        own, other = pairs[name]
        for place in range(len(own)) if len(own) > 1 else ():
            if own[place] == other[place]:
                continue
            mixed = [*own[:place], other[place], *own[place + 1 :]]
            for method, roles in (("GET", may_get), ("POST", may_post)):
                if roles is not None:
                    asked += 1
                    status = client.generic(method, reverse(name, args=mixed)).status_code
                    if status != 404:
                        wrong.append(f"{method} {name} {place}: {status}")
    assert wrong == [] and asked >= 8
    assert rows_of(beta) == before
    own_objects = sum(own != other for own, other in pairs.values())
    tell(request, f"row 2: {own_objects} addresses of objects by GET and POST, {asked} with one of two ids exchanged")


def test_no_list_filter_or_ordering_shows_beta(client: Client, alpha: Place, beta: Place) -> None:
    """Each page without an object, with every parameter that a page might read set to beta's ids."""
    project, other = beta.world.project, beta.world.user("pm")
    queries: list[dict[str, Any]] = [
        {"project": project.pk, "project_id": project.pk, "project__slug": project.slug, "slug": project.slug},
        {
            "import_batch": beta.batch.pk,
            "batch": beta.batch.pk,
            "round": beta.open_round.pk,
            "item": beta.disputed_item.pk,
        },
        {
            "release": beta.release.pk,
            "version": beta.reviewed_version.pk,
            "run": beta.run.pk,
            "snapshot": beta.snapshot.pk,
        },
        {
            "q": SAID,
            "search": SAID,
            "source": "synthetic",
            "type": "none",
            "edge": "no",
            "only": "all",
            "state": "succeeded",
        },
        {"actor": other.get_username(), "target": "datasets_app.Record", "action": "import.start"},
        {
            "order_by": "project__api_keys__secret_hash",
            "ordering": "created_by__password",
            "sort": "-project",
            "o": "1",
        },
        {"topic": f"project:{project.pk}:rounds"},
    ]
    wrong = []
    for name, (may_get, _) in MAY.items():
        if may_get is None or arguments(name, beta):
            continue
        for query in queries:
            response = client.get(reverse(name), query)
            shown = [word for word in secrets_of(beta) if word.encode() in response.content]
            if response.status_code not in (200, 302) or shown:
                wrong.append(f"{name} {query}: {response.status_code} {shown}")
    assert wrong == []


def test_a_project_in_the_session_that_is_not_ones_own_is_ignored(client: Client, alpha: Place, beta: Place) -> None:
    assert client.post(reverse("accounts:project_switch"), {"project": beta.world.project.pk}).status_code == 404
    session = client.session
    session[SESSION_PROJECT] = beta.world.project.pk
    session.save()
    page = client.get(reverse("datasets:imports")).content.decode()
    assert alpha.batch.file_name in page and beta.batch.file_name not in page


def test_live_topics_and_jobs_of_beta_stay_unknown(client: Client, beta: Place) -> None:
    topic = f"project:{beta.world.project.pk}:rounds"
    assert client.get(reverse("live:revisions"), {"topic": topic}).json() == {"revisions": {}, "recent": []}
    page = client.get(reverse("jobs:list"), {"project": beta.world.project.pk}).content.decode()
    assert not [job.pk for job in Job.objects.filter(project=beta.world.project) if f"/jobs/{job.pk}/" in page]


@pytest.mark.parametrize("role", ["annotator"])
@pytest.mark.parametrize("whose", ["beta", "another round"])
@pytest.mark.parametrize("act", ["submit", "skip", "flag"])
def test_a_slot_of_elsewhere_is_not_found(alpha: Place, beta: Place, role: str, whose: str, act: str) -> None:
    client = alpha.world.client(role, LABELLING)
    slot = beta.held_slot if whose == "beta" else Slot.objects.filter(item__round=alpha.disputed_round)[0]
    before = Slot.objects.filter(pk=slot.pk).values().get()
    counts = Annotation.objects.count(), Flag.objects.count()
    sent = {
        "submit": {"slot": slot.pk, "client_uuid": str(uuid.uuid4()), "label": LABEL},
        "skip": {"slot": slot.pk, "reason": "x"},
        "flag": {"slot": slot.pk, "kind": "clinical"},
    }[act]
    url = reverse(f"annotation:api_{act}", args=[alpha.open_round.pk])
    response = client.post(url, json.dumps(sent), content_type="application/json")
    assert response.status_code == 404
    assert Slot.objects.filter(pk=slot.pk).values().get() == before
    assert (Annotation.objects.count(), Flag.objects.count()) == counts


def test_another_annotators_slot_of_the_same_round_is_refused(alpha: Place) -> None:
    client = alpha.world.client("annotator", LABELLING + 1)
    url = reverse("annotation:api_submit", args=[alpha.open_round.pk])
    sent = {"slot": alpha.held_slot.pk, "client_uuid": str(uuid.uuid4()), "label": LABEL}
    response = client.post(url, json.dumps(sent), content_type="application/json")
    assert response.status_code == 409
    assert not Annotation.objects.filter(slot=alpha.held_slot).exists()


def test_an_item_of_beta_is_neither_shown_nor_decided(client: Client, alpha: Place, beta: Place) -> None:
    url = address("annotation:round_adjudicate", alpha)
    page = client.get(url, {"item": beta.disputed_item.pk})
    assert page.context["item"].round_id == alpha.disputed_round.pk
    section = page.context["form"].fields["guideline_section"].choices[1][0]
    ruling = {"crisis_type": "none", "reason": "x", "guideline_section": section, "version": 0}
    before = Adjudication.objects.count()
    assert client.post(url, ruling | {"item": beta.disputed_item.pk}).status_code == 404
    assert Adjudication.objects.count() == before
    assert client.post(url, ruling | {"item": alpha.disputed_item.pk}).status_code == 302


@pytest.mark.parametrize("field", ["guideline", "import_batch", "annotators"])
def test_a_round_takes_nothing_from_beta(client: Client, alpha: Place, beta: Place, field: str) -> None:
    own = {
        "name": "taken",
        "guideline": alpha.guideline.pk,
        "import_batch": alpha.batch.pk,
        "annotators": [alpha.world.user("annotator", LABELLING).pk, alpha.world.user("annotator", LABELLING + 1).pk],
        "overlap": 2,
        "seed": 1,
    }
    foreign = {
        "guideline": beta.guideline.pk,
        "import_batch": beta.batch.pk,
        "annotators": [own["annotators"][0], beta.world.user("annotator", LABELLING).pk],
    }
    url = reverse("annotation:round_create")
    response = client.post(url, own | {field: foreign[field]})
    assert response.context["form"].errors[field]
    assert not Round.objects.filter(name="taken").exists()
    assert client.post(url, own).status_code == 302


def test_a_run_and_a_campaign_take_nothing_from_beta(client: Client, alpha: Place, beta: Place) -> None:
    highest = TrainingRun.objects.aggregate(last=Max("pk"))["last"], Campaign.objects.aggregate(last=Max("pk"))["last"]
    run = {"epochs": 1, "learning_rate": 0.001, "batch_size": 8, "gamma": 2, "max_length": 64, "seed": 1}
    answer = client.post(reverse("training:run_create"), run | {"min_sensitivity": 0.95, "release": beta.release.pk})
    assert answer.status_code == 400 and answer.context["form"].errors["release"]
    answer = client.post(reverse("review:campaign_create"), {"version": beta.reviewed_version.pk, "size": 3})
    assert answer.status_code == 400 and answer.context["form"].errors["version"]
    assert highest == (
        TrainingRun.objects.aggregate(last=Max("pk"))["last"],
        Campaign.objects.aggregate(last=Max("pk"))["last"],
    )


def test_a_release_gives_out_its_own_files_only(client: Client, alpha: Place, beta: Place) -> None:
    wanted = [
        f"../../{beta.world.project.slug}/{beta.release.version}/{beta.shard}",
        f"../../../{beta.batch.object_key}",
        f"..%2f..%2f{beta.world.project.slug}%2f{beta.release.version}%2f{beta.shard}",
        f"/{beta.release.object_prefix}{beta.shard}",
        "./manifest.json",
        f"{beta.shard}%00",
    ]
    for name in wanted:
        response = client.get(f"/datasets/releases/{alpha.release.pk}/files/{name}")
        assert response.status_code in (301, 400, 404), name
