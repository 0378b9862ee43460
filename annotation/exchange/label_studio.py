"""Label Studio's JSON: read as it exports, written so that its own importer takes it (label-studio 1.23).

`LABELING_CONFIG` is the project set-up that fits. Who labelled is written into each annotation's results, because
Label Studio takes `completed_by` only for people it knows; without it, it names whoever imports. Offsets are UTF-16
units there and code points here.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator
from typing import Any, TypeGuard

from annotation.exchange.lines import LineError, parse_json
from annotation.exchange.offsets import to_points, to_units
from annotation.exchange.sample import (
    FinalLabel,
    LabelledSample,
    Message,
    RawLabel,
    Refusal,
    Span,
    SuggestedLabel,
    convert,
    plain,
)
from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS, CRISIS_TYPES, EDGE_CASE_KINDS, NONE_TYPE, SIX_TYPES

OURS = "pixelhub"
EVIDENCE = "evidence"
TEXT = "dialogue"
_TYPE_OF = {**{code: code for code in CRISIS_TYPES}, **{name: code for code, name in CRISIS_TYPE_LABELS.items()}}
_MARKS = ("uncertain", "about_someone_else")
_Result = dict[str, Any]


def labeling_config() -> str:
    """The labelling set-up of a Label Studio project that these files fit."""
    return f"""<View>
  <Paragraphs name="{TEXT}" value="${TEXT}" layout="dialogue" nameKey="author" textKey="text"/>
  <ParagraphLabels name="spans" toName="{TEXT}"><Label value="{EVIDENCE}"/></ParagraphLabels>
  <Choices name="crisis_type" toName="{TEXT}" choice="single" required="true">{_choices(CRISIS_TYPES)}</Choices>
  <Choices name="secondary_types" toName="{TEXT}" choice="multiple">{_choices(SIX_TYPES)}</Choices>
  <Rating name="severity" toName="{TEXT}" maxRating="5"/>
  <Number name="confidence" toName="{TEXT}" min="0" max="1" step="0.01"/>
  <Choices name="edge_case" toName="{TEXT}" choice="single">{_choices(EDGE_CASE_KINDS)}</Choices>
  <Choices name="marks" toName="{TEXT}" choice="multiple">{_choices(_MARKS)}</Choices>
  <TextArea name="note" toName="{TEXT}" maxSubmissions="1"/>
</View>"""


def write(samples: Iterable[LabelledSample]) -> Iterator[str]:
    """The pieces of one JSON list of tasks."""
    yield "["
    for number, sample in enumerate(samples):
        yield ("," if number else "") + json.dumps(_task(sample), ensure_ascii=False)
    yield "]"


def read(text: Iterable[str]) -> Iterator[LabelledSample | Refusal]:
    """Samples of an export (a list of tasks); a task that can't be read is refused by its place in the list."""
    try:
        tasks = parse_json("".join(text).removeprefix("\ufeff"))
    except LineError as error:
        yield Refusal(1, str(error), "")
        return
    if not isinstance(tasks, list):
        yield Refusal(1, "a Label Studio export is a list of tasks", "")
        return
    seen: set[str] = set()
    for row, task in enumerate(tasks, start=1):
        try:
            sample = _sample(task)
            if sample.id in seen:
                raise ValueError("this id stands on an earlier task")
            seen.add(sample.id)
            yield sample
        except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
            reason = str(error) if type(error) is ValueError else "a field is missing or of another kind"
            yield Refusal(row, reason, json.dumps(task, ensure_ascii=False))


def _choices(values: Iterable[str]) -> str:
    return "".join(f'<Choice value="{value}"/>' for value in values)


