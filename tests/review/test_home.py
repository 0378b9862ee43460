"""The front page: the next action first, the path with its live state, nothing that one may not do."""

from __future__ import annotations

import pytest
from django.urls import Resolver404, resolve, reverse

from annotation.models import GoldLabel, Guideline, Round
from annotation.services import round_close, set_create
from pixelhub.accounts.roles import Role
from pixelhub.accounts.services import user_create
from pixelhub.jobs.models import Job
from review import services
from review.models import GateWaiver
from review.path import loop_steps
from review.selectors import next_actions
from tests.annotation.making_gold import make_gold
from tests.personas import World
from tests.review.real_path import compile_release
from tests.review.staged import Staged

pytestmark = pytest.mark.django_db
PEOPLE = [role.value for role in Role if role != Role.API_CLIENT]


def test_the_path_starts_with_an_import_and_says_whose_turn_it_is(world: World) -> None:
    world.user("data_engineer")
    steps = loop_steps(world.user("qa"), world.project)
    assert [step.state for step in steps] == ["current", *["todo"] * 7]
    assert steps[0].who == "Data engineer"
    assert steps[0].people == ("Data engineer 1",)
    page = world.client("qa").get(reverse("home")).content.decode()
    assert "Data engineer 1 can do this" in page
    mine = world.client("data_engineer").get(reverse("home")).content.decode()
    assert "This is yours to do" in mine


def test_the_path_follows_the_data(world: World) -> None:
    compile_release(world)
    steps = {step.key: step for step in loop_steps(world.user("ml_engineer"), world.project)}
    assert [key for key, step in steps.items() if step.state == "done"] == [
        "import",
        "label",
        "agree",
        "adjudicate",
        "release",
    ]
    assert steps["train"].state == "current"
    assert steps["train"].mine


def test_practice_is_no_step_of_the_path(world: World) -> None:
    compile_release(world)
    make_gold(world, 2, GoldLabel.Use.PRACTICE)
    before = {step.key: step.detail for step in loop_steps(world.user("qa"), world.project)}
    practice = set_create(
        project=world.project,
        kind=Round.Kind.PRACTICE,
        name="First steps",
        guideline=Guideline.objects.get(project=world.project),
        actor=world.user("qa"),
    )
    for _ in range(2):
        after = {step.key: step.detail for step in loop_steps(world.user("qa"), world.project)}
        assert {**after, "import": ""} == {**before, "import": ""}
        practice = round_close(round=practice, actor=world.user("qa")) if practice.state == "open" else practice


def titles(staged: Staged, role: str, n: int = 1) -> list[str]:
    return [action.title for action in next_actions(staged.world.user(role, n), staged.project)]


def test_review_leads_each_role_through_its_part(staged: Staged) -> None:
    version = staged.version.version
    assert titles(staged, "clinical_lead") == [f"Open a review of version {version}"]
    campaign = staged.open_campaign()
    assert titles(staged, "qa") == ["Judge predictions"]
    staged.judge_all(campaign)
    assert titles(staged, "qa") == []
    assert titles(staged, "ml_engineer") == ["Close the review"]
    services.campaign_close(campaign=campaign, actor=staged.lead)
    assert titles(staged, "clinical_lead") == [f"Decide on version {version}"]
    assert titles(staged, "ml_engineer") == []
    staged.sign()
    held = [f"Gates hold version {version}"]
    assert titles(staged, "ml_engineer") == [f"Version {version} waits for 3 gates"], (
        "not offered before its gates stand"
    )
    assert titles(staged, "clinical_lead") == held
    serve = loop_steps(staged.trainer, staged.project)[-1]
    assert (serve.detail, serve.mine) == ("3 gates to decide on first", False), "the path says whose turn it really is"
    services.gate_waive(
        project=staged.project, actor=staged.lead, gate="3.f1", seat="clinical_lead", reason="Too few to say."
    )
    assert next_actions(staged.lead, staged.project)[0].count == 2, "their own half is given"
    asked = next_actions(staged.world.user("pm"), staged.project)[0]
    assert (asked.title, asked.priority, asked.count) == (held[0], 11, 3)
    assert "Clinical lead 1 has waived “F1, mean over the types”" in asked.detail
    GateWaiver.objects.all().delete()
    staged.waive_gates()
    assert titles(staged, "clinical_lead") == []
    assert titles(staged, "ml_engineer") == [f"Promote version {version}"]
    assert loop_steps(staged.trainer, staged.project)[-1].detail == "rules answer until then"
    services.version_promote(version=staged.version, actor=staged.trainer)
    assert titles(staged, "ml_engineer") == []
    assert titles(staged, "pm") == ["Set the start date"]


def test_a_trainer_who_is_also_a_lead_is_not_asked_to_judge_or_sign(staged: Staged) -> None:
    staged.world.grant(staged.trainer, "clinical_lead")
    staged.open_campaign()
    assert "Judge predictions" not in titles(staged, "ml_engineer")
    campaign = staged.version.campaigns.get()
    staged.judge_all(campaign)
    services.campaign_close(campaign=campaign, actor=staged.lead)
    assert not any(title.startswith("Decide") for title in titles(staged, "ml_engineer"))


def test_an_outsiders_home_shows_nothing_of_this_project(staged: Staged) -> None:
    page = staged.world.outsider_client("clinical_lead").get(reverse("home")).content.decode()
    assert "Project Alpha" not in page
    assert next_actions(staged.world.outsider("clinical_lead"), staged.project) == []


def test_without_a_project_the_home_says_what_to_expect(db: None, world: World) -> None:
    newcomer = user_create(username="newcomer", password="a long enough one 1", display_name="New Comer")
    page = world.sign_in(newcomer).get(reverse("home"))
    assert page.status_code == 200
    assert "You are not in a project yet" in page.content.decode()


def test_strangers_are_asked_to_sign_in(world: World) -> None:
    answer = world.anonymous().get(reverse("home"))
    assert answer.status_code == 302
    assert reverse("account_login") in answer.url


def test_a_live_refresh_gets_the_fragment_alone(world: World) -> None:
    answer = world.client("pm").get(reverse("home"), headers={"HX-Request": "true"})
    assert b"<html" not in answer.content
    assert b'id="home"' in answer.content


def test_the_demo_says_that_it_is_being_prepared(world: World, settings: object) -> None:
    settings.DEMO = True  # type: ignore[attr-defined]
    world.project.is_demo = True
    world.project.save(update_fields=["is_demo"])
    job = Job.objects.create(kind="demo.prepare", project=world.project, owner=world.user("administrator"))
    client = world.client("pm")
    assert "is being prepared" in client.get(reverse("home")).content.decode()
    Job.objects.filter(pk=job.pk).update(state="succeeded")
    assert "is being prepared" not in client.get(reverse("home")).content.decode()


def test_every_step_has_an_address_that_exists(world: World) -> None:
    admin = world.user("pm")
    for role in PEOPLE:
        world.grant(admin, role)
    for step in loop_steps(admin, world.project):
        try:
            resolve(step.url)
        except Resolver404:
            pytest.fail(f"{step.key} leads nowhere: {step.url!r}")
