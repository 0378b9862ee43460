"""Every recorded action is said in words and documented, every service that writes leaves an event."""

from __future__ import annotations

import ast
import re

import pytest

from pixelhub.accounts.roles import ROLE_CAPABILITIES, Capability
from pixelhub.audit.acts import GROUPS, REQUIRED, act_of, acts, target_url, targets
from tests.audit.call_sites import PACKAGES, actions_found, call_sites, sources
from tests.paths import PROJECT_ROOT
from tests.security.may import MAY

# Actions whose names no reading of the source can tell, by the function that records them.
COMPOSED = {
    "datasets_app/services/store_works.py": ("store_sync.fail", "store_snapshot.fail"),
    "datasets_app/services/duplicate_acts.py": ("duplicates.confirm", "duplicates.restore"),
}


def documented() -> dict[str, set[str]]:
    """Group -> actions, from the table of docs/audit.md."""
    text = (PROJECT_ROOT / "docs" / "audit.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|`]+) \| ((?:`[a-z_.]+`[, ]*)+)\|$", text, flags=re.MULTILINE)
    return {group.strip(): set(re.findall(r"`([a-z_.]+)`", actions)) for group, actions in rows}


def recorded() -> set[str]:
    return set(actions_found()) | {action for actions in COMPOSED.values() for action in actions}


def test_every_recorded_action_is_said_in_words() -> None:
    known, found = acts(), actions_found()
    missing = [
        f"{found[action][0] if action in found else action} records {action!r}. Say what it means: add\n"
        f'        "{action}": "did what, after the name of who did it",\n'
        f"    to a group in {_audited_file(action)} (register_acts)."
        for action in sorted(recorded() - set(known))
    ]
    assert not missing, "\n".join(["", *missing])
    unused = sorted(set(known) - recorded())
    assert not unused, f"said in an audited.py, but recorded nowhere: {unused}. Take them out there."


def _audited_file(action: str) -> str:
    sites = actions_found().get(action)
    parts = (sites[0].path if sites else "pixelhub/audit/").split("/")
    return f"{'/'.join(parts[:2]) if parts[0] == 'pixelhub' else parts[0]}/audited.py"


def test_every_action_is_in_the_table_of_the_document() -> None:
    table = documented()
    missing = []
    for action, act in acts().items():
        if action not in table.get(GROUPS[act.group], set()):
            missing.append(f"docs/audit.md, table “Acts”, row “{GROUPS[act.group]}”: add `{action}`")
    assert not missing, "\n".join(["", *missing])
    gone = sorted(action for actions in table.values() for action in actions if action not in acts())
    assert not gone, f"docs/audit.md names actions that nothing records: {gone}"


def test_no_action_is_composed_in_a_way_that_nobody_can_read() -> None:
    unread = [str(site) for site in call_sites()[1] if site.path not in COMPOSED]
    assert not unread, (
        f"the action is not readable from the source at {unread}: record a literal, or name what it can be in "
        "COMPOSED of tests/audit/test_coverage.py"
    )


def test_each_act_that_must_be_audited_has_actions() -> None:
    groups = {act.group for act in acts().values()}
    assert set(REQUIRED) <= groups
    assert len(REQUIRED) == 13


@pytest.mark.parametrize("action", ["unheard.of", "odd.{name}"])
def test_an_unknown_action_reads_as_its_name(action: str) -> None:
    assert act_of(action).sentence({}) == action.replace("_", " ").replace(".", ": ")


