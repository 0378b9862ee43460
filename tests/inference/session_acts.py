"""What browser and kill tests of sessions prepare in the hub's own processes."""

from __future__ import annotations

from inference.services import session_policy_change
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.services import api_key_create
from tests.inference.deployed import deploy
from tests.personas import make_world


def prepare() -> dict[str, str]:
    """A project with a tiny model in production; the clinical lead's name, and a key for programs."""
    world = make_world()
    deploy(world)
    _, token = api_key_create(
        project=world.project,
        name="program",
        scopes=["score", "conversations"],
        actor=world.user("ml_engineer"),
        rate_per_minute=100_000,
    )
    return {"lead": world.user("clinical_lead").username, "token": token}


def forbid_windows() -> bool:
    """The clinical lead lets sessions keep nothing."""
    policy = session_policy_change(
        project=Project.objects.get(slug="alpha"),
        actor=User.objects.get(username="alpha-clinical_lead-1"),
        window_allowed=False,
        idle_minutes=30,
    )
    return policy.window_allowed
