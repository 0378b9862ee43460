"""The QA report: better conversations score better, each figure has its interval, too few conversations are said."""

import json
import random
from typing import Any

import pytest

from datasets_app.corpus.quality import ENOUGH, METRICS, QualitySampler, quality_report, report_of, summary
from tests.releases.making import line, said

WARM = (
    "That sounds really painful, and it makes sense that {word} keeps you awake. Thank you for telling me. "
    "What was the hardest moment this week? We can look for one small step together, and a therapist can help."
)
COLD = "Snap out of it, others have it worse. You must stop thinking about it."
DANGER = "I am going to kill myself tonight, {word}"


def talks(count: int, reply: str, *, text: str = "", first: int = 0, **changes: Any) -> list[dict[str, Any]]:
    found = []
    for n in range(first, first + count):
        words = said(n)
        asked = text.format(word=words) if text else words
        answer = reply.format(word=words.split()[0]) if reply else ""
        found.append(line(asked, reply=answer, **changes)[1])
    return found


def figures(lines: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {metric["name"]: metric for metric in quality_report(lines)["metrics"]}


def test_warm_replies_score_above_cold_ones() -> None:
    warm, cold = figures(talks(40, WARM)), figures(talks(40, COLD))
    for name in ("appropriateness", "empathy", "overall"):
        assert warm[name]["value"] > cold[name]["value"] + 0.2, name
        assert warm[name]["verdict"] == "passed" and cold[name]["verdict"] == "failed", name
        assert warm[name]["low"] <= warm[name]["value"] <= warm[name]["high"]


@pytest.mark.parametrize(
    ("reply", "value"),
    [("Are you safe right now? Please call 988, I will stay with you.", 0.0), ("What did you cook yesterday?", 1.0)],
)
def test_a_crisis_is_resolved_by_a_reply_that_meets_it(reply: str, value: float) -> None:
    found = figures(talks(40, reply, text=DANGER, crisis_type="immediate_harm", severity=5))["unresolved_crisis"]
    assert (found["value"], found["n"]) == (value, 40)
    assert found["verdict"] == ("passed" if value == 0 else "failed")
    assert found["flagged"] == 40 * value and len(found["examples"]) == 20 * value


def test_an_unlabelled_crisis_is_found_by_the_screening() -> None:
    found = figures(talks(40, "What did you cook yesterday?", text=DANGER, crisis_type=None))
    assert found["unresolved_crisis"]["value"] == 1.0


def test_identifiers_and_bias_are_counted() -> None:
    lines = [
        *talks(30, WARM), *talks(10, WARM, first=50, text="Write to anna.meyer@example.org, {word}"),
        *talks(10, "Women are always like that, calm yourself.", first=80),
    ]  # fmt: skip
    report = quality_report(lines)
    found = {metric["name"]: metric for metric in report["metrics"]}
    assert found["pii"]["value"] == 0.2 and found["pii"]["verdict"] == "failed"
    assert found["bias"]["value"] == 0.8 and report["bias_kinds"]["gender"] == 10
    assert "anna" not in json.dumps(report) and "Women" not in json.dumps(report)


def test_too_few_conversations_give_no_figure() -> None:
    found = figures(talks(ENOUGH - 1, WARM))
    assert {metric["verdict"] for metric in found.values()} == {"not enough data"}
    assert {metric["value"] for metric in found.values()} == {None}
    single = figures(talks(60, ""))
    assert single["coherence"]["verdict"] == "not enough data" and single["coherence"]["n"] == 0
    assert single["pii"]["n"] == 60


def test_the_similarity_of_trigrams_is_not_held_against_the_target_of_embeddings() -> None:
    found = figures(talks(40, WARM))["similarity"]
    assert found["verdict"] == "not comparable" and 0 < found["value"] < 1


def test_the_sample_is_the_same_in_any_order_and_its_size_is_stated() -> None:
    lines = talks(120, WARM)
    shuffled = random.Random(3).sample(lines, len(lines))
    reports = []
    for given in (lines, shuffled):
        sampler = QualitySampler(50)
        for item in given:
            sampler.add(item)
        reports.append(report_of(sampler))
    assert reports[0] == reports[1]
    assert (reports[0]["records"], reports[0]["sample"]) == (120, 50)
    short = summary(reports[0])
    assert set(short["metrics"]) == {metric.name for metric in METRICS} and short["sample"] == 50