_PART = "part of an act that is recorded by its caller"
_CARE = "a person's own care; leads must not read it in the trail (docs/wellbeing.md)"
_LEASE = "who holds what at this moment: a lease, no decision"
_FIGURES = "figures of a run or search that its start and end stand around"
# Public functions of services that write without an event of their own, and why that is right.
NO_EVENT: dict[str, str] = {
    "pixelhub/audit/services.py: record_all": "it is the event",
    "pixelhub/live/services.py: touch": "tells pages to look again",
    "datasets_app/services/duplicates.py: duplicates_fail": "a search that found nothing out; its job tells",
    "datasets_app/services/enrichment.py: enrichment_fail": "a run that scored nothing; its job tells",
    "datasets_app/services/augmentation.py: augmentation_fail": "a run that made nothing; its job tells",
    "datasets_app/services/variations.py: variation_pass": "leaves it to somebody else; no decision",
    "datasets_app/services/pii_claims.py: pii_heartbeat": _LEASE,
    "datasets_app/services/pii_claims.py: pii_release": _LEASE,
    "datasets_app/services/screening.py: findings_save": _PART,
    "annotation/services/adjudication_seats.py: adjudication_seat_take": _LEASE,
    "annotation/services/breaks.py: work_check": _CARE,
    "annotation/services/breaks.py: break_take": _CARE,
    "annotation/services/claims.py: slot_heartbeat": _LEASE,
    "annotation/services/digests.py: digest_read": "a reader's own mark of what they have seen",
    "annotation/services/exposure.py: exposure_count": _CARE,
    "annotation/services/exposure.py: work_sign": _CARE,
    "annotation/services/hard_moments.py: hard_moment_tell": _CARE,
    "annotation/services/hidden.py: hidden_gold_slots": "would tell annotators what is hidden",
    "annotation/services/hidden.py: hidden_spread_overdue": "would tell annotators what is hidden",
    "annotation/services/hidden.py: hidden_repeat_place": "would tell annotators what is hidden",
    "annotation/services/layout.py: items_make": _PART,
    "annotation/services/layout.py: ranks_of": _PART,
    "annotation/services/opt_outs.py: opt_out_set": _CARE,
    "annotation/services/standing.py: standing_of": "makes the row at the first question",
    "annotation/services/suggestions.py: suggestion_follow": _PART,
    "training_app/services/points.py: run_points_record": _FIGURES,
    "training_app/services/runs.py: run_begin": _FIGURES,
    "training_app/services/runs.py: run_metrics_record": _FIGURES,
    "training_app/services/runs.py: run_training_record": _FIGURES,
    "training_app/services/studies.py: study_begin": _FIGURES,
    "training_app/services/studies.py: trial_begin": _FIGURES,
    "training_app/services/studies.py: trial_curves_record": _FIGURES,
    "training_app/services/studies.py: trial_end": _FIGURES,
    "inference/services/case_record.py: note_write": _PART,
    "inference/services/idempotency.py: answers_keep": "a copy of an answer, so that a retry gets the same",
    "inference/services/idempotency.py: answers_forget": "a copy of an answer, so that a retry gets the same",
    "inference/services/monitor_counts.py: traffic_record": _FIGURES,
    "inference/services/monitor_counts.py: slots_purge": "counts that no page shows any more; the rows stay",
    "inference/services/session_alerts.py: session_alerts_return": _PART,
    "inference/services/sessions.py: session_turns_add": "each score has its event; turns hold words for a while only",
    "inference/services/webhook_outbox.py: webhook_tell": _PART,
    "inference/services/webhook_outbox.py: delivery_write": _PART,
    "inference/services/webhooks.py: delivery_send": "an attempt to deliver; the delivery's row tells",
}


def test_every_service_that_writes_leaves_an_event() -> None:
    calls = _calls_by_name()
    writing = _reaching(calls, WRITES)
    recording = _reaching(calls, {"record_all"})
    silent = {f"{path}: {name}" for path, name in _public_services() if name in writing and name not in recording}
    wrong = sorted(each for each in silent if each not in NO_EVENT)
    assert not wrong, (
        f"writes without an audit event: {wrong}. Call pixelhub.audit.services.record in its transaction, or add it "
        "to NO_EVENT of tests/audit/test_coverage.py with the reason"
    )
    assert sorted(set(NO_EVENT) - silent) == [], "no longer silent: take these out of NO_EVENT"


WRITES = {"create", "bulk_create", "update", "bulk_update", "save", "delete", "get_or_create", "update_or_create"}


def _public_services() -> list[tuple[str, str]]:
    """(path, name) of the functions that a services package offers to others."""
    found = []
    for source in sources():
        parts = source.path.split("/")
        if "services" not in parts and not source.path.endswith("services.py"):
            continue
        for node in source.tree.body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                found.append((source.path, node.name))
    return found


def _calls_by_name() -> dict[str, set[str]]:
    """Function name -> functions that it calls by name, and methods of the ORM that write.

    Names are shared over the whole product, so this sees too much: what it calls silent is silent.
    """
    calls: dict[str, set[str]] = {}
    for source in sources():
        for function in source.functions:
            into = calls.setdefault(function.node.name, set())
            for node in ast.walk(function.node):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    into.add("record" if node.func.id in source.recorders else node.func.id)
                elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _of_a_table(node.func):
                    into.add(node.func.attr)
    return calls


def _of_a_table(method: ast.Attribute) -> bool:
    """Whether a method that writes is called on rows, not on a dict or a hash."""
    return method.attr in WRITES and ("objects" in ast.unparse(method.value) or method.attr in ("save", "bulk_create"))


def _reaching(calls: dict[str, set[str]], goals: set[str]) -> set[str]:
    reached = {name for name, called in calls.items() if called & goals}
    while True:
        more = {name for name, called in calls.items() if called & reached} - reached
        if not more:
            return reached
        reached |= more


def test_the_reading_covers_every_app() -> None:
    seen = {site.path.split("/")[0] for site in call_sites()[0]}
    assert seen == set(PACKAGES)


def test_what_an_event_is_about_is_a_link_for_those_who_may_open_it() -> None:
    readers = {role for role, granted in ROLE_CAPABILITIES.items() if Capability.AUDIT_VIEW in granted}
    for target_type, (page, _) in targets().items():
        may_open = MAY[page][0]
        assert may_open is not None, page
        key = "00000000-0000-4000-8000-000000000000" if page == "inference:session_detail" else "1"
        linked = {role for role in readers if target_url(target_type, key, ROLE_CAPABILITIES[role])}
        assert linked == readers & may_open, target_type
    assert target_url("accounts.Membership", "1", list(Capability)) == ""
