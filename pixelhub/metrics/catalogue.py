"""Every metric: its name, kind, help, and the closed set of values of each label.

A value outside its set is counted as "other": nothing that a client sends can become a label, and no label grows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Final

OTHER: Final = "other"


class Kind(StrEnum):
    """The kinds of Prometheus that are used here."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, eq=False)
class Metric:
    """`labels` maps each label to the values that it may have, `buckets` are upper bounds without the infinite one.

    A gauge that is `per_worker` has one value for each living process, told apart by the number of its slot.
    """

    name: str
    kind: Kind
    help: str
    labels: Mapping[str, frozenset[str]] = field(default_factory=dict)
    buckets: tuple[float, ...] = ()
    per_worker: bool = False

    def values_of(self, given: Mapping[str, str]) -> tuple[str, ...]:
        """The labels' values in order, each outside its set as "other". Raises KeyError for a label that is missing."""
        return tuple(given[name] if given[name] in allowed else OTHER for name, allowed in self.labels.items())


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


#: Around the promise of 200 ms, the warning there and the alarm at 800 ms.
LATENCY_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.8, 1.0, 2.5, 5.0, 10.0)
#: The apps of the hub, by the first folder of an address.
PAGES: Final = _set("accounts admin annotation api audit datasets home inference jobs live review static training")
SCORING_ROUTES: Final = _set("score batch conversations model usage health docs metrics")
#: An answer's status, or "gone" where the client hung up first.
_STATUS: Final = frozenset(str(status.value) for status in HTTPStatus) | {"gone"}
_ROUTES: Final = SCORING_ROUTES | {f"page_{name}" for name in PAGES} | {"page_other"}
_LEVELS: Final = _set("emergency urgent severe concern none")
_BY: Final = _set("model rules")
_REASONS: Final = _set(
    "no_deployment model_loading ledger_unreachable model_slow model_stuck model_failed stopping rules_failed refused"
    " unreachable window_incomplete window_lost session_unavailable"
)
_REFUSALS: Final = _set(
    "overloaded backlog busy unavailable rate_limited quota_used_up over_limit bad_key bad_scope not_found bad_method"
    " no_session already_open not_open session_busy idempotency_key_reused bad_idempotency_key invalid"
)
_QUEUES: Final = _set("default gpu")
_CASE_EVENTS: Final = _set(
    "opened score raised alarm_again acknowledged taken_over released verified overridden closed reopened escalated"
    " noted handed_over handover_updated"
)

C, G, H = Kind.COUNTER, Kind.GAUGE, Kind.HISTOGRAM

