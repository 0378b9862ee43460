"""What races about expert sets do; named by tests/review/test_races_expert_sets.py."""

from __future__ import annotations

import uuid
from collections import Counter
from typing import Any

from pixelhub.accounts.models import User
from pixelhub.accounts.services import project_create
from pixelhub.audit.models import AuditEvent
from pixelhub.audit.selectors import chain_verify
from review import services
from review.models import ExpertRating, ExpertSet
from review.refusal import Refused
from tests.personas import World
from tests.review import race_acts
from tests.review.expert_sets_ready import bring_in, demo, drawn, rate_all, said

before_fork = race_acts.before_fork


def prepare() -> list[Any]:
    """Two sets of ten for two raters each; the second is rated. Returns them, three leads and three experts."""
    name = f"r{uuid.uuid4().hex[:8]}"
    world = World(
        project=project_create(slug=name, name=name), other_project=project_create(slug=f"{name}-other", name=name)
    )
    bring_in(demo(world), [said(number) for number in range(70)])
    leads, experts = ([world.user(role, n) for n in (1, 2, 3)] for role in ("clinical_lead", "qa"))
    unrated, rated = (drawn(world.project, leads[0], size=10) for _ in range(2))
    for expert in experts[:2]:
        rate_all(rated, expert)
    return [unrated.pk, rated.pk, [one.pk for one in leads], [one.pk for one in experts]]


def act(kind: str, expert_set: int, person: int) -> str:
    """One of the acts that meet; "done", or the refusal."""
    found, user = ExpertSet.objects.select_related("project").get(pk=expert_set), User.objects.get(pk=person)
    try:
        if kind == "freeze":
            services.expert_set_freeze(expert_set=found, actor=user)
        elif kind == "draw":
            drawn(found.project, user, size=10)
        else:
            services.example_rate(example=found.examples.all()[0], expert=user, crisis_type="none", severity=None)
    except Refused as refused:
        return str(refused)
    return "done"


def look(unrated: int, rated: int) -> dict[str, Any]:
    """What is there afterwards."""
    found = ExpertSet.objects.get(pk=rated)
    ratings = ExpertRating.objects.filter(example__expert_set=unrated, example__position=1)
    versions = ExpertSet.objects.filter(project=found.project).values_list("version", flat=True)
    events = AuditEvent.objects.filter(project_id=found.project_id).values_list("action", flat=True)
    return {
        "state": found.state,
        "raters": sorted(ratings.values_list("rater", flat=True)),
        "experts": sorted(ratings.values_list("expert_id", flat=True)),
        "versions": sorted(versions),
        "events": Counter(events),
        "audit": list(chain_verify().problems),
    }
