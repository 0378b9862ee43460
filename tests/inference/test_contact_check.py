"""A person says that a number to call was checked: who, when, how; cases and the page say what nobody has checked."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from inference.checks import contacts_checked
from inference.engine.contacts import read_entries
from inference.models import Case, ContactCheck
from inference.selectors_contacts import CheckedContact, contacts_checked_in
from inference.services import CaseInvalid, ContactFound, contact_check, score_log_write
from pixelhub.accounts.models import Project
from pixelhub.audit.models import AuditEvent
from tests.inference.alarming import score_row
from tests.personas import World

pytestmark = pytest.mark.django_db
URL = "/inference/cases/contacts/"
ALL = len(read_entries())
SAMARITANS = ("GB", "Samaritans", "116 123")


def contact_in(project: Project, country: str, name: str, number: str) -> CheckedContact:
    (found,) = (
        one for one in contacts_checked_in(project) if (one.country, one.name, one.contact) == (country, name, number)
    )
    return found


def found(result: str = "right", *, days_ago: int = 0, note: str = "") -> ContactFound:
    return ContactFound(result, "source", timezone.localdate() - timedelta(days=days_ago), note)


def test_a_check_is_recorded_with_name_and_day_and_only_for_the_project(world: World) -> None:
    qa = world.client("qa")
    page = qa.get(URL).content.decode()
    assert f"Of {ALL} contacts, {ALL} were not checked by a person yet" in page
    assert page.count("Not checked by a person yet") == ALL
    assert 'href="https://www.samaritans.org"' in page
    samaritans = contact_in(world.project, *SAMARITANS)
    assert f"?entry={samaritans.key}#record" in page
    chosen = qa.get(URL, {"entry": samaritans.key, "country": "GB"})
    assert chosen.context["form"]["entry"].value() == samaritans.key
    assert qa.get(URL).context["form"]["entry"].value() == "", "nothing is chosen beforehand"
    assert {one.country for one in chosen.context["contacts"]} == {"GB"}

    day = timezone.localdate() - timedelta(days=1)
    given = {"entry": samaritans.key, "result": "right", "how": "call", "checked_on": day.isoformat()}
    assert qa.post(URL, given).status_code == 302
    row = ContactCheck.objects.get()
    assert (row.checked_by, row.checked_on, row.how, row.contact) == (world.user("qa"), day, "call", "116 123")
    event = AuditEvent.objects.get(action="contact.check")
    assert (event.actor_id, event.project_id) == (world.user("qa").pk, world.project.pk)
    assert samaritans.key in str(event.payload_json)
    last = contacts_checked_in(world.project)[-1]
    assert (last.name, last.state, last.checked_on) == ("Samaritans", "good", day)
    assert f"{world.user('qa')}, called" in qa.get(URL).content.decode()
    # Another project's people have not checked it; who only looks has no form; a program's people do not see it.
    assert contact_in(world.other_project, *SAMARITANS).state == "unchecked"
    looking = world.client("administrator").get(URL)
    assert looking.status_code == 200 and "I checked one" not in looking.content.decode()
    assert world.client("administrator").post(URL, given).status_code == 403
    assert world.client("annotator").get(URL).status_code == 403


def test_what_is_wrong_needs_a_word_and_stands_first(world: World) -> None:
    project, lead = world.project, world.user("clinical_lead")
    samaritans = contact_in(project, *SAMARITANS)
    contact_check(project=project, actor=lead, contact=samaritans, found=found(days_ago=9))
    for wrong in (found("wrong"), found("wrong", note="  "), found(days_ago=-2), found(note="a\x00b")):
        with pytest.raises(CaseInvalid), transaction.atomic():
            contact_check(project=project, actor=lead, contact=samaritans, found=wrong)
    given = {"entry": samaritans.key, "result": "wrong", "how": "call", "checked_on": date.today().isoformat()}
    refused = world.client("clinical_lead").post(URL, given)
    assert refused.status_code == 400 and "Say what is wrong" in refused.content.decode()
    assert world.client("clinical_lead").post(URL, given | {"entry": "0" * 16}).status_code == 400
    contact_check(project=project, actor=lead, contact=samaritans, found=found("wrong", note="Nobody answers."))
    first = contacts_checked_in(project)[0]
    assert (first.name, first.state) == ("Samaritans", "wrong")
    page = world.client("qa").get(URL).content.decode()
    assert "1 of them was found wrong" in page and "Nobody answers." in page
    assert AuditEvent.objects.filter(action="contact.check").count() == 2
    assert "Nobody answers" not in str(list(AuditEvent.objects.values_list("payload_json", flat=True)))
    with pytest.raises(PermissionDenied):
        contact_check(project=project, actor=world.user("ml_engineer"), contact=samaritans, found=found())
    with pytest.raises(IntegrityError), transaction.atomic():
        ContactCheck.objects.update(note="", result="wrong")


def test_a_case_says_which_numbers_nobody_has_checked(world: World) -> None:
    score_log_write(rows=[score_row(world.project, conversation="c1", locale="en-GB")])
    url = reverse("inference:case_detail", args=[Case.objects.get().pk])
    page = world.client("qa").get(url).content.decode()
    assert "116 123" in page and f"{URL}?country=GB" in page
    unchecked = page.count("Not checked by a person yet")
    assert unchecked >= 2
    lead = world.user("clinical_lead")
    samaritans = contact_in(world.project, *SAMARITANS)
    for days_ago, said in ((400, "Last checked "), (3, "Checked "), (0, "Found wrong ")):
        result = found("wrong" if days_ago == 0 else "right", days_ago=days_ago, note="Nobody answers.")
        contact_check(project=world.project, actor=lead, contact=samaritans, found=result)
        page = world.client("qa").get(url).content.decode()
        assert said in page and page.count("Not checked by a person yet") == unchecked - 1


def test_the_operators_own_table_is_checked_as_well_and_the_deploy_check_counts(world: World, settings: object) -> None:
    (warning,) = contacts_checked()
    assert warning.msg.startswith(f"{ALL} of {ALL} ")
    lead = world.user("clinical_lead")
    contact_check(
        project=world.project, actor=lead, contact=contact_in(world.project, *SAMARITANS), found=found(days_ago=5)
    )
    (warning,) = contacts_checked()
    assert warning.msg.startswith(f"{ALL - 1} of {ALL} ")
    settings.CRISIS_CONTACTS = {"": [{"kind": "crisis_line", "name": "Ours", "contact": "1"}]}  # type: ignore[attr-defined]
    (own,) = contacts_checked_in(world.project)
    assert (own.name, own.source, own.state) == ("Ours", "", "unchecked")
    contact_check(project=world.project, actor=lead, contact=own, found=found())
    assert "the operator’s own table" in world.client("qa").get(URL).content.decode()
    assert contacts_checked_in(world.project)[0].state == "good"
