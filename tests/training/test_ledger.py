"""The ledger of states: every change, and what was in production at any time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import pytest
from django.db import transaction
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.personas import World
from tests.review.staged import stage_version
from training_app import services
from training_app.models import ModelVersion, VersionState, VersionTransition
from training_app.selectors_registry import production_at, transitions_of
from training_app.states import TRANSITIONS

START = datetime(2026, 5, 1, tzinfo=UTC)
URL = "training:version_ledger"


def moved(version: ModelVersion, state: str, at: datetime) -> None:
    """A change of state at a moment of the past; only the clock is ours."""
    with mock.patch("django.utils.timezone.now", return_value=at):
        services.version_set_state(version=version, state=state, actor=version.trainer)


def test_every_change_is_a_row_with_who_and_when(world: World) -> None:
    version = stage_version(world).version
    services.version_set_state(version=version, state=VersionState.IN_REVIEW, actor=world.user("clinical_lead"))
    with pytest.raises(services.TransitionRefused):
        services.version_set_state(version=version, state=VersionState.PRODUCTION, actor=None)
    [row] = transitions_of(world.project)
    assert (row.before, row.after, row.by) == ("candidate", "in_review", world.user("clinical_lead"))
    assert str(row) == "v1.0.0: candidate to in_review"


def test_what_was_in_production_is_what_a_replay_says(world: World) -> None:
    versions = [stage_version(world, seed=seed).version for seed in (1, 2)]

    @settings(max_examples=25)
    @given(steps=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 6), st.integers(1, 500)), max_size=14))
    def replayed(steps: list[tuple[int, int, int]]) -> None:
        with transaction.atomic():
            history = replay(world, versions, steps)
            for moment, serving in history:
                for at in (moment, moment + timedelta(milliseconds=1)):
                    found = production_at(world.project, at)
                    assert (found.model_version_id if found else None) == serving
            assert production_at(world.other_project, history[-1][0]) is None
            transaction.set_rollback(True)

    replayed()


def replay(
    world: World, versions: list[ModelVersion], steps: list[tuple[int, int, int]]
) -> list[tuple[datetime, int | None]]:
    """Move versions about as the table allows, and note at each moment what the rows themselves say is served."""
    now = START
    history: list[tuple[datetime, int | None]] = [(START - timedelta(days=1), None)]
    serving: int | None = None
    for which, choice, seconds in steps:
        now += timedelta(seconds=seconds)
        version = ModelVersion.objects.get(pk=versions[which].pk)
        states = sorted(TRANSITIONS[version.state])
        if not states or (states[choice % len(states)] == VersionState.PRODUCTION and serving):
            continue
        moved(version, states[choice % len(states)], now)
        row = ModelVersion.objects.filter(project=world.project, state=VersionState.PRODUCTION).first()
        serving = row.pk if row else None
        history.append((now, serving))
    return history


def test_ledger_page_answers_what_ran_at_a_time(world: World) -> None:
    version = stage_version(world).version
    for hour, state in enumerate((VersionState.IN_REVIEW, VersionState.APPROVED, VersionState.PRODUCTION)):
        moved(version, state, START + timedelta(hours=hour))
    moved(version, VersionState.RETIRED, START + timedelta(hours=5))
    client = world.client("pm")
    page = client.get(reverse(URL)).content.decode()
    assert page.count('<th scope="row">') == 4 and "Now: no version" in page
    for at, expected in (("2026-05-01T03:30:00", "it was"), ("2026-05-01T05:00:00", "no version was in production")):
        assert expected in client.get(reverse(URL), {"at": at}).content.decode()
    assert client.get(reverse(URL), {"at": "yesterday"}).status_code == 400
    assert world.client("annotator").get(reverse(URL)).status_code == 403
    other = world.outsider_client("pm").get(reverse(URL), {"at": "2026-05-01T03:30:00"}).content.decode()
    assert "no version was in production" in other and version.bundle_sha256 not in other
    assert world.anonymous().get(reverse(URL)).status_code == 302


def test_no_code_path_writes_the_ledger_but_registration_and_change_of_state() -> None:
    root = Path(services.__file__).parent.parent
    writers = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if "VersionTransition.objects.create" in path.read_text(encoding="utf-8")
    }
    assert writers == {"services/versions.py"}
    assert VersionTransition._meta.get_field("at").auto_now_add
