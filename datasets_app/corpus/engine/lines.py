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

from .layout import EDGE, EDGE_KINDS, LABEL_SOURCES, PII_STATES, SIMULATED, SOURCES, UNLABELLED, UNTRACED
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
    """A line without group and cluster, and the codes its index row takes."""

    data: bytes
    splice: int
    digest: bytes
    type: int
    severity: int
    source: int
    stage: int
    flags: int
    pii: int
    label: int
    edge_kind: int
    family: str
    group_keys: list[str]


class LineMaker:
    """Makes lines of the rows of one input; all that these have in common is encoded once."""

    def __init__(self, entry: Input) -> None:
        self._entry = entry
        self._family = entry.family
        self._source = _SOURCE_CODE[entry.source]
        name = entry.name or entry.family
        terms = {"consent": entry.consent, "input": name, "licence": entry.licence}
        self._provenance = b'","provenance":' + orjson.dumps(terms, option=_SORTED)[:-1] + b',"raw_sha256":"'
        described = orjson.dumps({"source": entry.source, "source_family": entry.family, "stage": entry.stage})
        self._described = b'",' + described[1:] + b',"severity":'

    def corpus_line(
        self, converted: Converted, messages: list[dict[str, str]], content: str, raw_sha256: str, pii: int
    ) -> Line:
        """Return the line of a converted row. `content` is the content hash of `messages`."""
        entry = self._entry
        kind = converted.proposed_type
        severity = converted.proposed_severity
        edge = converted.is_edge_case
        edge_kind = _EDGE_CODE[converted.edge_case_kind]
        external = converted.external_id
        record = record_hash(external or content, entry.stage, entry.source, severity)
        if kind:
            head = b'{"confidence":null,"crisis_type":"%b","id":' % kind.encode()
            label = b',"label_source":"input","messages":'
        else:
            head = b'{"confidence":null,"crisis_type":null,"id":'
            label = b',"label_source":"none","messages":'
        before = b"".join(
            (head, orjson.dumps(external or content), label, orjson.dumps(messages, option=_SORTED), _METADATA)
        )
        data = b"".join(
            (
                before, _HEAD, content[7:].encode(), b'","edge_case_kind":"', _EDGE_BYTES[edge_kind],
                b'","group":"","is_training_edge_case":', _TRUE if edge else _FALSE,
                b',"origin":', orjson.dumps(converted.metadata, option=_SORTED),
                b',"pii":"', PII_STATES[pii].encode(), self._provenance, raw_sha256.encode(),
                b'"},"record_hash":"', record.encode(), self._described,
                b"null}\n" if severity is None else b"%d}\n" % severity,
            )
        )  # fmt: skip
        return Line(
            data,
            len(before),
            bytes.fromhex(content[7:]),
            _TYPE_CODE[kind] if kind else UNLABELLED,
            severity or 0,
            self._source,
            entry.stage,
            EDGE if edge else 0,
            pii,
            _LABEL_CODE["input" if kind else "none"],
            edge_kind,
            self._family,
            converted.group_keys,
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
    line = Line(
        data,
        # Inside a text every quote is escaped, so the first place that looks like this is the field itself.
        data.index(_METADATA + _HEAD) + len(_METADATA),
        bytes.fromhex(found.content_hash[7:]),
        _TYPE_CODE[checked.crisis_type] if checked.crisis_type else UNLABELLED,
        checked.severity or 0,
        _SOURCE_CODE[found.source],
        metadata["stage"],
        flags if traced(row) else flags | UNTRACED,
        _PII_CODE[found.pii],
        _LABEL_CODE[checked.label_source],
        _EDGE_CODE[found.edge_case_kind],
        found.source_family,
        keys,
    )
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
