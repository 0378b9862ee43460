"""Release lines as bytes: built once from a prepared row, completed by splicing when group and cluster are known.

The keys of a line are sorted, so what the splice changes stands together at the start of `metadata`:
cluster, content_hash, edge_case_kind, group, is_training_edge_case.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec
import orjson

from datasets_app.corpus import taxonomy
from datasets_app.corpus.counts import traced
from datasets_app.corpus.formats import Converted
from datasets_app.corpus.hashing import content_hash, record_hash
from datasets_app.corpus.parse import RowRejected
from datasets_app.corpus.record import PreparedLine

from .layout import EDGE, EDGE_KINDS, LABEL_SOURCES, PACK_CODES, PII_STATES, SIMULATED, SOURCES, UNLABELLED, UNTRACED
from .settings import Input

_SORTED: Final = orjson.OPT_SORT_KEYS
_TYPE_CODE: Final = {kind: code for code, kind in enumerate(taxonomy.HARM_ORDER)}
_EDGE_CODE: Final = {kind: code for code, kind in enumerate(EDGE_KINDS)}
_PII_CODE: Final = {state: code for code, state in enumerate(PII_STATES)}
_LABEL_CODE: Final = {name: code for code, name in enumerate(LABEL_SOURCES)}
_SOURCE_CODE: Final = {name: code for code, name in enumerate(SOURCES)}
_METADATA: Final = b',"metadata":{'
_HEAD: Final = b'"cluster":"","content_hash":"sha256:'
_TRUE, _FALSE = b"true", b"false"
# The length of the spliced stretch without the name of the edge case's kind and without "true" or "false".
_FIXED: Final = len(_HEAD) + 64 + len(b'","edge_case_kind":"","group":"","is_training_edge_case":')
_TO_GROUP: Final = 64 + len(b'","edge_case_kind":"","group":"')
_EDGE_BYTES: Final = [kind.encode() for kind in EDGE_KINDS]
_PREPARED: Final = msgspec.json.Decoder(PreparedLine)


class Line(NamedTuple):
    """A line without group and cluster, what its index row takes, and what ties it to others."""

    data: bytes
    splice: int
    digest: bytes
    codes: bytes  # PACK_CODES of type, severity, source, stage, flags, pii, label, edge_kind
    family: str
    group_keys: list[str]


class _Form(NamedTuple):
    """What lines of the same labels and state have in common."""

    head: bytes
    after_id: bytes
    after_hash: bytes
    after_origin: bytes
    tail: bytes
    codes: bytes


class LineMaker:
    """Makes lines of the rows of one input; all that some of these have in common is encoded once."""

    def __init__(self, entry: Input) -> None:
        self._entry = entry
        self._stage, self._source = entry.stage, entry.source
        self._forms: dict[tuple[str, int | None, bool, str, int], _Form] = {}

    def corpus_line(
        self, converted: Converted, messages: list[dict[str, str]], content: str, raw_sha256: str, pii: int
    ) -> Line:
        """Return the line of a converted row. `content` is the content hash of `messages`."""
        severity = converted.proposed_severity
        labels = (converted.proposed_type, severity, converted.is_edge_case, converted.edge_case_kind, pii)
        form = self._forms.get(labels)
        if form is None:
            form = self._forms[labels] = self._form(*labels)
        external = converted.external_id or content
        name = orjson.dumps(external)
        spoken = orjson.dumps(messages, option=_SORTED)
        data = b"".join(
            (
                form.head, name, form.after_id, spoken, _METADATA, _HEAD, content[7:].encode(), form.after_hash,
                orjson.dumps(converted.metadata, option=_SORTED), form.after_origin, raw_sha256.encode(),
                b'"},"record_hash":"', record_hash(external, self._stage, self._source, severity).encode(), form.tail,
            )
        )  # fmt: skip
        splice = len(form.head) + len(name) + len(form.after_id) + len(spoken) + len(_METADATA)
        digest = bytes.fromhex(content[7:])
        return Line(data, splice, digest, form.codes, self._entry.family, converted.group_keys)

    def _form(self, kind: str, severity: int | None, edge: bool, edge_kind: str, pii: int) -> _Form:
        entry = self._entry
        terms = {"consent": entry.consent, "input": entry.name or entry.family, "licence": entry.licence}
        described = {"source": entry.source, "source_family": entry.family, "stage": entry.stage}
        label = "input" if kind else "none"
        return _Form(
            head=b'{"confidence":null,"crisis_type":%b,"id":' % orjson.dumps(kind or None),
            after_id=b',"label_source":"%b","messages":' % label.encode(),
            after_hash=b'","edge_case_kind":"%b","group":"","is_training_edge_case":%b,"origin":'
            % (edge_kind.encode(), _TRUE if edge else _FALSE),
            after_origin=b',"pii":"%b","provenance":%b,"raw_sha256":"'
            % (PII_STATES[pii].encode(), orjson.dumps(terms, option=_SORTED)[:-1]),
            tail=b'",%b,"severity":%b}\n' % (orjson.dumps(described)[1:], orjson.dumps(severity)),
            codes=PACK_CODES(
                _TYPE_CODE[kind] if kind else UNLABELLED,
                severity or 0,
                _SOURCE_CODE[entry.source],
                entry.stage,
                EDGE if edge else 0,
                pii,
                _LABEL_CODE[label],
                _EDGE_CODE[edge_kind],
            ),
        )


def prepared_line(raw: bytes) -> tuple[Line, list[dict[str, str]]]:
    """Return the line of a row that the hub prepared, and its messages. Raises RowRejected when it is none."""
    try:
        checked = _PREPARED.decode(raw)
        row: dict[str, Any] = orjson.loads(raw)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise RowRejected("not_prepared", _where(error)) from None
    keys = row.pop("group_keys", [])
    metadata = row["metadata"] = {**row["metadata"], "cluster": "", "group": ""}
    if content_hash(row["messages"]) != checked.metadata.content_hash:
        raise RowRejected("hash_mismatch", "the messages do not match their content hash")
    data = orjson.dumps(row, option=_SORTED) + b"\n"
    found = checked.metadata
    edge = found.is_training_edge_case
    flags = (EDGE if edge else 0) | (SIMULATED if found.provenance.simulated else 0)
    codes = PACK_CODES(
        _TYPE_CODE[checked.crisis_type] if checked.crisis_type else UNLABELLED,
        checked.severity or 0,
        _SOURCE_CODE[found.source],
        metadata["stage"],
        flags if traced(row) else flags | UNTRACED,
        _PII_CODE[found.pii],
        _LABEL_CODE[checked.label_source],
        _EDGE_CODE[found.edge_case_kind],
    )
    # Inside a text every quote is escaped, so the first place that looks like this is the field itself.
    splice = data.index(_METADATA + _HEAD) + len(_METADATA)
    line = Line(data, splice, bytes.fromhex(found.content_hash[7:]), codes, found.source_family, keys)
    return line, row["messages"]


def _where(error: Exception) -> str:
    """The place in the row that is wrong; a decoder's message may quote a value, the path never does."""
    _, _, path = str(error).rpartition(" - at `")
    return f"no prepared line, at {path.rstrip('`')}" if path else "no prepared line"


def splice_line(
    data: bytes, at: int, group: bytes, cluster: bytes, edge: tuple[int, int], kind: tuple[int, int]
) -> bytes:
    """Return the final line. `group` is b"" for a record that is a group of its own, named by its own hash.

    `edge` and `kind` are the codes before and after: the edge case of a copy is never lost.
    """
    start = at + len(_HEAD)
    digest = data[start : start + 64]
    group = group or b"g:" + digest[:24]
    if not cluster and edge[0] == edge[1]:
        place = start + _TO_GROUP + len(_EDGE_BYTES[kind[0]])
        return b"".join((data[:place], group, data[place:]))
    end = at + _FIXED + len(_EDGE_BYTES[kind[0]]) + (4 if edge[0] else 5)
    return b"".join(
        (
            data[:at], b'"cluster":"', cluster, b'","content_hash":"sha256:', digest,
            b'","edge_case_kind":"', _EDGE_BYTES[kind[1]], b'","group":"', group,
            b'","is_training_edge_case":', _TRUE if edge[1] else _FALSE, data[end:],
        )
    )  # fmt: skip
