"""The demo's project and people: there before the first page, so that signing in works at once."""

from django.contrib.auth.hashers import make_password

from annotation.models import Guideline
from annotation.services import guideline_approve, guideline_ensure_first
from pixelhub.accounts.demo import DEMO_LOGINS, DEMO_PASSWORD
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.services import membership_grant, project_create, user_create

__all__ = ["SIMULATED_ANNOTATORS", "demo_guideline", "demo_people_ensure", "demo_person", "simulated_annotators"]

PROJECT_SLUG = "demo"
# How often each simulated annotator names the type that the generator meant.
SIMULATED_ANNOTATORS = {"sim-careful": 0.98, "sim-steady": 0.96, "sim-hasty": 0.93}


def demo_people_ensure() -> Project:
    """The demo project with its people, a signed-off guideline and the simulated annotators; safe to repeat."""
    project = Project.objects.filter(slug=PROJECT_SLUG).first()
    if project is None:
        project = project_create(slug=PROJECT_SLUG, name="Demo workspace", is_demo=True)
    people = {login.username: _person(login.username, login.display_name) for login in DEMO_LOGINS}
    _publish_password(list(people))
    for login in DEMO_LOGINS:
        for role in login.roles:
            membership_grant(project=project, user=people[login.username], role=role)
    for username in SIMULATED_ANNOTATORS:
        if not User.objects.filter(username=username).exists():
            user_create(username=username, password=None, display_name=f"Simulated {username[4:]}", is_simulated=True)
    guideline = guideline_ensure_first(project=project)
    if guideline.state == guideline.State.DRAFT:
        guideline_approve(
            guideline=guideline,
            actor=people["clara"],
            comment="Approved by the demo's set-up, so that a round can open. No clinician has read it.",
        )
    return project


def simulated_annotators() -> list[User]:
    """The programs that fill the demo's closed round; each is marked as simulated."""
    return list(User.objects.filter(username__in=SIMULATED_ANNOTATORS).order_by("username"))


def demo_person(username: str) -> User:
    """One of the demo's made-up people."""
    return User.objects.get(username=username)


def demo_guideline(project: Project) -> Guideline:
    """The newest approved guideline."""
    return Guideline.objects.filter(project=project, state=Guideline.State.APPROVED).latest("version")


def _person(username: str, display_name: str) -> User:
    known = User.objects.filter(username=username).first()
    return known or user_create(username=username, password=None, display_name=display_name)


def _publish_password(usernames: list[str]) -> None:
    """Give the demo's published password to those who have none yet.

    It is hashed once for all of them: eight slow hashes would keep the first page waiting for seconds. The password is
    short on purpose; a demo listens on loopback only (system check pixelhub.W002).
    """
    new = [user.pk for user in User.objects.filter(username__in=usernames) if not user.has_usable_password()]
    if new:
        User.objects.filter(pk__in=new).update(password=make_password(DEMO_PASSWORD))
