"""Row locks must not stand in the way of foreign keys.

PostgreSQL checks a foreign key at commit with FOR KEY SHARE on the row that is named. A plain FOR UPDATE of that row
conflicts with it: who holds the row and waits for the audit head, and who holds the head and commits a row of the same
project, wait for each other. FOR NO KEY UPDATE excludes other holders just as well, and lets that check pass.
"""

import re
import threading

import pytest
from django.db import connection, transaction

from pixelhub.accounts.models import Project
from pixelhub.accounts.services import membership_grant, project_create, user_create
from pixelhub.audit.selectors import chain_verify
from pixelhub.audit.services import record
from tests.paths import PROJECT_ROOT

PRODUCT = ["pixelhub", "datasets_app", "annotation", "training_app", "inference", "review"]


def test_every_lock_leaves_the_key_alone() -> None:
    plain = []
    for package in PRODUCT:
        for path in (PROJECT_ROOT / package).rglob("*.py"):
            for call in re.findall(r"select_for_update\((?:[^()]|\([^()]*\))*\)", path.read_text(encoding="utf-8")):
                if "no_key=True" not in call:
                    plain.append(f"{path.relative_to(PROJECT_ROOT)}: {call}")
    assert plain == []


@pytest.mark.django_db(transaction=True)
def test_a_held_project_and_a_new_row_of_it_do_not_wait_for_each_other() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer: two transactions can't hold locks at once")
    project = project_create(slug="alpha", name="Alpha")
    user = user_create(username="somebody", password=None)
    project_is_held, row_is_written = threading.Event(), threading.Event()
    failures: list[Exception] = []

    def holds_the_project() -> None:
        try:
            with transaction.atomic():
                Project.objects.select_for_update(no_key=True).get(pk=project.pk)
                project_is_held.set()
                assert row_is_written.wait(90)
                record(action="test.hold", project=project)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    holder = threading.Thread(target=holds_the_project)
    holder.start()
    assert project_is_held.wait(90)
    with transaction.atomic():
        membership_grant(project=project, user=user, role="qa")  # holds the audit head; names the project
        row_is_written.set()
    holder.join(90)
    assert not holder.is_alive() and failures == []
    assert chain_verify().ok
