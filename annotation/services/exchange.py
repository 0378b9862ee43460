"""Labels out as a file, and labels from elsewhere in as suggestions."""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.db.models import Count

from annotation.errors import Invalid, NotAllowed, Refused
from annotation.exchange import FORMATS, LabelledSample, Refusal, detect, read, write
from annotation.exchange.sample import FinalLabel, RawLabel, SuggestedLabel
from annotation.labels import clean_text
from annotation.models import LabelImport, Round, Suggestion
from annotation.selectors_exchange import VIEWS, View, labelled_samples
from datasets_app.corpus.hashing import content_hash
from datasets_app.models import Record
from pixelhub.accounts.access import can
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from pixelhub.objects import get_store

LARGEST_FILE = 512 * 1024 * 1024
AT_ONCE = 500
REASONS_KEPT = 200
_HEAD_BYTES = 1 << 20
_IN_MEMORY = 8 << 20


def labels_export(
    *, round: Round, actor: User | None, format: str, view: View = "adjudicated", with_text: bool = False
) -> tuple[BinaryIO, int]:
    """The round's labels as an open file at its beginning, and how many conversations are in it.

    Needs agreement.view, and rawtext.view for the conversations' words. Without an actor (the command line of the
    machine itself) nothing is asked. Every export is in the audit trail. Raises `NotAllowed`, or `Invalid` for an
    unknown format or view.
    """
    if format not in FORMATS or view not in VIEWS:
        raise Invalid("format", "Choose one of the formats, and raw or adjudicated.")
    needs = [Capability.AGREEMENT_VIEW, *([Capability.RAWTEXT_VIEW] if with_text else [])]
    if actor is not None and not all(can(actor, round.project, needed) for needed in needs):
        raise NotAllowed("may_not_export", "Your role does not read all of this.")
    count = 0

    def counted() -> Iterator[LabelledSample]:
        nonlocal count
        for sample in labelled_samples(round, view, with_text=with_text):
            count += 1
            yield sample

    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  (the caller closes what it is given)
    for piece in write(format, counted()):
        file.write(piece.encode("utf-8"))
    payload = {"format": format, "view": view, "with_text": with_text, "conversations": count}
    with transaction.atomic():
        record(action="labels.export", actor=actor, project=round.project, target=round, payload=payload)
    file.seek(0)
    return file, count  # type: ignore[return-value]


def labels_import(
    *, project: Project, actor: User | None, file: BinaryIO, file_name: str, name: str, format: str | None = None
) -> LabelImport:
    """Take in the labels of a file as suggestions: pre-labels, not labels that people made here.

    A conversation is found by its content hash, its words, or its id where that is unique in the project. Of a file
    with several annotators each label is a suggestion with a source of its own. The counts add up: read = accepted +
    duplicates + refused, in conversations; refused ones are kept in the object store with row and reason. Raises
    `Invalid` for a file that is none of the formats, `NotAllowed` without round.manage.
    """
    if actor is not None and not can(actor, project, Capability.ROUND_MANAGE):
        raise NotAllowed("may_not_import", "Your role does not take in labels.")
    name = clean_text(name, name="The name", limit=100)
    if not name:
        raise Invalid("name", "Give the file a name: its suggestions are known by it.")
    text, digest = _as_text(file)
    head = list(islice(text, 20))
    chosen = format or detect([line[:_HEAD_BYTES] for line in head])
    if chosen not in FORMATS:
        names = ", ".join(made.title for made in FORMATS.values())
        raise Invalid("file", f"This is none of the formats: {names}.")
    text.seek(0)
    try:
        return _import(project, actor, file_name, name, chosen, digest, text)
    except IntegrityError as error:
        raise Refused("at_once", "Another import brought the same labels at this moment. Try again.") from error


def _import(
    project: Project, actor: User | None, file_name: str, name: str, chosen: str, digest: str, text: io.StringIO
) -> LabelImport:
    tally = _Tally()
    with transaction.atomic():
        for found in _batches(read(chosen, text)):
            _take(project, actor, name, found, tally)
        made = LabelImport(
            project=project,
            name=name,
            file_name=Path(file_name).name[:200],
            file_sha256=digest,
            format=chosen,
            read=tally.accepted + tally.duplicates + len(tally.refused),
            accepted=tally.accepted,
            duplicates=tally.duplicates,
            refused=len(tally.refused),
            suggestions=tally.suggestions,
            reasons=[{"row": each.row, "reason": each.reason} for each in tally.refused[:REASONS_KEPT]],
            created_by=actor,
        )
        if tally.refused:
            made.refused_key = _keep_refused(project, tally.refused)
        made.save()
        counts = {key: getattr(made, key) for key in ("read", "accepted", "duplicates", "refused", "suggestions")}
        payload = {"format": chosen, "file_sha256": digest, **counts}
        record(action="labels.import", actor=actor, project=project, target=made, payload=payload)
    return made


@dataclass
class _Tally:
    accepted: int = 0
    duplicates: int = 0
    suggestions: int = 0
    refused: list[Refusal] = field(default_factory=list)


