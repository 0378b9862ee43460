"""The people of the demo workspace, and when their sign-ins may be shown."""

import ipaddress
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest

from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Role

DEMO_PASSWORD = "pixelhub-demo"  # noqa: S105  (published on purpose; demo mode listens on loopback only)


@dataclass(frozen=True)
class DemoLogin:
    """One made-up person to sign in as."""

    username: str
    display_name: str
    roles: tuple[str, ...]
    blurb: str
    password: str = DEMO_PASSWORD

    @property
    def role_label(self) -> str:
        return ", ".join(Role(role).label for role in self.roles)


DEMO_LOGINS = (
    DemoLogin("ada", "Ada Annotator", (Role.ANNOTATOR,), "labels conversations in the browser"),
    DemoLogin("ben", "Ben Annotator", (Role.ANNOTATOR,), "labels the same ones, blind to Ada"),
    DemoLogin("quinn", "Quinn QA", (Role.QA,), "adjudicates disagreements, reviews predictions"),
    DemoLogin("clara", "Dr. Clara Lead", (Role.CLINICAL_LEAD,), "approves guidelines, signs models off"),
    DemoLogin("dana", "Dana Data", (Role.DATA_ENGINEER,), "imports, runs rounds, compiles releases"),
    DemoLogin("milo", "Milo Model", (Role.ML_ENGINEER,), "trains, evaluates, promotes"),
    DemoLogin("pam", "Pam Planner", (Role.PM,), "watches phases, gates and metrics"),
    DemoLogin("admin", "Alex Admin", (Role.ADMINISTRATOR,), "people, roles, keys and audit"),
)


def demo_logins(request: HttpRequest) -> list[DemoLogin]:
    """The demo's sign-ins, for a request from this very machine to a hub in demo mode; else none.

    The address is the connection's own (no forwarded header is believed), and only people that exist are offered.
    """
    if not settings.DEMO or not _is_loopback(request.META.get("REMOTE_ADDR", "")):
        return []
    present = set(
        User.objects.filter(username__in=[login.username for login in DEMO_LOGINS]).values_list("username", flat=True)
    )
    return [login for login in DEMO_LOGINS if login.username in present]


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
