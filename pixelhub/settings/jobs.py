"""Long work: django-q2 delivers the id of a row, and the row decides (pixelhub/jobs).

q2 must never run anything again by itself: its timeout is far longer than any job, its retry far longer than that
(the retry clock starts at prefetch, so `retry > timeout` alone is not enough), one attempt, failures acknowledged.
Leases, retries and poison jobs are the row's business.
"""

from typing import Any

from .backups import BACKUP_AT, BACKUP_URL
from .env import env

__all__ = [
    "AUDIT_PUBLISH_MINUTES",
    "DIGEST_HOUR",
    "JOBS_CANARY_SECONDS",
    "JOBS_CANCEL_GRACE_SECONDS",
    "JOBS_CHORES",
    "JOBS_DAILY",
    "JOBS_HANDLER_MODULES",
    "JOBS_LEASE_SECONDS",
    "JOBS_NICE",
    "JOBS_QUEUES",
    "JOBS_REDELIVER_SECONDS",
    "JOBS_RETRY_SECONDS",
    "JOBS_STOP_SECONDS",
    "JOBS_SWEEP_SECONDS",
    "JOBS_WORK_KEEP_DAYS",
    "Q_CLUSTER",
]

# A worker that is not heard of for this long has lost its job to the next one.
JOBS_LEASE_SECONDS = env.float("JOBS_LEASE_SECONDS", default=30.0)
JOBS_SWEEP_SECONDS = env.float("JOBS_SWEEP_SECONDS", default=5.0)
# A queued job that nobody took is delivered again after this long, then after twice as long, and so on.
JOBS_REDELIVER_SECONDS = env.float("JOBS_REDELIVER_SECONDS", default=15.0)
# The wait before the second attempt after an unexpected error; doubles with each further one.
JOBS_RETRY_SECONDS = env.float("JOBS_RETRY_SECONDS", default=5.0)
# Between asking a child process to stop and killing it.
JOBS_CANCEL_GRACE_SECONDS = env.float("JOBS_CANCEL_GRACE_SECONDS", default=3.0)
# How long a stopping worker waits for its clusters before it kills them.
JOBS_STOP_SECONDS = env.float("JOBS_STOP_SECONDS", default=10.0)
# A failed or cancelled job keeps its folder this long, so that it can be taken up again where it stopped.
JOBS_WORK_KEEP_DAYS = env.int("JOBS_WORK_KEEP_DAYS", default=14)
# By how much a heavy job steps back from the processor (0 to 19): a compile takes what pages and scores leave.
JOBS_NICE = env.int("JOBS_NICE", default=5)
JOBS_CANARY_SECONDS = env.float("JOBS_CANARY_SECONDS", default=60.0)
# Kind of job -> time of day (UTC) at which one is queued. Originals of real people go by policy without being asked.
_daily = {
    "audit.publish_head": "00:05",
    "audit.verify": "02:40",
    "dataset.purge_originals": "03:10",
    "inference.purge_sessions": "03:20",
    "review.prove_production": "03:40",
}
if BACKUP_URL and BACKUP_AT:
    _daily["hub.backup"] = BACKUP_AT
JOBS_DAILY = env.json("JOBS_DAILY", default=_daily)
# What apps have a worker do with every sweep, as dotted names: nothing points up. Each must be safe at once in several
# workers, and quick: what takes long is a job.
JOBS_CHORES = [
    "inference.watch.watch_cases",
    "inference.watch.watch_figures",
    "pixelhub.audit.watch.publish_when_due",
    "review.watch.queue_digests",
    "review.production_watch.watch_production",
]
# The daily digest goes out at this hour, in the time zone of whoever gets it.
DIGEST_HOUR = env.int("DIGEST_HOUR", default=7)
# So often, while something happens, the head of the audit trail is signed and put into the object store; 0: daily only.
AUDIT_PUBLISH_MINUTES = env.int("AUDIT_PUBLISH_MINUTES", default=60)
# Modules with handlers beside each app's own `jobs` module (the tests' handlers come in this way).
JOBS_HANDLER_MODULES = env.list("PIXELHUB_TEST_HANDLERS", default=[])

# Queue name -> how many jobs run at once in one worker.
JOBS_QUEUES: dict[str, int] = {
    "default": env.int("JOBS_DEFAULT_WORKERS", default=2),
    "gpu": env.int("JOBS_GPU_WORKERS", default=1),
}

_LONGEST_JOB = 14 * 24 * 3600
_QUEUE_LIMIT = 1

_common: dict[str, Any] = {
    "queue_limit": _QUEUE_LIMIT,
    "bulk": 1,
    "timeout": _LONGEST_JOB,
    "retry": (_QUEUE_LIMIT + 2) * _LONGEST_JOB + 1,
    "max_attempts": 1,
    "ack_failures": True,
    "catch_up": False,
    "scheduler": False,
    "daemonize_workers": False,
    "recycle": 100,
    "save_limit": -1,
    "poll": env.float("JOBS_POLL_SECONDS", default=0.5),
    "guard_cycle": 0.5,
    "log_level": "WARNING",
}

Q_CLUSTER: dict[str, Any] = {
    **_common,
    "name": "pixelhub",
    "cluster_name": "default",
    "label": "Deliveries",
    "workers": JOBS_QUEUES["default"],
    "ALT_CLUSTERS": {
        name: {**_common, "workers": workers} for name, workers in JOBS_QUEUES.items() if name != "default"
    },
}
# Rows in the same database by default: one thing less to run. Redis only carries ids, faster.
_broker_url = env("JOBS_BROKER_URL", default="")
if _broker_url:
    Q_CLUSTER["redis"] = _broker_url
else:
    Q_CLUSTER["orm"] = "default"
