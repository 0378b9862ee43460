"""Three personas for every act: the owner of a role, a colleague with another role, an outsider of another project."""

from dataclasses import dataclass, field

from django.test import Client

from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Role
from pixelhub.accounts.services import membership_grant, project_create, user_create

PASSWORD = "correct horse battery staple"


@dataclass
class World:
    """Two projects, alpha and beta. People are made when first asked for."""

    project: Project
    other_project: Project
    _users: dict[str, User] = field(default_factory=dict)

    def user(self, role: str, n: int = 1) -> User:
        """The n-th person with this role in alpha."""
        return self._person(self.project, role, n)

    def outsider(self, role: str, n: int = 1) -> User:
        """A person with the same role, in beta only."""
        return self._person(self.other_project, role, n)

    def client(self, role: str, n: int = 1) -> Client:
        return self.sign_in(self.user(role, n))

    def outsider_client(self, role: str, n: int = 1) -> Client:
        return self.sign_in(self.outsider(role, n))

    def anonymous(self) -> Client:
        return Client()

    def sign_in(self, user: User) -> Client:
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    def grant(self, user: User, role: str) -> None:
        """One more role in alpha."""
        membership_grant(project=self.project, user=user, role=role)

    def _person(self, project: Project, role: str, n: int) -> User:
        username = f"{project.slug}-{Role(role).value}-{n}"
        if username not in self._users:
            user = user_create(username=username, password=PASSWORD, display_name=f"{Role(role).label} {n}")
            membership_grant(project=project, user=user, role=role)
            self._users[username] = user
        return self._users[username]


def make_world() -> World:
    """A fresh pair of projects in the current database."""
    return World(
        project=project_create(slug="alpha", name="Project Alpha"),
        other_project=project_create(slug="beta", name="Project Beta"),
    )
