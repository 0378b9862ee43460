"""Answers of a project as rows of the score log, and as the lines that a client would have kept of the same answers."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from typing import Any

from inference.models import ScoreLog
from inference.services import answers_count, score_log_write
from pixelhub.accounts.models import Project
from tests.inference.alarming import score_row

_VERDICT = {True: "crisis", False: "no_crisis", None: "unknown"}


def answered(project: Project, count: int, *, now: datetime, minutes: int = 50, **fields: Any) -> list[ScoreLog]:
    """That many answers spread over the last minutes, written and counted; `fields` are set on each."""
    rows = [
        score_row(
            project,
            fields.get("level", "none"),
            at=now - timedelta(minutes=minutes * place / count),
            **{name: value for name, value in fields.items() if name != "level"},
        )
        for place in range(count)
    ]
    write(rows, now=now)
    return rows


def write(rows: list[ScoreLog], *, now: datetime) -> None:
    """Into the log, and from there into the figures."""
    score_log_write(rows=rows)
    while answers_count(now=now):
        pass


def mixed(project: Project, count: int, *, now: datetime, seed: int) -> list[ScoreLog]:
    """Answers of every kind within the last fifty minutes, alike for one seed; not written."""
    chance = random.Random(seed)
    rows = []
    for _ in range(count):
        level = chance.choices(("none", "concern", "severe", "urgent", "emergency"), (70, 10, 8, 7, 5))[0]
        degraded = chance.random() < 0.2
        rows.append(
            score_row(
                project,
                level,
                at=now - timedelta(seconds=chance.uniform(0, 3000)),
                latency_ms=chance.lognormvariate(3.5, 1.5),
                model_version="rules" if degraded else chance.choice(("1.0.0", "1.1.0")),
                degraded=degraded,
                reason=chance.choice(("model_slow", "no_deployment, window_lost", "model_failed: x"))
                if degraded
                else "",
                raised_by_rules=chance.random() < 0.1,
                gate_violation=chance.random() < 0.05,
                bias_found=chance.random() < 0.03,
            )
        )
    return rows


def line_of(row: ScoreLog) -> bytes:
    """The answer of a row as a client keeps it."""
    answer = {
        "verdict": _VERDICT[row.crisis],
        "alert_level": row.alert_level,
        "degraded": row.degraded,
        "reason": row.reason or None,
        "raised_by_rules": row.raised_by_rules,
        "safety": {"score": 1.0, "reasons": [{"reason": "abandons"}] if row.gate_violation else []},
        "bias_findings": [{"kind": "age"}] if row.bias_found else [],
        "latency_ms": row.latency_ms,
        "at": row.at.isoformat(),
    }
    return json.dumps(answer).encode()
