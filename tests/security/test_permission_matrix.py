"""Who may open what: every address of ours, by GET and POST, for everybody. An address missing here fails."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Role
from pixelhub.accounts.services import user_create
from tests.personas import PASSWORD
from tests.security.addresses import address, arguments, foreign_modules, own_names
from tests.security.place import LABELLING, REFUSED_ROW, SAID, Place

pytestmark = pytest.mark.one_database  # who may what is decided by the same rows on both

ROLES = frozenset(Role.values)
WATCHERS = frozenset({"pm", "data_engineer", "ml_engineer", "qa", "clinical_lead"})
READERS = frozenset({"data_engineer", "qa", "clinical_lead"})  # of raw text
SCORERS = WATCHERS | {"api_client", "administrator"}
ROUND_KEEPERS = frozenset({"pm", "data_engineer", "qa"})
EXPERTS = frozenset({"qa", "clinical_lead"})
CASE_VIEWERS = EXPERTS | {"administrator"}
CASE_COUNTERS = CASE_VIEWERS | {"pm", "ml_engineer"}
AUTHORS = ROUND_KEEPERS | EXPERTS  # of guidelines
CAMPAIGNERS = frozenset({"ml_engineer", "clinical_lead"})
KEY_KEEPERS = frozenset({"ml_engineer", "administrator"})
JOB_STOPPERS = frozenset({"data_engineer", "administrator"})  # the place's job belongs to the data engineer
NOBODY: frozenset[str] = frozenset()
ADMIN, LEAD, ENGINEER, TRAINER, LABELLER, PM = (
    frozenset({role}) for role in ("administrator", "clinical_lead", "data_engineer", "ml_engineer", "annotator", "pm")
)

# name -> (roles that may GET, roles that may POST); None: this method does not exist there.
MAY: dict[str, tuple[frozenset[str] | None, frozenset[str] | None]] = {
    "home": (ROLES, None),
    "accounts:people": (ADMIN, None),
    "accounts:person_create": (None, ADMIN),
    "accounts:role_grant": (None, ADMIN),
    "accounts:role_revoke": (None, ADMIN),
    "accounts:api_keys": (KEY_KEEPERS, KEY_KEEPERS),
    "accounts:api_key_revoke": (None, KEY_KEEPERS),
    "accounts:api_key_detail": (KEY_KEEPERS, None),
    "accounts:api_key_change": (None, KEY_KEEPERS),
    "accounts:api_key_rotate": (None, KEY_KEEPERS),
    "accounts:project_switch": (None, ROLES),
    "accounts:theme_set": (None, ROLES),
    "jobs:list": (ROLES, None),
    "jobs:detail": (WATCHERS | ADMIN, None),
    "jobs:progress": (WATCHERS | ADMIN, None),
    "jobs:cancel": (None, JOB_STOPPERS),
    "jobs:retry": (None, JOB_STOPPERS),
    "live:revisions": (ROLES, None),
    "audit:list": (PM | LEAD | ADMIN, None),
    "datasets:imports": (WATCHERS, None),
    "datasets:import_create": (ENGINEER, ENGINEER),
    "datasets:import_detail": (WATCHERS, None),
    "datasets:import_quarantine": (READERS, None),
    "datasets_api:imports": (WATCHERS, ENGINEER),
    "datasets_api:import_detail": (WATCHERS, None),
    "datasets:record_list": (WATCHERS, None),
    "datasets:record_detail": (WATCHERS, None),
    "datasets:snapshots": (WATCHERS, None),
    "datasets:snapshot_detail": (WATCHERS, None),
    "datasets:snapshot_download": (WATCHERS, None),
    "datasets:releases": (WATCHERS, None),
    "datasets:release_create": (ENGINEER, ENGINEER),
    "datasets:release_detail": (WATCHERS, None),
    "datasets:release_file": (READERS, None),
    "datasets:release_quality": (WATCHERS, None),
    "datasets:release_chart": (WATCHERS, None),
    "datasets:release_export": (None, ENGINEER),
    "datasets:release_compare": (WATCHERS, WATCHERS),
    "datasets:inventory": (WATCHERS, None),
    "datasets:inventory_refresh": (None, ENGINEER),
    "datasets:inventory_sync": (None, ENGINEER),
    "datasets:inventory_snapshot": (None, ENGINEER),
    "datasets:store_work": (ENGINEER, None),
    "datasets:pii_queue": (READERS, None),
    "datasets:pii_review": (READERS, None),
    "datasets:pii_bulk": (None, READERS),
    "datasets:pii_undo": (None, READERS),
    "datasets:pii_apply": (None, READERS),
    "datasets:pii_sample": (None, READERS),
    "datasets:pii_screen": (None, READERS),
    "datasets:pii_claim": (None, READERS),
    "datasets:pii_beat": (None, READERS),
    "datasets:pii_confirm": (None, READERS),
    "datasets:pii_release": (None, READERS),
    "datasets:duplicates": (WATCHERS, None),
    "datasets:duplicate_search_create": (None, ENGINEER),
    "datasets:duplicate_search": (WATCHERS, None),
    "datasets:duplicate_states": (WATCHERS, None),
    "datasets:duplicate_decide": (None, ENGINEER),
    "datasets:duplicate_confirm": (None, ENGINEER),
    "datasets:duplicate_restore": (None, ENGINEER),
    "annotation:label": (LABELLER, None),
    "annotation:start": (LABELLER, None),
    "annotation:start_read": (None, LABELLER),
    "annotation:start_practice": (None, LABELLER),
    "annotation:start_qualification": (None, LABELLER),
    "annotation:gold": (EXPERTS, None),
    "annotation:gold_create": (EXPERTS, EXPERTS),
    "annotation:gold_import": (None, EXPERTS),
    "annotation:gold_from_round": (None, EXPERTS),
    "annotation:gold_retire": (None, EXPERTS),
    "annotation:learning_sets": (ROUND_KEEPERS | EXPERTS, ROUND_KEEPERS),
    "annotation:drift": (ROUND_KEEPERS | EXPERTS, None),
    "annotation:drift_person": (ROUND_KEEPERS | EXPERTS, EXPERTS),
    "annotation:drift_chart": (ROUND_KEEPERS | EXPERTS, None),
    "annotation:policy": (ROUND_KEEPERS, ROUND_KEEPERS),
    "annotation:rounds": (ROLES, None),
    "annotation:round_create": (ROUND_KEEPERS, ROUND_KEEPERS),
    "annotation:round_detail": (WATCHERS | LABELLER, None),
    "annotation:round_figures": (WATCHERS | LABELLER, None),
    "annotation:round_agreement": (WATCHERS, None),
    "annotation:round_progress": (WATCHERS | LABELLER, None),
    "annotation:round_board": (WATCHERS | LABELLER, None),
    "annotation:round_burndown": (WATCHERS, None),
    "annotation:round_ask_more": (None, ROUND_KEEPERS),
    "annotation:round_annotator_add": (None, ROUND_KEEPERS),
    "annotation:round_annotator_remove": (None, ROUND_KEEPERS),
    "annotation:round_extend": (None, ROUND_KEEPERS),
    "annotation:round_retrain": (None, ROUND_KEEPERS),
    "annotation:round_follow": (None, ROUND_KEEPERS),
    "annotation:round_export": (WATCHERS, None),
    "annotation:label_imports": (ROUND_KEEPERS, ROUND_KEEPERS),
    "annotation:label_import": (ROUND_KEEPERS, None),
    "annotation:label_import_refused": (READERS, None),
    "annotation:round_open": (None, ROUND_KEEPERS),
    "annotation:round_close": (None, ROUND_KEEPERS),
    "annotation:round_publish": (None, frozenset({"data_engineer", "qa", "clinical_lead"})),
    "annotation:round_label": (LABELLER, None),
    "annotation:round_adjudicate": (EXPERTS, EXPERTS),
    "annotation:round_adjudicate_seat": (None, EXPERTS),
    "annotation:round_aggregate": (EXPERTS, None),
    "annotation:round_digest": (LABELLER, None),
    "annotation:flags": (READERS, None),
    "annotation:flag_resolve": (None, READERS),
    "annotation:guidelines": (ROLES, None),
    "annotation:guideline_detail": (ROLES, None),
    "annotation:guideline_approve": (None, LEAD),
    "annotation:guideline_send_back": (None, LEAD),
    "annotation:guideline_write": (AUTHORS, AUTHORS),
    "annotation:guideline_render": (None, AUTHORS),
    "annotation:guideline_edit": (AUTHORS, AUTHORS),
    "annotation:guideline_withdraw": (None, AUTHORS),
    "annotation:guideline_diff": (ROLES, None),
    "annotation:quality": (WATCHERS, None),
    "annotation:quality_json": (WATCHERS, None),
    "annotation:quality_csv": (WATCHERS, None),
    "annotation:quality_draw": (None, EXPERTS),
    "annotation:quality_next": (EXPERTS, None),
    "annotation:quality_review": (EXPERTS, EXPERTS),
    "annotation:feedback": (LABELLER, None),
    "annotation:feedback_answer": (None, LABELLER),
    "annotation:relabel": (AUTHORS, None),
    "annotation:relabel_accept": (None, ROUND_KEEPERS),
    "annotation:relabel_dismiss": (None, AUTHORS),
    "annotation:relabel_propose": (None, ROUND_KEEPERS),
    "annotation:api_claim": (None, LABELLER),
    "annotation:api_submit": (None, LABELLER),
    "annotation:api_skip": (None, LABELLER),
    "annotation:api_flag": (None, LABELLER),
    "annotation:api_heartbeat": (None, LABELLER),
    "annotation:api_release": (None, LABELLER),
    "annotation:api_recent": (LABELLER, None),
    "annotation:api_break": (None, LABELLER),
    "annotation:api_hard": (None, LABELLER),
    "annotation:care": (LABELLER, None),
    "annotation:care_opt_out": (None, LABELLER),
    "annotation:care_preferences": (None, LABELLER),
    "annotation:care_hard": (None, LABELLER),
    "annotation:care_break": (None, LABELLER),
    "annotation:care_end": (None, LABELLER),
    "annotation:load": (ROUND_KEEPERS | LEAD, None),
    "annotation:load_seen": (None, ROUND_KEEPERS | LEAD),
    "training:runs": (WATCHERS, None),
    "training:run_create": (TRAINER, TRAINER),
    "training:run_detail": (WATCHERS, None),
    "training:run_chart": (WATCHERS, None),
    "training:run_cancel": (None, TRAINER),
    "training:run_load": (None, TRAINER),
    "training:run_estimate": (None, TRAINER),
    "training:run_config": (WATCHERS, None),
    "training:run_resume": (None, TRAINER),
    "training:studies": (WATCHERS, None),
    "training:study_create": (TRAINER, TRAINER),
    "training:study_detail": (WATCHERS, None),
    "training:study_chart": (WATCHERS, None),
    "training:study_best": (WATCHERS, None),
    "training:study_cancel": (None, TRAINER),
    "training:study_resume": (None, TRAINER),
    "training:study_train": (None, TRAINER),
    "training:versions": (WATCHERS, None),
    "training:version_detail": (WATCHERS, None),
    "training:version_plot": (WATCHERS, None),
    "training:version_errors": (WATCHERS, None),
    "training:version_ledger": (WATCHERS, None),
    "training:version_compare": (WATCHERS, None),
    "training:version_compare_chart": (WATCHERS, None),
    "training:version_card_section": (WATCHERS, TRAINER | LEAD),
    "training:version_card": (WATCHERS, None),
    "training:version_student": (None, TRAINER),
    "training:version_int8": (None, TRAINER),
    "review:board": (WATCHERS | ADMIN, None),
    "review:plan_start": (None, PM),
    "review:task_tick": (None, PM),
    "review:task_untick": (None, PM),
    "review:campaigns": (WATCHERS, None),
    "review:campaign_create": (CAMPAIGNERS, CAMPAIGNERS),
    "review:campaign_detail": (WATCHERS, None),
    "review:campaign_close": (None, CAMPAIGNERS),
    "review:case_next": (EXPERTS, None),
    "review:case_judge": (EXPERTS, EXPERTS),
    "review:signoff": (WATCHERS, LEAD),
    "review:promotion": (WATCHERS, None),
    "review:version_promote": (None, TRAINER),
    "review:evidence": (SCORERS, None),
    "inference:case_board": (CASE_VIEWERS, None),
    "inference:case_detail": (CASE_VIEWERS, None),
    "inference:case_acknowledge": (None, EXPERTS),
    "inference:case_take_over": (None, EXPERTS),
    "inference:case_release": (None, EXPERTS),
    "inference:case_verify": (None, EXPERTS),
    "inference:case_override": (None, LEAD),
    "inference:case_close": (None, EXPERTS),
    "inference:case_reopen": (None, EXPERTS),
    "inference:case_note": (None, EXPERTS),
    "inference:handover_record": (None, EXPERTS),
    "inference:handover_step": (None, EXPERTS),
    "inference:case_policy": (CASE_VIEWERS, LEAD),
    "inference:missed_cases": (EXPERTS, EXPERTS),
    "inference:case_figures": (CASE_COUNTERS, None),
    "inference:case_figures_csv": (CASE_COUNTERS, None),
    "inference:webhook": (ADMIN, ADMIN),
    "inference:webhook_rotate": (None, ADMIN),
    "inference:webhook_enable": (None, ADMIN),
    "inference:webhook_remove": (None, ADMIN),
    "inference:webhook_test": (None, ADMIN),
    "inference:console": (SCORERS, None),
    "inference:console_score": (None, SCORERS),
    "inference:scores": (SCORERS, None),
    "inference:deployments": (WATCHERS, None),
    "inference:api_docs": (SCORERS, None),
    "inference:session_try": (SCORERS, None),
    "inference:session_try_open": (None, SCORERS),
    "inference:session_try_turns": (None, LEAD),  # whose session it is
    "inference:session_try_end": (None, LEAD),
    "inference:sessions": (SCORERS, None),
    "inference:session_detail": (SCORERS, None),
    "inference:session_resolve": (None, EXPERTS),
    "inference:session_text": (READERS, None),
    "inference:session_policy": (SCORERS, LEAD),
    "inference:integration": (SCORERS, None),
    "api_docs:explorer": (SCORERS, None),
    "api_docs:imports_schema": (SCORERS, None),
}
# Pages that say something sensible to somebody without any project, and the one act of a visitor.
OPEN_TO_THE_UNASSIGNED = {"home", "jobs:list", "live:revisions", "accounts:project_switch", "accounts:theme_set"}
OPEN_TO_VISITORS = {"accounts:theme_set"}

DONE = {200, 201, 302, 400, 409, 422}  # let in; an empty form may be refused for what it lacks


@dataclass(frozen=True)
class Cell:
    """One request and what came back."""

    who: str
    method: str
    name: str
    expected: set[int]
    status: int
    problem: str = ""

    def __str__(self) -> str:
        return (
            f"{self.method} {self.name} as {self.who}: {self.status}, expected {sorted(self.expected)} {self.problem}"
        )


def ask(client: Client, method: str, url: str, **headers: str) -> tuple[int, bytes, str]:
    """Status, body and target of a redirect; what the request wrote is undone."""
    with transaction.atomic():
        response = client.generic(method, url, **headers)  # type: ignore[arg-type]
        body = b"".join(response.streaming_content) if response.streaming else response.content
        transaction.set_rollback(True)
    return response.status_code, body, response.headers.get("Location", "")


def test_the_table_lists_every_address() -> None:
    assert own_names() == set(MAY)
    assert {module.partition(".")[0] for module in foreign_modules()} <= {"allauth", "django"}


def person(place: Place, role: str) -> User:
    return place.world.user(role, LABELLING if role == "annotator" else 1)


def stranger(place: Place, role: str) -> User:
    return place.world.outsider(role, LABELLING if role == "annotator" else 1)


@pytest.mark.parametrize("role", sorted(ROLES))
def test_members_open_what_their_role_opens_and_nothing_else(place: Place, role: str) -> None:
    client = place.world.sign_in(person(place, role))
    wrong = []
    for name, allowed in MAY.items():
        for method, roles in zip(("GET", "POST"), allowed, strict=True):
            status, body, _ = ask(client, method, address(name, place))
            expected = {405} if roles is None else DONE if role in roles else {403}
            if method == "GET" and expected == DONE:
                expected = {200, 302}
            leak = (
                role not in READERS and role != "annotator" and (SAID.encode() in body or REFUSED_ROW.encode() in body)
            )
            if status not in expected or leak:
                wrong.append(str(Cell(role, method, name, expected, status, "LEAKS TEXT" if leak else "")))
    assert wrong == []


@pytest.mark.parametrize("role", sorted(ROLES))
def test_the_same_role_in_another_project_finds_nothing(place: Place, role: str) -> None:
    client = place.world.sign_in(stranger(place, role))
    wrong = []
    for name, allowed in MAY.items():
        for method, roles in zip(("GET", "POST"), allowed, strict=True):
            on_object = bool(arguments(name, place))
            url = address(name, place)
            status, body, _ = ask(client, method, url)
            expected = {405} if roles is None else DONE if role in roles else {403}
            if on_object and roles is not None:
                # A role that may not do this at all learns no more than that, whichever project the row is in.
                expected = {404} if role in roles or not name.startswith("accounts:") else {403, 404}
            leak = any(word.encode() in body for word in secrets_of(place) if word not in url)
            if status not in expected or leak:
                wrong.append(str(Cell(role, method, name, expected, status, "SHOWS ALPHA" if leak else "")))
    assert wrong == []


def secrets_of(place: Place) -> list[str]:
    """Words that stand on alpha's pages only."""
    hashes = [place.record.content_hash, place.version.bundle_sha256, place.snapshot.sha256, str(place.score.pk)]
    hashes.append(place.alarm_case.conversation_id)
    return [
        *hashes,
        place.batch.file_name,
        place.open_round.name,
        place.key.name,
        f"{SAID} in {place.world.project.slug}",
    ]