REQUESTS: Final = Metric("pixelhub_requests_total", C, "Requests answered.", {"route": _ROUTES, "status": _STATUS})
REQUEST_SECONDS: Final = Metric(
    "pixelhub_request_seconds",
    H,
    "From a request's arrival to the end of its answer; of pages to the answer's first byte.",
    {"route": _ROUTES},
    LATENCY_BUCKETS,
)
ANSWERS: Final = Metric(
    "pixelhub_answers_total",
    C,
    "Conversations answered, by what answered, its verdict and its alert level.",
    {"by": _BY, "verdict": _set("crisis no_crisis unknown"), "level": _LEVELS},
)
ANSWER_SECONDS: Final = Metric(
    "pixelhub_answer_seconds",
    H,
    "From a conversation's turn to its decision, the wait for the model included.",
    {"by": _BY},
    LATENCY_BUCKETS,
)
MODEL_BATCH_SECONDS: Final = Metric(
    "pixelhub_model_batch_seconds", H, "Time of the model for one micro-batch.", {}, LATENCY_BUCKETS
)
MODEL_ITEMS: Final = Metric("pixelhub_model_items_total", C, "Conversations that the model read.")
DEGRADED: Final = Metric(
    "pixelhub_degraded_answers_total",
    C,
    "Answers without the model or without the rules, by reason.",
    {"reason": _REASONS},
)
RAISED: Final = Metric("pixelhub_raised_by_rules_total", C, "Answers that the rules raised above what the model said.")
REFUSALS: Final = Metric("pixelhub_refusals_total", C, "Requests refused, by code.", {"code": _REFUSALS})
SAFETY_EVENTS: Final = Metric(
    "pixelhub_safety_events_total",
    C,
    "What was seen in what was scored: a reply that breaks a safety gate or shows bias, a request that can't be read.",
    {"kind": _set("gate_violation bias_found invalid_content")},
)
SCORES: Final = Metric(
    "pixelhub_scores",
    H,
    "Crisis scores that a model gave.",
    {},
    (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
)
INPUT_CHARACTERS: Final = Metric(
    "pixelhub_input_characters",
    H,
    "Characters of a conversation as it was scored.",
    {},
    (50.0, 100.0, 200.0, 400.0, 800.0, 1600.0, 3200.0, 6400.0, 12800.0),
)
INPUT_MESSAGES: Final = Metric(
    "pixelhub_input_messages",
    H,
    "Messages of a conversation as it was scored.",
    {},
    (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0),
)
PROCESS_STARTS: Final = Metric(
    "pixelhub_process_starts_total", C, "Starts of processes: more than roll-outs explain means that they die."
)
PROCESS_STARTED: Final = Metric(
    "pixelhub_process_started_timestamp_seconds", G, "When the process started (Unix time).", per_worker=True
)
QUEUE_WAIT: Final = Metric(
    "pixelhub_queue_wait_seconds", G, "How long a conversation that came now would wait for the model.", per_worker=True
)
QUEUE_ITEMS: Final = Metric("pixelhub_queue_items", G, "Conversations that wait for the model.", per_worker=True)
LOOP_LAG: Final = Metric(
    "pixelhub_loop_lag_seconds", G, "How late the event loop comes to what is due.", per_worker=True
)
LOG_WAITING: Final = Metric(
    "pixelhub_score_log_waiting_rows", G, "Score rows that are not in the database yet.", per_worker=True
)
LOG_FAILING: Final = Metric("pixelhub_score_log_failing", G, "1 while score rows can't be written.", per_worker=True)
MODELS: Final = Metric(
    "pixelhub_models",
    G,
    "Deployed versions that the process serves or refuses.",
    {"state": _set("serving refused")},
    per_worker=True,
)
SERIES_REFUSED: Final = Metric(
    "pixelhub_series_refused_total", C, "Counts lost because a process's memory of counts is full; 0 is right."
)

FACTS_READABLE: Final = Metric("pixelhub_facts_readable", G, "1 where the database answered for the metrics below.")
JOBS: Final = Metric("pixelhub_jobs", G, "Jobs that wait or run.", {"queue": _QUEUES, "state": _set("queued running")})
JOB_OLDEST_WAIT: Final = Metric(
    "pixelhub_job_oldest_wait_seconds", G, "How long the oldest waiting job could have run already.", {"queue": _QUEUES}
)
JOBS_LEASE_PASSED: Final = Metric("pixelhub_jobs_lease_passed", G, "Running jobs whose worker has let its lease pass.")
JOBS_FAILED_DAY: Final = Metric("pixelhub_jobs_failed_last_day", G, "Jobs that failed within the last 24 hours.")
CANARY_AGE: Final = Metric(
    "pixelhub_worker_canary_age_seconds",
    G,
    "Since when no worker of the queue has finished its canary; absent where none ever did.",
    {"queue": _QUEUES},
)
CASE_WATCH_AGE: Final = Metric(
    "pixelhub_case_watch_age_seconds",
    G,
    "Since when nobody has looked at the deadlines of cases; absent before the first look.",
)
CASES: Final = Metric(
    "pixelhub_cases",
    G,
    "Cases that are not closed.",
    {"level": _LEVELS, "state": _set("open acknowledged verified overridden")},
)
CASES_OVERDUE: Final = Metric(
    "pixelhub_cases_overdue",
    G,
    "Cases past the deadline that counts now, by who is asked.",
    {"tier": _set("on_call clinical_lead administrators")},
)
CASE_EVENTS: Final = Metric(
    "pixelhub_case_events_total", C, "What has happened to cases since the hub began.", {"kind": _CASE_EVENTS}
)
MISSED: Final = Metric(
    "pixelhub_missed_crises_total", C, "Crises without an alarm, told by people.", {"level": _LEVELS}
)
WEBHOOKS_DISABLED: Final = Metric("pixelhub_webhooks_disabled", G, "Webhooks that the hub switched off after failures.")
AUDIT_INTACT: Final = Metric(
    "pixelhub_audit_intact",
    G,
    "1 where the last check of the audit trail found it whole, 0 where it found a break.",
)
AUDIT_CHECK_AGE: Final = Metric(
    "pixelhub_audit_check_age_seconds", G, "Since when nobody has verified the audit trail."
)
BACKUP_AGE: Final = Metric(
    "pixelhub_backup_age_seconds", G, "Since the last whole backup was made; absent before the first."
)
DRIFT: Final = Metric(
    "pixelhub_drift_psi",
    G,
    "Population stability index of the last day against validation; absent where there are too few.",
    {"feature": _set("score characters messages")},
)
DISK_FREE: Final = Metric(
    "pixelhub_disk_free_bytes", G, "Free space of that folder's file system.", {"place": _set("var tmp")}
)
DISK_SIZE: Final = Metric("pixelhub_disk_size_bytes", G, "Its size.", {"place": _set("var tmp")})

#: Counted in processes.
COUNTED: Final = (
    *(REQUESTS, REQUEST_SECONDS, ANSWERS, ANSWER_SECONDS, MODEL_BATCH_SECONDS, MODEL_ITEMS, DEGRADED, RAISED, REFUSALS),
    *(
        SAFETY_EVENTS,
        SCORES,
        INPUT_CHARACTERS,
        INPUT_MESSAGES,
        PROCESS_STARTS,
        PROCESS_STARTED,
        QUEUE_WAIT,
        QUEUE_ITEMS,
    ),
    *(LOOP_LAG, LOG_WAITING, LOG_FAILING, MODELS, SERIES_REFUSED),
)
#: Read from the database by the hub.
FACTS: Final = (
    *(FACTS_READABLE, JOBS, JOB_OLDEST_WAIT, JOBS_LEASE_PASSED, JOBS_FAILED_DAY, CANARY_AGE, CASE_WATCH_AGE, CASES),
    *(CASES_OVERDUE, CASE_EVENTS, MISSED, WEBHOOKS_DISABLED, AUDIT_INTACT, AUDIT_CHECK_AGE),
    *(BACKUP_AGE, DRIFT),
)
#: Of the machine that is asked.
MACHINE: Final = (DISK_FREE, DISK_SIZE)
METRICS: Final = (*COUNTED, *FACTS, *MACHINE)