def _task(sample: LabelledSample) -> dict[str, Any]:
    annotations = [_annotation(sample, label, number) for number, label in enumerate(sample.labels)]
    if sample.final:
        annotations.append(_annotation(sample, sample.final, len(annotations)))
    return {
        "data": {
            "id": sample.id,
            TEXT: [{"author": message.role, "text": message.content} for message in sample.messages],
            "content_hash": sample.content_hash,
            "source": sample.source,
            "metadata": sample.metadata,
            # Label Studio's own export names predictions by number only.
            "suggestions": plain(sample.suggestions),
        },
        "annotations": annotations,
        "predictions": [
            {"model_version": made.source, "score": made.confidence, "result": _results(sample, made, f"p{number}")}
            for number, made in enumerate(sample.suggestions)
        ],
    }


def _annotation(sample: LabelledSample, label: RawLabel | FinalLabel, number: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "result": _results(sample, label, f"a{number}"),
        "was_cancelled": False,
        "ground_truth": isinstance(label, FinalLabel),
    }
    if isinstance(label, RawLabel):
        found["lead_time"] = label.seconds_spent
        found["created_at"] = label.submitted_at
    return found


def _results(sample: LabelledSample, label: RawLabel | FinalLabel | SuggestedLabel, place: str) -> list[_Result]:
    def result(name: str, kind: str, value: dict[str, Any]) -> _Result:
        made = uuid.uuid5(uuid.NAMESPACE_OID, f"{sample.id}/{place}/{name}/{json.dumps(value, sort_keys=True)}")
        return {"id": made.hex[:10], "from_name": name, "to_name": TEXT, "type": kind, "value": value}

    found = [result("crisis_type", "choices", {"choices": [label.crisis_type]})]
    if not isinstance(label, SuggestedLabel):
        # A reader of ours takes the whole label from here; Label Studio keeps it and shows it to nobody.
        found[0]["meta"] = {OURS: {"kind": type(label).__name__, "label": plain(label)}}
    if label.severity is not None:
        found.append(result("severity", "rating", {"rating": label.severity}))
    if label.confidence is not None:
        found.append(result("confidence", "number", {"number": label.confidence}))
    if isinstance(label, RawLabel):
        found += _more_results(sample.messages, label, result)
    if not isinstance(label, SuggestedLabel) and label.edge_case_kind:
        found.append(result("edge_case", "choices", {"choices": [label.edge_case_kind]}))
    return found


def _more_results(messages: tuple[Message, ...], label: RawLabel, result: Any) -> list[_Result]:
    found: list[_Result] = []
    if label.secondary_types:
        found.append(result("secondary_types", "choices", {"choices": list(label.secondary_types)}))
    marks = [name for name in _MARKS if getattr(label, name)]
    if marks:
        found.append(result("marks", "choices", {"choices": marks}))
    if label.note:
        found.append(result("note", "textarea", {"text": [label.note]}))
    for span in label.spans if messages else ():
        content = messages[span.message].content
        place: dict[str, Any] = {"start": str(span.message), "end": str(span.message)}
        place |= {"text": content[span.start : span.end]}
        place |= {"startOffset": to_units(content, span.start), "endOffset": to_units(content, span.end)}
        found.append(result("spans", "paragraphlabels", {**place, "paragraphlabels": [EVIDENCE]}))
    return found


def _sample(task: dict[str, Any]) -> LabelledSample:
    data = task["data"]
    messages = [Message(str(turn["author"]), str(turn["text"])) for turn in data.get(TEXT) or []]
    if not messages and isinstance(data.get("text"), str):
        messages = [Message("user", data["text"])]
    labels: list[RawLabel] = []
    final: FinalLabel | None = None
    for annotation in task.get("annotations") or []:
        if annotation.get("was_cancelled"):
            continue
        made = _label(annotation, messages)
        if isinstance(made, FinalLabel):
            final = made
        else:
            labels.append(made)
    fields = {
        "id": str(data.get("id") or task.get("id") or ""),
        "content_hash": data.get("content_hash", ""),
        "source": data.get("source", ""),
        "messages": plain(messages),
        "metadata": data.get("metadata") or {},
        "labels": plain(labels),
        "final": plain(final),
        "suggestions": _suggestions(task),
    }
    return convert(fields, LabelledSample)


