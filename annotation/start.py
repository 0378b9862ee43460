"""What the “Start here” page is rendered from: the steps, where somebody stands, and the one thing to do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from annotation.guideline_text import sections
from annotation.models import Guideline, Qualification, QualificationAttempt, Round
from annotation.selectors_qualification import (
    answered_in,
    attempts_of,
    current_guideline,
    next_set,
    own_rounds,
    practice_left,
    standing_now,
    work_refusal,
)
from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS
from pixelhub.accounts.models import Project, User

STATE = Qualification.State
KIND = Round.Kind


@dataclass(frozen=True)
class NextStep:
    """What to do now: a sentence and, where there is something to press, a link or an act; and what else is open."""

    text: str
    label: str = ""
    url: str = ""  # to go to
    post: str = ""  # to send
    also_label: str = ""
    also_url: str = ""


def start_context(user: User, project: Project) -> dict[str, Any]:
    """Everything on the page; only this person's own figures, and of their real work only what is over."""
    standing = standing_now(project, user)
    guideline = current_guideline(project)
    upcoming = next_step(user, project, standing, guideline)
    return {
        "standing": standing,
        "guideline": guideline,
        "next": upcoming,
        "steps": _steps(user, project, standing, guideline),
        "must_read": guideline is not None and standing.guideline_read_id != guideline.pk,
        "attempts": [_attempt(attempt) for attempt in attempts_of(project, user)],
        "rounds": own_rounds(project, user),
        "paused": standing.state == STATE.PAUSED,
    }


def next_step(user: User, project: Project, standing: Qualification, guideline: Guideline | None) -> NextStep:
    """The one thing that this person could do next."""
    if standing.state == STATE.PAUSED:
        return NextStep("Labelling is paused for you for now. QA will talk with you. Nothing of yours is lost.")
    if guideline is None and standing.guideline_read_id is None:
        return NextStep("The guideline waits for a clinical lead's approval. Come back soon.")
    if standing.guideline_read_id is None:
        return NextStep("Read the guideline, and tick below that you have.")
    is_open, label_url = work_refusal(project.pk, user) is None, reverse("annotation:label")
    # Nothing stands in the way: the steps before are a good beginning, and no more.
    also = {"also_label": "Label conversations", "also_url": label_url} if is_open else {}
    after = " Real work is open to you already." if is_open else ""
    if standing.state != STATE.QUALIFIED and practice_left(project, user):
        text = f"Practise: after each label you see what the expert chose, and why.{after}"
        return NextStep(text, "Practise", post=reverse("annotation:start_practice"), **also)
    if standing.state != STATE.QUALIFIED and next_set(project, user, KIND.QUALIFICATION) is not None:
        text = f"Take the qualification. No feedback while you take it; the result comes at the end.{after}"
        return NextStep(text, "Take the qualification", post=reverse("annotation:start_qualification"), **also)
    if not is_open:
        return NextStep("There is no qualification set for you yet. QA sees that on their page.")
    return NextStep("Real work is open to you.", "Label conversations", label_url)


def _steps(user: User, project: Project, standing: Qualification, guideline: Guideline | None) -> list[dict[str, Any]]:
    read = standing.guideline_read
    practice, test = (_set_detail(project, user, kind) for kind in (KIND.PRACTICE, KIND.QUALIFICATION))
    qualified = standing.state == STATE.QUALIFIED
    practised = read is not None and not practice_left(project, user)
    is_open = work_refusal(project.pk, user) is None
    done = [read is not None, qualified or practised, qualified, False]
    # Where work is open without them, practice and qualification are offered, and one stands at the work.
    current = len(done) - 1 if is_open and read is not None else done.index(False)
    may_skip = "optional" if is_open and not qualified else ""
    names = ("Read the guideline", "Practise", "Qualify", "Label real conversations")
    details = (
        f"version {read.version}" if read else (f"version {guideline.version}" if guideline else "not approved yet"),
        practice if done[1] else _joined(may_skip, practice),
        "passed" if qualified else _joined(may_skip, test),
        "open" if is_open else "",
    )
    return [
        {
            "label": name,
            "detail": detail,
            "state": "done" if done[place] else "current" if place == current else "todo",
        }
        for place, (name, detail) in enumerate(zip(names, details, strict=True))
    ]


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _set_detail(project: Project, user: User, kind: str) -> str:
    found = next_set(project, user, kind)
    if found is None:
        return ""
    answered, asked = answered_in(found, user)
    return f"{answered} of {asked} answered" if asked else f"{found.items.count()} conversations"


def _attempt(attempt: QualificationAttempt) -> dict[str, Any]:
    figures = attempt.figures
    guideline = attempt.round.guideline
    titles = {section.code: section.title for section in sections(guideline.markdown)}
    page = reverse("annotation:guideline_detail", args=[guideline.pk])
    reread = figures["read_again"]
    return {
        "attempt": attempt,
        "types": [
            {
                **row,
                "name": CRISIS_TYPE_LABELS[row["type"]],
                "low": row["interval"][0],
                "high": row["interval"][1],
                "read": [
                    {"title": titles.get(code, code), "url": f"{page}#section-{code}"}
                    for code in reread.get(row["type"], ())
                ],
            }
            for row in figures["per_type"]
        ],
        "low": figures["interval"][0],
        "high": figures["interval"][1],
        "kappa": figures["kappa_interval"] or {"low": None, "high": None},
        "skipped": figures["asked"] - figures["n"],
    }