def _as_text(file: BinaryIO) -> tuple[io.StringIO, str]:
    data = file.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise Invalid("file", "The file is larger than 512 MB. Split it.")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid("file", f"The file is not UTF-8 at byte {error.start}.") from error
    if "\x00" in text:
        raise Invalid("file", "The file contains NUL characters.")
    # Lines end where the file ends them, and nowhere else: not at separators inside a text.
    return io.StringIO(text, newline=""), hashlib.sha256(data).hexdigest()


def _batches(found: Iterable[LabelledSample | Refusal]) -> Iterator[list[LabelledSample | Refusal]]:
    rows = iter(found)
    while batch := list(islice(rows, AT_ONCE)):
        yield batch


def _take(
    project: Project, actor: User | None, name: str, found: list[LabelledSample | Refusal], tally: _Tally
) -> None:
    samples = [each for each in found if isinstance(each, LabelledSample)]
    tally.refused += [each for each in found if isinstance(each, Refusal)]
    records = _records(project, samples)
    known = _known(records.values())
    fresh: list[Suggestion] = []
    for sample in samples:
        pk = records.get(sample.id)
        proposed = list(_proposed(name, sample))
        reason = _refusal(pk, proposed, known)
        if pk is None or reason:
            tally.refused.append(Refusal(0, f"{sample.id}: {reason}", ""))
            continue
        new = [each for each in proposed if (pk, each[0]) not in known]
        for source, label in new:
            known[pk, source] = (label.crisis_type, label.severity)
            fresh.append(_suggestion(project, actor, pk, source, label))
        tally.accepted += bool(new)
        tally.duplicates += not new
    Suggestion.objects.bulk_create(fresh, batch_size=AT_ONCE)
    tally.suggestions += len(fresh)


def _records(project: Project, samples: list[LabelledSample]) -> dict[str, int]:
    """Sample id to record, by content hash first and then by an id that only one record has."""
    hashes = {sample.id: sample.content_hash or _hash_of(sample) for sample in samples}
    mine = Record.objects.filter(project=project)
    by_hash = dict(mine.filter(content_hash__in=set(hashes.values())).values_list("content_hash", "pk"))
    unique = (
        mine.filter(external_id__in=[sample.id for sample in samples])
        .values("external_id")
        .annotate(n=Count("pk"))
        .filter(n=1)
        .values("external_id")
    )
    by_id = dict(mine.filter(external_id__in=unique).values_list("external_id", "pk"))
    found = {sample.id: by_hash.get(hashes[sample.id]) or by_id.get(sample.id) for sample in samples}
    return {name: pk for name, pk in found.items() if pk is not None}


def _hash_of(sample: LabelledSample) -> str:
    messages = [{"role": message.role, "content": message.content} for message in sample.messages]
    return content_hash(messages) if messages else ""


def _known(records: Iterable[int]) -> dict[tuple[int, str], tuple[str, int | None]]:
    rows = Suggestion.objects.filter(record__in=list(records))
    return {
        (record_id, source): (crisis_type, severity)
        for record_id, source, crisis_type, severity in rows.values_list(
            "record_id", "source", "crisis_type", "severity"
        )
    }


def _proposed(name: str, sample: LabelledSample) -> Iterator[tuple[str, RawLabel | FinalLabel | SuggestedLabel]]:
    """(source, label): the standing label under the file's name, others with theirs behind it.

    A file can therefore not pass its suggestions off as those of a model that is registered here.
    """
    if sample.final is not None:
        yield name, sample.final
    for label in sample.labels:
        yield f"{name} · {label.annotator}"[:200], label
    for suggestion in sample.suggestions:
        yield f"{name} · {suggestion.source}"[:200], suggestion


def _refusal(
    pk: int | None,
    proposed: list[tuple[str, RawLabel | FinalLabel | SuggestedLabel]],
    known: Mapping[tuple[int, str], tuple[str, int | None]],
) -> str:
    if pk is None:
        return "no such conversation in this project; import the conversations first"
    if not proposed:
        return "there is no label in it"
    if len({source for source, _ in proposed}) < len(proposed):
        return "an annotator or a source stands twice in it"
    for source, label in proposed:
        if known.get((pk, source), (label.crisis_type, label.severity)) != (label.crisis_type, label.severity):
            return "another label of this conversation came under this name before"
    return ""


def _suggestion(
    project: Project, actor: User | None, pk: int, source: str, label: RawLabel | FinalLabel | SuggestedLabel
) -> Suggestion:
    return Suggestion(
        project=project,
        record_id=pk,
        origin=Suggestion.Origin.IMPORT,
        source=source,
        crisis_type=label.crisis_type,
        severity=label.severity,
        confidence=label.confidence,
        created_by=actor,
    )


def _keep_refused(project: Project, refused: list[Refusal]) -> str:
    key = f"label-imports/{project.pk}/{uuid4().hex}.jsonl"
    rows = (
        json.dumps({"row": each.row, "reason": each.reason, "raw": each.raw}, ensure_ascii=False) for each in refused
    )
    get_store().put(key, ("\n".join(rows) + "\n").encode("utf-8", "backslashreplace"))
    return key
