"""The demo workspace: people at once, the rest by a job that may die and start again."""

from collections import Counter
from typing import Any

import pytest
from django.core.management import call_command

from annotation.errors import Refused
from annotation.models import Annotation, GoldLabel, Guideline, QualityReview, Round, Slot
from annotation.services import guideline_read, set_start, work_claim
from datasets_app.corpus.taxonomy import CRISIS_TYPES
from datasets_app.models import Augmentation, Record, Release, StageLadder, Variation
from inference.models import ConversationSession, ConversationTurn
from pixelhub.accounts.demo import DEMO_LOGINS, DEMO_PASSWORD
from pixelhub.accounts.models import ApiKey, Project, User
from pixelhub.audit.selectors import chain_verify
from pixelhub.jobs.models import Job
from pixelhub.jobs.runner import run_inline
from review.demo import conversations, data_rooms, experts, rounds, talks
from review.demo.people import SIMULATED_ANNOTATORS
from review.models import Expert, ExpertExample, ExpertRating
from training_app.models import TrainingRun

COUNT = 60


@pytest.fixture
def small(settings: Any) -> None:
    settings.DEMO = True
    settings.DEMO_CONVERSATIONS = COUNT


@pytest.mark.django_db
def test_everybody_can_sign_in_before_anything_else_is_there(small: None, client: Any) -> None:
    call_command("demo_prepare", people_only=True)
    call_command("demo_prepare", people_only=True)
    assert Job.objects.count() == 0
    assert Project.objects.get().is_demo
    for login in DEMO_LOGINS:
        assert User.objects.get(username=login.username).check_password(DEMO_PASSWORD)
    simulated = User.objects.filter(is_simulated=True)
    assert simulated.exists() and not any(user.has_usable_password() for user in simulated)


@pytest.mark.django_db(transaction=True)
def test_the_job_fills_the_workspace_once_even_when_it_is_killed_inside_a_stage_twice(
    small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    deaths = iter([(experts, "gold_set", 20), (rounds, "quality_review", 5)])

    def dies_next_time() -> None:
        module, name, calls = next(deaths, (None, "", 0))
        if module is None:
            return
        original, left = getattr(module, name), iter(range(calls))

        def act(**arguments: Any) -> Any:
            if next(left, None) is None:
                monkeypatch.setattr(module, name, original)
                dies_next_time()
                raise ConnectionError("killed here")
            return original(**arguments)

        monkeypatch.setattr(module, name, act)

    dies_next_time()
    call_command("demo_prepare")
    call_command("demo_prepare")
    job = Job.objects.get(kind="demo.prepare")
    while not job.is_final:
        run_inline(job)
    assert (job.state, job.attempts) == ("succeeded", 3), job.error
    expert = conversations.EXPERT_LABELS_PER_TYPE * len(CRISIS_TYPES)
    originals = Record.objects.exclude(source="augmented")
    assert originals.count() == COUNT + expert + conversations.TO_LABEL
    assert dict(Round.objects.values_list("name", "kind")) == {
        "Practice": "practice",
        "Qualification A": "qualification",
        "Qualification B": "qualification",
        "Simulated round": "work",
        "Your first round": "work",
    }
    assert list(Round.objects.filter(simulated=True).values_list("name", flat=True)) == ["Simulated round"]
    assert Annotation.objects.filter(item__purpose="work").count() == 2 * COUNT
    assert not Annotation.objects.filter(annotator__is_simulated=False).exists()
    _expert_labels_say_who_made_them(expert)
    _reviews_say_who_made_them()
    _conversations_were_followed_and_left_no_words()
    assert [("made up" in key.name, key.usage.count()) for key in ApiKey.objects.all()] == [(True, 29)]
    _a_visitor_finds_the_way_in_and_open_work_at_once()
    assert Release.objects.get().state == Release.State.PUBLISHED
    assert (ExpertExample.objects.count(), ExpertRating.objects.filter(simulated=True).count()) == (12, 12)
    assert not Expert.objects.filter(active=True, user__is_simulated=True).exists(), "cases are for those who visit"
    _what_is_made_of_the_release_is_there()
    run = TrainingRun.objects.get()
    assert run.job is not None and run.job.state == "queued"
    assert chain_verify().ok


def _expert_labels_say_who_made_them(count: int) -> None:
    assert GoldLabel.objects.filter(simulated=True).count() == GoldLabel.objects.count() == count
    assert GoldLabel.objects.filter(rationale__contains="No clinician has read it").count() == count
    for name in ("Qualification A", "Qualification B"):
        types = Round.objects.get(name=name).items.values_list("gold__crisis_type", flat=True)
        assert dict(Counter(types)) == dict.fromkeys(CRISIS_TYPES, 2)
    # Each simulated annotator met some; the visitor will.
    hidden = Slot.objects.filter(item__purpose="gold", round__kind="work")
    assert set(hidden.filter(round__name="Simulated round").values_list("annotator__username", flat=True)) == set(
        SIMULATED_ANNOTATORS
    )
    assert set(hidden.filter(round__name="Your first round").values_list("reserved_for__username", flat=True)) == {
        "ada",
        "ben",
    }


def _what_is_made_of_the_release_is_there() -> None:
    ladder = StageLadder.objects.get()
    assert ladder.state == "published" and ladder.manifest["total"] > 0
    made = Augmentation.objects.get()
    assert (made.state, made.report["children"]) == ("done", sum(data_rooms.CHILDREN.values()))
    waiting = Variation.objects.filter(state="waiting").count()
    assert waiting == made.report["wait_for_review"] >= data_rooms.CHILDREN["edge_case"]


def _reviews_say_who_made_them() -> None:
    verdicts = Counter(QualityReview.objects.values_list("verdict", flat=True))
    assert verdicts["pending"] == rounds.REVIEWS_LEFT
    assert verdicts.total() == rounds.REVIEWS_DRAWN
    differing = QualityReview.objects.exclude(verdict__in=("pending", "agreed"))
    assert all(comment == rounds.REVIEW_COMMENT for comment in differing.values_list("comment", flat=True))


def _conversations_were_followed_and_left_no_words() -> None:
    levels = dict(ConversationSession.objects.values_list("conversation_id", "peak_level"))
    assert levels.keys() == talks.TALKS.keys() and levels["demo-rising-risk"] == "emergency"
    turns = ConversationTurn.objects.all()
    assert turns.count() == sum(len(said) for said in talks.TALKS.values())
    assert not turns.filter(text__isnull=False).exists() and not turns.filter(degraded=False).exists()


def _a_visitor_finds_the_way_in_and_open_work_at_once() -> None:
    project, ada = Project.objects.get(), User.objects.get(username="ada")
    guideline_read(guideline=Guideline.objects.get(), annotator=ada)
    practice = set_start(project=project, annotator=ada, kind=Round.Kind.PRACTICE)
    assert len(work_claim(round=practice, annotator=ada, want=1).slots) == 1
    with pytest.raises(Refused, match="Finish a practice set first"):
        set_start(project=project, annotator=ada, kind=Round.Kind.QUALIFICATION)
    # Nothing of this closes real work: the demo's policy does not ask for a qualification.
    for name in ("ada", "ben"):
        person = User.objects.get(username=name)
        assert len(work_claim(round=Round.objects.get(name="Your first round"), annotator=person, want=3).slots) == 3
