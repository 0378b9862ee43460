"""From scores to cases: in the score log's own transaction, so that no alarm is logged without its case.

Locks are taken in one order everywhere: cases by their keys, then the audit's head, then live revisions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC

from django.db import DatabaseError
from django.db.models import Q, QuerySet

from datasets_app.corpus.taxonomy import ALERT_LEVELS
from inference.models import Case, CaseEvent, CaseKind, CasePolicy, CaseState, EscalationTier, ScoreLog
from inference.models.cases import STANDING
from inference.selectors_policy import policies_of
from inference.services.webhook_outbox import webhook_tell
from inference.topics import cases_topic
from pixelhub.accounts.models import Project
from pixelhub.audit.services import Act

Kind = CaseEvent.Kind
Key = tuple[int, str]

_ATTEMPTS = 5
#: What of a case a score may change.
_CHANGED = (
    *("kind", "state", "level", "rank", "crisis_type", "severity", "locale", "scores", "last_seq", "alarm_seq"),
    *("last_score_at", "acknowledge_due", "verify_due", "escalate_at", "tier", "holder", "held_since"),
    *("outcome", "override_reason", "override_note", "decided_at", "decided_by"),
)
#: Events that people are told of, and that the audit holds one by one.
_TOLD: dict[str, str] = {Kind.OPENED: "case.open", Kind.RAISED: "case.raise", Kind.ALARM_AGAIN: "case.alarm_again"}


@dataclass(frozen=True)
class CaseNews:
    """What the caller still has to do once its own rows are written: append to the audit, then wake who watches."""

    acts: tuple[Act, ...] = ()
    topics: tuple[str, ...] = ()


@dataclass
class _Joined:
    """One case with the scores that come to it now; `seen` are contents that were scored into it before."""

    case: Case
    seen: set[str]
    events: list[CaseEvent] = field(default_factory=list)


def case_alarms_note(*, rows: Sequence[ScoreLog], projects: Mapping[int, Project]) -> CaseNews:
    """Open a case for each alarm among these new score rows, or let it join the open one of its conversation.

    Runs in the caller's transaction, after the rows were inserted and before any audit event. Sets `row.case_id`.
    `projects` are those of the rows, by key.
    """
    policies = policies_of({row.project_id for row in rows})
    coming = _by_case(sorted(rows, key=lambda each: each.at), policies)
    if not coming:
        return CaseNews()
    joined = {}
    for key, case in _locked_cases(coming, policies).items():
        joined[key] = _Joined(case, set())
    _look_up_seen(joined, coming)
    for key, each in joined.items():
        for row in coming[key]:
            each.events += score_join(each.case, row, policies[row.project_id], seen=each.seen)
            row.case_id = each.case.pk
    CaseEvent.objects.bulk_create([event for each in joined.values() for event in each.events])
    for each in joined.values():
        # One plain UPDATE each costs a quarter of what Django takes to build a `bulk_update` of so many columns.
        each.case.save(update_fields=_CHANGED)
    return _news(joined.values(), policies, projects)


def _by_case(rows: Sequence[ScoreLog], policies: dict[int, CasePolicy]) -> dict[Key, list[ScoreLog]]:
    """The rows that open or may join a case, under its key."""
    coming: dict[Key, list[ScoreLog]] = defaultdict(list)
    unjudged: list[ScoreLog] = []
    for row in rows:
        opens = alarm_kind(row, policies[row.project_id])
        if opens and lacks_a_model(row):
            unjudged.append(row)
        elif opens or row.conversation_id:
            coming[row.project_id, key_of(row)].append(row)
    if unjudged:
        own = {(row.project_id, key_of(row)) for row in unjudged}
        # A conversation that has a case goes on in it.
        known = set(_open_cases(own).values_list("project_id", "key")) | coming.keys()
        for row in unjudged:
            key = key_of(row) if (row.project_id, key_of(row)) in known else standing_key(row)
            coming[row.project_id, key].append(row)
    return coming


def lacks_a_model(row: ScoreLog) -> bool:
    """Nothing is deployed in the project, and the rules saw nothing: one case an hour holds all such."""
    return row.crisis is None and row.reason == "no_deployment"


def standing_key(row: ScoreLog) -> str:
    """The key of the case that holds what could not be judged in the row's hour (UTC)."""
    return f"{STANDING}{row.at.astimezone(UTC):%Y-%m-%dT%H}"


