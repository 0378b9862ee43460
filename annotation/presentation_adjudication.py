"""What the page of one decision is rendered from."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from annotation.agreement.aggregation import Vote, disagree, harm_order
from annotation.forms import RulingForm
from annotation.guideline_text import render, sections
from annotation.models import Annotation, Round, RoundItem
from annotation.selectors_adjudication import SHOWS, Queue, decisions_on
from annotation.services.adjudications import has_authority
from annotation.spans import pieces
from annotation.votes import vote_of
from pixelhub.accounts.access import can
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability

BEFORE, SHOWN = 3, 25  # entries of the queue beside the page, and how many of them lie before the current one
QUOTE = 90


def queue_context(queue: Queue, current: int | None) -> dict[str, Any]:
    """The queue around the current sample, its filters and its neighbours' addresses."""
    place = next((n for n, entry in enumerate(queue.entries) if entry.pk == current), None)
    start = max(0, (place or 0) - BEFORE)
    filters = {"show": queue.show, "pair": queue.pair}
    shows = [name for name in SHOWS if queue.counts[name] or name == queue.show]
    return {
        "queue": queue,
        "entries": queue.entries[start : start + SHOWN],
        "left_out": max(0, len(queue.entries) - SHOWN),
        "shows": [(name, SHOWS[name], queue.counts[name]) for name in shows],
        "filters": urlencode({name: value for name, value in filters.items() if value}),
        "previous": queue.entries[place - 1] if place else None,
        "next": queue.entries[place + 1] if place is not None and place + 1 < len(queue.entries) else None,
        "waiting": queue.waiting,
    }


def item_context(user: User, round: Round, item: RoundItem, form: RulingForm | None) -> dict[str, Any]:
    """One sample: its labels side by side without names, each with its own evidence, and what was decided so far."""
    # In a fixed order that says nothing about who came first.
    annotations = sorted(item.annotations.all(), key=lambda annotation: annotation.sha256)
    names = {annotation.pk: chr(ord("A") + number) for number, annotation in enumerate(annotations)}
    votes = [vote_of(annotation) for annotation in annotations]
    decided = getattr(item, "adjudication", None)
    titles = {section.code: section.title for section in sections(round.guideline.markdown)}
    history = [(row, titles.get(row.guideline_section, row.guideline_section)) for row in decisions_on(item)]
    messages = item.record.messages
    spans = {names[annotation.pk]: annotation.spans for annotation in annotations}
    return {
        "item": item,
        "voices": [_voice(names[annotation.pk], annotation, messages) for annotation in annotations],
        "turns": [
            {"role": message["role"], "pieces": pieces(message["content"], spans, index)}
            for index, message in enumerate(messages)
        ],
        "has_evidence": any(spans.values()),
        "missed": disagree(votes) and harm_order(votes)[0] == 0,
        "agreed": not disagree(votes),
        "decided": decided,
        "decided_section": titles.get(decided.guideline_section, decided.guideline_section) if decided else "",
        "history": [{"row": row, "section": section} for row, section in history],
        "flags": [flag for flag in item.flags.all() if flag.resolved_at is None],
        "model_votes": item.rater_model_votes.all(),
        "may_not": _may_not(user, round, annotations, decided, votes),
        "form": form or RulingForm(round=round, initial=_initial(item, decided)),
        "guideline_html": render(round.guideline.markdown),
    }


def _voice(name: str, annotation: Annotation, messages: list[dict[str, str]]) -> dict[str, Any]:
    quotes = []
    for span in sorted(annotation.spans, key=lambda span: (span["message"], span["start"])):
        text = messages[span["message"]]["content"][span["start"] : span["end"]]
        quotes.append({"turn": span["message"] + 1, "text": text if len(text) <= QUOTE else f"{text[: QUOTE - 1]}…"})
    return {"name": name, "label": annotation, "quotes": quotes}


def _may_not(user: User, round: Round, annotations: list[Annotation], decided: Any, votes: list[Vote]) -> str:
    """Why this person can't decide here; empty where they can."""
    authority = can(user, round.project, Capability.ADJUDICATE_OVERRIDE)
    if round.state != Round.State.CLOSED:
        return "The labels of this round are published; its decisions stand."
    if any(annotation.annotator_id == user.pk for annotation in annotations):
        return "You labelled this sample yourself; somebody else decides it."
    if decided is not None and not authority and has_authority(decided, round):
        return "The clinical lead decided this sample; only they can change it."
    if not disagree(votes) and not authority:
        return "The annotators agree here; only the clinical lead decides over it."
    return ""


def _initial(item: RoundItem, decided: Any) -> dict[str, Any]:
    initial = {"item": item.pk, "version": 0}
    if decided is not None:
        names = ("version", "crisis_type", "severity", "edge_case_kind", "guideline_section", "reason")
        initial.update({name: getattr(decided, name) for name in names})
    return initial