def test_without_a_project_there_is_nothing(place: Place) -> None:
    client = place.world.sign_in(user_create(username="unassigned", password=PASSWORD, display_name="Nobody's"))
    wrong = []
    for name, allowed in MAY.items():
        for method, roles in zip(("GET", "POST"), allowed, strict=True):
            status, _, _ = ask(client, method, address(name, place))
            expected = {405} if roles is None else DONE if name in OPEN_TO_THE_UNASSIGNED else {404}
            if status not in expected:
                wrong.append(str(Cell("unassigned", method, name, expected, status)))
    assert wrong == []


@pytest.mark.parametrize("who", ["anonymous", "disabled", "api key"])
def test_nobody_gets_in_without_signing_in(place: Place, who: str) -> None:
    client, headers = Client(), {}
    if who == "disabled":
        user = person(place, "clinical_lead")
        client = place.world.sign_in(user)
        User.objects.filter(pk=user.pk).update(is_active=False)
    if who == "api key":
        headers = {"HTTP_AUTHORIZATION": f"Bearer {place.token}"}
    wrong = []
    for name in MAY:
        for method in ("GET", "POST"):
            status, body, location = ask(client, method, address(name, place), **headers)
            if name in OPEN_TO_VISITORS:
                fine = status in (400, 405)
            elif status == 302:
                fine = location.startswith(reverse("account_login")) and not body
            else:
                fine = status in (401, 405) and name.startswith("annotation:api_")
                # The key of the place may score only, so here it is known and may not.
                fine = fine or (status == (403 if headers else 401) and name.startswith("datasets_api:"))
            if not fine:
                wrong.append(str(Cell(who, method, name, {302, 401}, status, location)))
    assert wrong == []


@pytest.mark.parametrize("role", ["administrator", "clinical_lead"])
def test_no_role_of_a_project_opens_the_admin(place: Place, role: str) -> None:
    client = place.world.sign_in(person(place, role))
    user = person(place, role).pk
    for url in ("/admin/", "/admin/accounts/user/", f"/admin/accounts/user/{user}/change/", "/admin/accounts/project/"):
        status, body, _ = ask(client, "GET", url)
        assert status in (302, 403, 404), (url, status)
        assert b"Add user" not in body