def key_of(row: ScoreLog) -> str:
    """What stands for a score's conversation: the client's reference, else the content itself."""
    return f"id:{row.conversation_id}" if row.conversation_id else row.content_hash


def alarm_kind(row: ScoreLog, policy: CasePolicy) -> str:
    """The kind of case that a score opens; "" for none."""
    if row.api_key_id is None and row.scored_by_id is not None and not policy.opens_console:
        return ""
    if policy.opens(row.alert_level):
        return CaseKind.ALARM
    return CaseKind.UNREAD if policy.opens_unread and (row.crisis is None or row.degraded) else ""


def score_join(case: Case, row: ScoreLog, policy: CasePolicy, *, seen: set[str]) -> list[CaseEvent]:
    """Let a score join a locked case; changes `case` and `seen`, and returns the events to write.

    The level is never lowered while the case is open, and no deadline moves later. To a standing case only its first
    score is news.
    """
    kind = alarm_kind(row, policy)
    old_news = row.content_hash in seen or (case.is_standing and case.last_seq > 0)
    events = [_event(case, Kind.SCORE if case.last_seq else Kind.OPENED, row)]
    case.scores += 1
    case.last_score_at = max(case.last_score_at, row.at)
    case.locale = (row.locale if not case.is_standing else "") or case.locale
    seen.add(row.content_hash)
    if not kind or old_news:
        return events
    case.alarm_seq = case.last_seq
    if case.state == CaseState.OVERRIDDEN:
        _wait_again(case, row, policy, kind)
        return [*events, _event(case, Kind.ALARM_AGAIN, row)]
    before = case.level
    if _raise(case, row, kind):
        _tighten(case, row, policy)
        events.append(_event(case, Kind.RAISED, row, {"from": before, "to": case.level}))
        case.alarm_seq = case.last_seq
    return events


def case_of(row: ScoreLog, policy: CasePolicy, *, key: str = "") -> Case:
    """The unsaved case that a score opens. Its deadlines count from the score, not from when it was written.

    `key` is the case's own where it is not the one of the score's conversation.
    """
    deadlines = policy.deadlines(level_name(alarm_kind(row, policy), row.alert_level))
    standing = key.startswith(STANDING)
    return Case(
        project_id=row.project_id,
        key=key or key_of(row),
        conversation_id="" if standing else row.conversation_id,
        kind=alarm_kind(row, policy),
        level=row.alert_level,
        rank=ALERT_LEVELS.index(row.alert_level),
        crisis_type=row.crisis_type,
        severity=row.severity,
        locale="" if standing else row.locale,
        from_console=not standing and row.api_key_id is None and row.scored_by_id is not None,
        opened_at=row.at,
        last_score_at=row.at,
        acknowledge_due=row.at + deadlines.acknowledge,
        verify_due=row.at + deadlines.verify,
        escalate_at=row.at + deadlines.acknowledge,
    )


def level_name(kind: str, level: str) -> str:
    """Which deadlines of the policy count for a case."""
    return level if kind == CaseKind.ALARM else "unread"


def _locked_cases(coming: dict[Key, list[ScoreLog]], policies: dict[int, CasePolicy]) -> dict[Key, Case]:
    """The open cases of these conversations, locked; those that an alarm needs are made.

    Insert first, in the order of the keys, and lock afterwards: whoever inserted the same key meanwhile is waited for,
    and a case that was closed in between is opened anew.
    """
    for _ in range(_ATTEMPTS):
        there = set(_open_cases(coming).values_list("project_id", "key"))
        wanted = [
            case_of(alarm, policies[key[0]], key=key[1])
            for key in sorted(coming.keys() - there)
            if (alarm := next((row for row in coming[key] if alarm_kind(row, policies[key[0]])), None))
        ]
        Case.objects.bulk_create(wanted, ignore_conflicts=True)
        locked = _open_cases(coming).select_for_update(no_key=True).order_by("pk")
        cases = {key: case for case in locked if (key := (case.project_id, case.key)) in coming}
        if all((case.project_id, case.key) in cases for case in wanted) and there <= cases.keys():
            return cases
    raise DatabaseError("a case was closed again and again while a score came in")