def _label(annotation: dict[str, Any], messages: list[Message]) -> RawLabel | FinalLabel:
    results = annotation["result"]
    values = _values(results)
    kept = next((result["meta"][OURS] for result in results if OURS in (result.get("meta") or {})), None)
    if kept is not None:
        label = convert(kept["label"], FinalLabel if kept["kind"] == "FinalLabel" else RawLabel)
        if _same(label, values):
            return label
    fields: dict[str, Any] = {
        "annotator": _annotator(annotation),
        "crisis_type": _crisis_type(values),
        "severity": values.get("severity"),
        "confidence": values.get("confidence"),
        "secondary_types": [_TYPE_OF.get(choice, choice) for choice in values.get("secondary_types", [])],
        "edge_case_kind": next(iter(values.get("edge_case", [])), ""),
        "is_edge_case": bool(values.get("edge_case")),
        "uncertain": "uncertain" in values.get("marks", []),
        "about_someone_else": "about_someone_else" in values.get("marks", []),
        "note": "\n".join(values.get("note", [])),
        "spans": plain([_span(result["value"], messages) for result in results if result["type"] == "paragraphlabels"]),
        "seconds_spent": round(annotation.get("lead_time") or 0),
        "submitted_at": annotation.get("created_at") or "",
    }
    if fields["crisis_type"] == NONE_TYPE:
        fields["severity"] = None
    return convert(fields, RawLabel)


def _values(results: list[_Result]) -> dict[str, Any]:
    keys = {"choices": "choices", "rating": "rating", "number": "number", "textarea": "text"}
    return {r["from_name"]: r["value"][keys[r["type"]]] for r in results if r["type"] in keys}


def _same(label: RawLabel | FinalLabel, values: dict[str, Any]) -> bool:
    """Whether nobody changed the decision in Label Studio since we wrote it."""
    return [label.crisis_type] == values.get("crisis_type") and label.severity == values.get("severity")


def _crisis_type(values: dict[str, Any]) -> str:
    for named in (values.get("crisis_type"), *values.values()):
        if _is_type(named):
            return str(_TYPE_OF[named[0]])
    raise ValueError("no choice names one crisis type")


def _is_type(value: Any) -> TypeGuard[list[str]]:
    return isinstance(value, list) and len(value) == 1 and isinstance(value[0], str) and value[0] in _TYPE_OF


def _annotator(annotation: dict[str, Any]) -> str:
    """Whom Label Studio names: a number, or an address; addresses are people, so only a number made of them is kept."""
    who = annotation.get("completed_by")
    if isinstance(who, dict):
        who = who.get("id") or uuid.uuid5(uuid.NAMESPACE_OID, str(who.get("email"))).hex[:12]
    return f"label-studio-{who}" if who is not None else "label-studio"


def _span(value: dict[str, Any], messages: list[Message]) -> Span:
    first, last = int(value["start"]), int(value["end"])
    if first != last or not 0 <= first < len(messages):
        raise ValueError("a highlight goes over several messages, or names none")
    content = messages[first].content
    return Span(first, to_points(content, value["startOffset"]), to_points(content, value["endOffset"]))


def _suggestions(task: dict[str, Any]) -> list[dict[str, Any]]:
    if kept := task["data"].get("suggestions"):
        return list(kept)
    return [_suggestion(made) for made in task.get("predictions") or [] if isinstance(made, dict)]


def _suggestion(prediction: dict[str, Any]) -> dict[str, Any]:
    values = _values(prediction["result"])
    return {
        "source": prediction.get("model_version") or "unknown",
        "crisis_type": _crisis_type(values),
        "severity": values.get("severity"),
        "confidence": values.get("confidence", prediction.get("score")),
    }
