"""A world with a row of every kind, in a hub's own database: prints who opens which page, and a session for each."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

import django

#: Whoever comes first here opens a page that several may.
PREFERRED = ("clinical_lead", "qa", "data_engineer", "ml_engineer", "pm", "administrator", "annotator", "api_client")


def who(roles: Iterable[str]) -> str:
    """The role that opens a page, of those that may."""
    return min(roles, key=PREFERRED.index)


def main() -> None:
    """Make the place; write addresses by role, and session keys, as JSON to the last line."""
    django.setup()
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from tests.personas import make_world
    from tests.security.addresses import address
    from tests.security.making_place import make_place
    from tests.security.may import MAY
    from tests.security.place import JUDGING, LABELLING

    world = make_world()
    number = {"annotator": LABELLING, "qa": JUDGING}
    for role in PREFERRED:
        world.user(role, number.get(role, 1)), world.outsider(role, number.get(role, 1))
    place = make_place(world)
    pages: dict[str, list[Any]] = {role: [] for role in PREFERRED}
    for name, (readers, _) in MAY.items():
        if readers:
            pages[who(readers)].append([name, address(name, place)])
    sessions = {}
    for role in PREFERRED:
        user, session = world.user(role, number.get(role, 1)), SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        sessions[role] = session.session_key
    sys.stdout.write(json.dumps({"pages": pages, "sessions": sessions}) + "\n")


if __name__ == "__main__":
    main()