def _open_cases(coming: Iterable[Key]) -> QuerySet[Case]:
    by_project: dict[int, list[str]] = defaultdict(list)
    for project_id, key in coming:
        by_project[project_id].append(key)
    wanted = Q(
        *[Q(project_id=project_id, key__in=keys) for project_id, keys in sorted(by_project.items())], _connector=Q.OR
    )
    return Case.objects.filter(wanted).exclude(state=CaseState.CLOSED)


def _look_up_seen(joined: dict[Key, _Joined], coming: dict[Key, list[ScoreLog]]) -> None:
    older = {each.case.pk: each for each in joined.values() if each.case.last_seq}
    if not older:
        return
    hashes = {row.content_hash for key in joined for row in coming[key]}
    known = CaseEvent.objects.filter(case_id__in=older, score__content_hash__in=hashes)
    for case_id, content_hash in known.values_list("case_id", "score__content_hash"):
        older[case_id].seen.add(content_hash)


def _event(case: Case, kind: str, row: ScoreLog, payload: dict[str, str] | None = None) -> CaseEvent:
    case.last_seq += 1
    return CaseEvent(
        case=case, seq=case.last_seq, kind=kind, at=row.at, score_id=row.pk, level=case.level, payload=payload or {}
    )


def _raise(case: Case, row: ScoreLog, kind: str) -> bool:
    """Take over what is graver; False where nothing is."""
    rank = ALERT_LEVELS.index(row.alert_level)
    graver = rank < case.rank or (kind == CaseKind.ALARM and case.kind == CaseKind.UNREAD)
    if graver:
        case.level, case.rank = (row.alert_level, rank) if rank < case.rank else (case.level, case.rank)
        case.kind = CaseKind.ALARM if kind == CaseKind.ALARM else case.kind
        case.crisis_type, case.severity = row.crisis_type, row.severity
    return graver


def _tighten(case: Case, row: ScoreLog, policy: CasePolicy) -> None:
    """The deadlines of the higher level, from this score on, where they come sooner."""
    if case.acknowledge_due is None or case.verify_due is None:
        return
    deadlines = policy.deadlines(level_name(case.kind, case.level))
    case.acknowledge_due = min(case.acknowledge_due, row.at + deadlines.acknowledge)
    case.verify_due = min(case.verify_due, row.at + deadlines.verify)
    if case.escalate_at is not None:
        due = case.acknowledge_due if case.state == CaseState.OPEN else case.verify_due
        case.escalate_at = min(case.escalate_at, due)


def _wait_again(case: Case, row: ScoreLog, policy: CasePolicy, kind: str) -> None:
    """New words after an override: what was judged before says nothing about them, so the case opens again."""
    _raise(case, row, kind)
    deadlines = policy.deadlines(level_name(case.kind, case.level))
    case.state, case.holder, case.held_since, case.tier = CaseState.OPEN, None, None, EscalationTier.ON_CALL
    case.outcome, case.override_reason, case.override_note = "", "", None
    case.decided_at, case.decided_by = None, None
    case.acknowledge_due = row.at + deadlines.acknowledge
    case.verify_due = row.at + deadlines.verify
    case.escalate_at = case.acknowledge_due


def _news(joined: Iterable[_Joined], policies: dict[int, CasePolicy], projects: Mapping[int, Project]) -> CaseNews:
    changed = sorted(joined, key=lambda one: one.case.pk)
    acts = []
    for each in changed:
        project = projects[each.case.project_id]
        for event in each.events:
            if event.kind in _TOLD:
                payload = {"kind": each.case.kind, "level": event.level, "score": str(event.score_id)}
                payload["policy"] = str(policies[project.pk].version)
                acts.append(Act(action=_TOLD[event.kind], project=project, target=each.case, payload=payload))
                webhook_tell(case=each.case, event=event.kind)
    # A standing case that counts one more is nothing that boards have to be drawn anew for.
    news = {each.case.project_id for each in changed if not each.case.is_standing or each.case.last_seq == 1}
    return CaseNews(tuple(acts), tuple(cases_topic(project_id) for project_id in sorted(news)))
