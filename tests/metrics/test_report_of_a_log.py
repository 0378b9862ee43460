"""`safety_report` and `performance_report`: what a log of answers says, and what of it never gets out."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from inference.engine.reports import lines
from inference.engine.reports.lines import lines_of
from inference.engine.reports.performance import performance_report
from inference.engine.reports.safety import safety_report

SECRET = "kestrel-lullaby-7731"
CALM = {"verdict": "no_crisis", "alert_level": "none", "degraded": False, "latency_ms": 20.0}


def log_of(*lines: Any) -> list[bytes]:
    return [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]


def run(command: str, path: Path, *options: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command(command, str(path), *options, stdout=out)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_a_log_that_is_well_and_one_that_is_not(tmp_path: Path) -> None:
    well, ill = tmp_path / "well.jsonl", tmp_path / "ill.jsonl"
    well.write_bytes(b"\n".join(log_of(*[CALM] * 100)))
    degraded = {**CALM, "verdict": "unknown", "alert_level": "concern", "degraded": True, "latency_ms": 900.0}
    unsafe = {**CALM, "safety": {"score": 0.1, "reasons": [{"reason": "harm"}]}, "raised_by_rules": True}
    told = log_of(
        *[CALM] * 30,
        *[{**degraded, "reason": f"model_slow, {SECRET}", "at": "2026-11-27T10:00:00Z"}] * 30,
        *[{**unsafe, "at": "2026-11-27T10:10:00+00:00"}] * 5,
        *[{"problem": {"status": 503, "code": "overloaded", "detail": SECRET}}] * 10,
        {"status": 422, "code": "empty", "detail": SECRET},
        {"event": "missed"},
        {"event": SECRET},
        {SECRET: 1},
        b"{" + SECRET.encode(),
        b"",
    )
    ill.write_bytes(b"\n".join(told))
    assert run("safety_report", well)[0] == run("performance_report", well)[0] == 0

    status, text = run("safety_report", ill)
    safety = json.loads(text)
    assert status == 1
    assert (safety["answers"], safety["requests"], safety["unreadable_lines"]) == (65, 76, 2)
    assert (safety["degraded"], safety["raised_by_rules"], safety["gate_violations"]) == (30, 5, 5)
    assert safety["degraded_reasons"] == {"model_slow": 30, "other": 30}
    assert safety["events"] == {"missed": 1, "other": 1}
    assert safety["invalid_content"] == 1
    assert [alert["what"] for alert in safety["alerts"]] == ["missed", "degraded_share", "gate_violations_share"]

    status, text = run("performance_report", ill, "--window", "60")
    speed = json.loads(text)
    assert status == 1
    assert speed["latency_ms"] == {"p50": 20.0, "p90": 900.0, "p95": 900.0, "p99": 900.0}
    assert speed["server_error_share"] == pytest.approx(10 / 76, abs=1e-6)
    assert [window["requests"] for window in speed["windows"]] == [30, 5]
    assert speed["requests_per_second"] == pytest.approx(35 / 600, abs=1e-3)
    assert [(alert["what"], alert["level"], alert["window"] is None) for alert in speed["alerts"]] == [
        ("p95_ms", "critical", True),
        ("server_error_share", "critical", True),
        ("p95_ms", "critical", False),
    ]

    for command in ("safety_report", "performance_report"):
        for form in ("json", "prometheus"):
            run(command, ill, "--format", form, "--out", str(tmp_path / "report"))
            assert SECRET not in (tmp_path / "report").read_text()
    assert 'pixelhub_report_performance_latency_ms{quantile="p95"} 900.0\n' in (tmp_path / "report").read_text()


def test_few_answers_raise_no_alert_but_a_missed_crisis_does() -> None:
    few = log_of(*[{**CALM, "degraded": True, "latency_ms": 5000.0}] * 19)
    assert safety_report(lines_of(few))["alerts"] == performance_report(lines_of(few))["alerts"] == []
    (alert,) = safety_report(lines_of(log_of({"event": "missed"})))["alerts"]
    assert alert == {"level": "critical", "what": "missed", "value": 1, "limit": 0}


def test_a_hostile_log_is_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LONGEST_LINE", 1000)
    hostile = tmp_path / "hostile.jsonl"
    unreadable = [
        b'{"verdict":"crisis","latency_ms":NaN}',
        b'{"verdict":"crisis","status":1e999}',
        b'{"verdict":"crisis","latency_ms":' + b"9" * 400 + b"}",
        b'{"event":"\\ud800"}',
        b'{"event":"\xed\xa0\x80"}',
        b"[" * 900,
        b'{"event":"missed","x":"' + b"a" * 5000 + b'"}',
        b"\x00" * 40,
    ]
    odd = log_of(*({**CALM, "latency_ms": ms, "at": at} for ms, at in ((-5, "0001-01-01"), (None, "9999-12-31"))))
    hostile.write_bytes(b"\n".join([b'\xef\xbb\xbf{"event":"missed"}', *unreadable, *odd, b'{"event":"missed"}']))
    status, text = run("safety_report", hostile)
    safety = json.loads(text)
    assert (status, safety["unreadable_lines"], safety["answers"], safety["events"]) == (1, 8, 2, {"missed": 2})
    assert [alert["what"] for alert in safety["alerts"]] == ["missed", "unreadable_lines_share"]
    speed = json.loads(run("performance_report", hostile)[1])
    assert (speed["requests"], speed["answers"], speed["latency_ms"]["p95"]) == (2, 0, None)
    assert [alert["what"] for alert in speed["alerts"]] == ["unreadable_lines_share"]
    for command in ("safety_report", "performance_report"):
        with pytest.raises(CommandError, match="directory"):
            run(command, tmp_path)
        with pytest.raises(CommandError, match="nowhere"):
            run(command, hostile, "--out", str(tmp_path / "nowhere" / "report"))


def test_an_empty_log_has_no_figures() -> None:
    speed = performance_report(lines_of([]))
    assert speed["latency_ms"]["p95"] is None
    assert speed["server_error_share"] is None
    assert speed["requests_per_second"] is None


@given(st.lists(st.floats(0, 1e5), min_size=1, max_size=60))
def test_quantiles_are_observed_latencies_in_order(latencies: list[float]) -> None:
    report = performance_report(lines_of(log_of(*[{**CALM, "latency_ms": one} for one in latencies])))
    found = list(report["latency_ms"].values())
    assert found == sorted(found)
    assert set(found) <= set(latencies)
    assert sum(one <= report["latency_ms"]["p95"] for one in latencies) >= 0.95 * len(latencies)


@given(
    st.binary(max_size=200),
    st.recursive(st.none() | st.integers() | st.text(), lambda s: st.lists(s) | st.dictionaries(st.text(), s)),
)
def test_no_line_breaks_a_report(raw: bytes, value: Any) -> None:
    told = [raw, *log_of({"verdict": value, "latency_ms": value, "reason": value, "degraded": True, "safety": value})]
    told += log_of({"problem": {"status": value, "code": value}}, {**CALM, "at": value, "status": value}, value)
    safety_report(lines_of(told))
    performance_report(lines_of(told))
