"""Who may open what: every address of ours, by GET and POST, for everybody. An address missing here fails."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Role
from pixelhub.accounts.services import membership_grant, user_create
from pixelhub.audit.acts import acts
from pixelhub.audit.models import AuditEvent, AuditHead
from tests.personas import PASSWORD
from tests.security.addresses import PLAN_LINES, address, arguments, foreign_modules, own_names
from tests.security.browser_limits import weaknesses
from tests.security.figures import tell
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

BOARD_PAGES = (
    *("digest", "plan_history", "burndown", "burndown_chart", "integration_runs", "plan_export"),
    *("task_detail", "gate_detail", "phase_detail"),
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
    "accounts:second_factor": (ROLES, None),
    "accounts:project_switch": (None, ROLES),
    "accounts:theme_set": (None, ROLES),
    "jobs:list": (ROLES, None),
    "jobs:detail": (WATCHERS | ADMIN, None),
    "jobs:progress": (WATCHERS | ADMIN, None),
    "jobs:cancel": (None, JOB_STOPPERS),
    "jobs:retry": (None, JOB_STOPPERS),
    "live:revisions": (ROLES, None),
    "audit:list": (PM | LEAD | ADMIN, None),
    "audit:verify": (None, PM | LEAD | ADMIN),
    "audit:export": (None, PM | LEAD | ADMIN),
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
    "datasets:ladders": (WATCHERS, None),
    "datasets:ladder_create": (ENGINEER, ENGINEER),
    "datasets:ladder_detail": (WATCHERS, None),
    "datasets:ladder_file": (READERS, None),
    "datasets:release_quality": (WATCHERS, None),
    "datasets:release_chart": (WATCHERS, None),
    "datasets:release_scores": (WATCHERS, None),
    "datasets:release_enrich": (None, ENGINEER),
    "datasets:release_scores_chart": (WATCHERS, None),
    "datasets:release_scores_file": (WATCHERS, None),
    "datasets:release_export": (None, ENGINEER),
    "datasets:release_compare": (WATCHERS, WATCHERS),
    "datasets:inventory": (WATCHERS, None),
    "datasets:inventory_refresh": (None, ENGINEER),
    "datasets:inventory_sync": (None, ENGINEER),
    "datasets:inventory_snapshot": (None, ENGINEER),
    "datasets:store_work": (ENGINEER, None),
    "datasets:synthesis": (WATCHERS, None),
    "datasets:synthesis_create": (ENGINEER, ENGINEER),
    "datasets:synthesis_batch": (WATCHERS, None),
    "datasets:synthesis_take": (None, ENGINEER),
    "datasets:synthesis_quarantine": (READERS, None),
    "datasets:synthesis_queue": (READERS, None),
    "datasets:synthesis_next": (None, READERS),
    "datasets:synthesis_row": (READERS, READERS),
    "datasets:synthesis_reopen": (None, READERS),
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
    "datasets:augmentations": (WATCHERS, None),
    "datasets:augmentation_create": (ENGINEER, ENGINEER),
    "datasets:augmentation": (WATCHERS, None),
    "datasets:augmentation_quarantine": (READERS, None),
    "datasets:augmentation_bring": (None, ENGINEER),
    "datasets:variations": (WATCHERS, None),
    "datasets:variation_next": (EXPERTS, None),
    "datasets:variation_review": (EXPERTS, EXPERTS),
    "datasets:variation_pass": (None, EXPERTS),
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
    "annotation:guideline_notes": (AUTHORS, AUTHORS),
    "annotation:guideline_note_take": (None, AUTHORS),
    "annotation:guideline_note_dismiss": (None, AUTHORS),
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
    **dict.fromkeys((f"review:{page}" for page in BOARD_PAGES), (WATCHERS | ADMIN, None)),
    "review:digest_subscribe": (None, WATCHERS | ADMIN),
    "review:digest_unsubscribe": (None, WATCHERS | ADMIN),
    "review:subtask_move": (None, PM),
    "review:owner_assign": (None, PM),
    "review:owner_end": (None, PM),
    "review:phase_close": (None, PM),
    "review:phase_reopen": (None, PM),
    "review:gate_waive": (None, PM | LEAD),
    "review:waiver_withdraw": (None, PM),  # whoever gave it: the place's was given by the PM
    "review:task_tick": (None, PM),
    "review:task_untick": (None, PM),
    "review:campaigns": (WATCHERS, None),
    "review:campaign_create": (CAMPAIGNERS, CAMPAIGNERS),
    "review:campaign_detail": (WATCHERS, None),
    "review:campaign_close": (None, CAMPAIGNERS),
    "review:case_next": (EXPERTS, None),
    "review:case_judge": (EXPERTS, EXPERTS),
    "review:case_discuss": (None, EXPERTS),
    "review:case_resolve": (None, LEAD),
    "review:case_relabel": (None, EXPERTS),
    "review:case_note": (None, EXPERTS),
    "review:case_similar": (None, EXPERTS),
    "review:feedback": (WATCHERS, None),
    "review:relabel_consent": (None, LEAD),
    "review:relabel_decline": (None, LEAD),
    "review:relabel_round_make": (None, ROUND_KEEPERS),
    "review:case_requests": (WATCHERS, None),
    "review:request_import_name": (None, ENGINEER),
    "review:request_close": (None, ENGINEER | LEAD),  # and who asked: here somebody of QA who is not the reader
    "review:campaign_reassign": (None, PM | LEAD),
    "review:expert_sets": (WATCHERS, None),
    "review:expert_set_draw": (CAMPAIGNERS, CAMPAIGNERS),
    "review:expert_set_detail": (WATCHERS, None),
    "review:expert_set_freeze": (None, LEAD),
    "review:expert_set_download": (READERS, None),
    "review:expert_set_manifest": (READERS, None),
    "review:example_next": (EXPERTS, None),
    "review:example_rate": (EXPERTS, EXPERTS),
    "review:example_decide": (LEAD, LEAD),
    "review:experts": (PM | LEAD, PM | LEAD),
    "review:expert_change": (PM | LEAD, PM | LEAD),
    "review:expert_me": (EXPERTS, None),
    "review:absence_own": (None, EXPERTS),
    "review:absence_add": (None, PM | LEAD),
    "review:absence_end": (None, PM | LEAD),
    "review:signoff": (WATCHERS, LEAD),
    "review:clinical_questions": (WATCHERS, None),
    "review:error_next": (EXPERTS, None),
    "review:error_read": (EXPERTS, EXPERTS),
    "review:edge_cases": (WATCHERS, None),
    "review:edge_cases_check": (None, CAMPAIGNERS),
    "review:fairness": (WATCHERS, None),
    "review:fairness_create": (None, CAMPAIGNERS),
    "review:fairness_download": (WATCHERS, None),
    "review:signoff_void": (LEAD | ADMIN, LEAD | ADMIN),
    "review:signoff_policy": (WATCHERS | ADMIN, LEAD | ADMIN),
    "review:signoff_document": (WATCHERS | ADMIN, None),
    "review:signing_key": (WATCHERS | ADMIN, None),
    "review:promotion": (WATCHERS | ADMIN, None),
    "review:roll_back": (None, TRAINER),
    "review:promotion_freeze": (None, TRAINER | LEAD | ADMIN),
    "review:promotion_unfreeze": (None, LEAD | ADMIN),
    "review:ledger": (WATCHERS | ADMIN, None),
    "production_api:signoff": (WATCHERS, None),
    "production_api:promote": (None, TRAINER),
    "production_api:roll_back": (None, TRAINER),
    "production_api:freeze": (None, TRAINER | LEAD | ADMIN),
    "production_api:unfreeze": (None, LEAD | ADMIN),
    "review:version_promote": (None, TRAINER),
    "review:evidence": (SCORERS, None),
    "review:evidence_search": (ROLES, None),
    "review:evidence_annotation": (WATCHERS | LABELLER, None),  # the place's is the annotator's own
    **dict.fromkeys(
        (f"review:evidence_{kind}" for kind in ("label", "record", "snapshot", "release", "run", "version")),
        (WATCHERS, None),
    ),
    "review:evidence_bundle": (None, WATCHERS),
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
    "inference:contacts": (CASE_VIEWERS, EXPERTS),
    "inference:missed_cases": (EXPERTS, EXPERTS),
    "inference:case_figures": (CASE_COUNTERS, None),
    "inference:case_figures_csv": (CASE_COUNTERS, None),
    "inference:monitoring": (CASE_COUNTERS, None),
    "inference:monitoring_plot": (CASE_COUNTERS, None),
    "inference:alert_detail": (CASE_COUNTERS, CASE_VIEWERS | TRAINER),
    "inference:alert_limits": (CASE_COUNTERS, ADMIN),
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
OPEN_TO_THE_UNASSIGNED = {
    *("home", "jobs:list", "live:revisions"),
    *("accounts:project_switch", "accounts:second_factor", "accounts:theme_set"),
}
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


@dataclass(frozen=True)
class Answer:
    """What came back, and the audit events that the request left."""

    status: int
    body: bytes
    location: str
    is_file: bool
    events: frozenset[str]


def ask(client: Client, method: str, url: str, **headers: str) -> tuple[int, bytes, str]:
    """Status, body and target of a redirect; what the request wrote is undone."""
    answer = answered(client, method, url, **headers)
    return answer.status, answer.body, answer.location


def answered(client: Client, method: str, url: str, **headers: str) -> Answer:
    """All of it; what the request wrote is undone."""
    with transaction.atomic():
        before = AuditHead.objects.get().seq
        response = client.generic(method, url, **headers)  # type: ignore[arg-type]
        body = b"".join(response.streaming_content) if response.streaming else response.content
        events = frozenset(AuditEvent.objects.filter(seq__gt=before).values_list("action", flat=True))
        transaction.set_rollback(True)
    assert weaknesses(response) == [], f"{method} {url}"
    is_file = "attachment" in response.headers.get("Content-Disposition", "")
    return Answer(response.status_code, body, response.headers.get("Location", ""), is_file, events)


def test_the_table_lists_every_address() -> None:
    assert own_names() == set(MAY)
    assert {module.partition(".")[0] for module in foreign_modules()} <= {"allauth", "django"}


def unaudited(role: str, name: str, answer: Answer) -> list[str]:
    """What was taken or read without an event: files, and words by others than the annotators whose work they are."""
    exports = {action for action, act in acts().items() if act.group in ("export", "rawtext")}
    found = []
    if answer.is_file and answer.status == 200 and not answer.events & exports:
        found.append(f"{name} as {role}: a file leaves no event; call pixelhub.audit.services.record_export")
    words = any(word.encode() in answer.body for word in (SAID, REFUSED_ROW))
    if role != "annotator" and words and "rawtext.read" not in answer.events:
        found.append(f"{name} as {role}: words leave no event; call pixelhub.audit.services.record_access")
    return found


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
            answer = answered(client, method, address(name, place))
            status, body = answer.status, answer.body
            expected = {405} if roles is None else DONE if role in roles else {403}
            if method == "GET" and expected == DONE:
                expected = {200, 302}
            leak = (
                role not in READERS and role != "annotator" and (SAID.encode() in body or REFUSED_ROW.encode() in body)
            )
            if status not in expected or leak:
                wrong.append(str(Cell(role, method, name, expected, status, "LEAKS TEXT" if leak else "")))
            wrong += unaudited(role, name, answer)
    assert wrong == []


@pytest.mark.parametrize("role", sorted(ROLES))
def test_the_same_role_in_another_project_finds_nothing(place: Place, role: str) -> None:
    client = place.world.sign_in(stranger(place, role))
    wrong = []
    for name, allowed in MAY.items():
        for method, roles in zip(("GET", "POST"), allowed, strict=True):
            on_object = bool(arguments(name, place)) and name not in PLAN_LINES
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


def test_no_form_is_taken_from_another_site(place: Place, request: pytest.FixtureRequest) -> None:
    """Each act of somebody with every role, sent by a page elsewhere with their cookies: refused before it is read."""
    client = place.world.sign_in(_keeper(place))
    client.handler.enforce_csrf_checks = True
    posts = [name for name, (_, may_post) in MAY.items() if may_post is not None]
    wrong = []
    for name in posts:
        status, _, location = ask(client, "POST", address(name, place), HTTP_ORIGIN="https://elsewhere.example")
        if status != 403:
            wrong.append(str(Cell("another site", "POST", name, {403}, status, location)))
    assert wrong == []
    tell(request, f"row 12: {len(posts)} addresses that take a POST, none from another site")


def test_how_many_cells_there_are(request: pytest.FixtureRequest) -> None:
    """Addresses by methods by kinds of people; told at the end of the run (`tests/security/conftest.py`)."""
    people = 2 * len(ROLES) + 4  # each role here and in another project; unassigned, nobody, disabled, an API key
    cells = len(MAY) * (2 * people + 3 * 2)
    tell(request, f"row 1: {len(MAY)} addresses, {people} kinds of people, {cells} cells")
    assert cells > 10_000


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


def _keeper(place: Place) -> User:
    """Somebody with every role."""
    user = user_create(username="keeper", password=PASSWORD, display_name="Keeper")
    for role in Role.values:
        membership_grant(project=place.world.project, user=user, role=role)
    return user


@pytest.mark.parametrize("who", ["anonymous", "keeper"])
def test_no_other_method_does_anything(place: Place, who: str) -> None:
    """Somebody with every role, and nobody: what is neither GET, HEAD, OPTIONS nor POST is refused everywhere."""
    client = Client()
    if who == "keeper":
        client = place.world.sign_in(_keeper(place))
    wrong = []
    for name in MAY:
        for method in ("PUT", "PATCH", "DELETE"):
            status, _, location = ask(client, method, address(name, place))
            signs_in = status == 302 and location.startswith(reverse("account_login"))
            if status not in (401, 403, 405) and not (who == "anonymous" and signs_in):
                wrong.append(str(Cell(who, method, name, {405}, status, location)))
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
                fine = fine or (status in (401, 405) and name.startswith("production_api:"))  # takes no key at all
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
