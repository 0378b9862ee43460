"""Conversations from NeMo Data Designer, by its REST interface: create a job, ask how it is, fetch what it made.

A job of the service makes one part of a batch. Its recipe has two columns: a category sampler that draws one of the
part's scenarios, and an LLM column that writes the conversation to it. The service draws with replacement, so a
scenario may be told twice in a part and another one not at all; which one a row tells stands in the row.

    POST {base}/v1/data-designer/jobs                                {"name", "spec": {"num_records", "config"}}
    GET  {base}/v1/data-designer/jobs/{id}/status                    {"status": "running" | "completed" | "error" | …}
    GET  {base}/v1/data-designer/jobs/{id}/results/dataset/download  tar.gz of Parquet, or JSON Lines
"""

from __future__ import annotations

import io
import json
import tarfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from . import grammar
from .asking import SCHEMA, SYSTEM, conversation_in, instruction
from .backends import DESIGNER, Made, Run, told_by_a_model
from .conversations import Unlike
from .endpoint import AnswerMalformed, Endpoint, EndpointRefused, EndpointSettings, EndpointUnavailable, json_in
from .plan import Brief, Plan, brief_of, stream

JOBS: Final = "/v1/data-designer/jobs"
_PART: Final = 100
_LONGEST_POLL_S: Final = 15.0
_DONE: Final = frozenset({"completed", "ready"})
_FAILED: Final = frozenset({"error", "failed", "cancelled", "cancelling"})
_LARGEST_PARQUET: Final = 64 << 20
_ALIAS: Final = "writer"


@dataclass(frozen=True)
class _Part:
    """Rows `first` to `end` (without it) of a batch, and the job of the service that makes them."""

    job: str
    first: int
    end: int


class DesignerBackend:
    """NeMo Data Designer at `settings.base_url`; `provider` is the model provider's name there."""

    name = DESIGNER

    def __init__(
        self,
        settings: EndpointSettings,
        provider: str,
        *,
        part: int = _PART,
        poll_s: float = 1.0,
        longest_s: float = 6 * 3600,
    ) -> None:
        self._settings = settings
        self._provider = provider
        self._part = part
        self._poll_s = poll_s
        self._longest_s = longest_s

    def make(self, plan: Plan, run: Run) -> Iterator[Made]:
        """As Backend.make. A part that was begun before a kill is waited for, not begun again."""
        endpoint = Endpoint(self._settings, first_wait_s=self._poll_s)
        rules = grammar.load()
        unlike = Unlike()
        for messages in run.before:
            unlike.takes(messages)
        part = _part_of(run.remembered)
        first = run.start
        while first < plan.count:
            if part is not None and not part.first <= first < part.end:
                part = None
            # The part in which a killed run stopped is read again from its beginning: its rows keep their order.
            begin, end = (part.first, part.end) if part else (first, min(first + self._part, plan.count))
            briefs = {f"{n:06d}": brief_of(plan, n, stream(plan, n, 0), rules) for n in range(begin, end)}
            if part is None:
                part = _Part(self._begin(endpoint, plan, briefs, begin), begin, end)
                run.remember(json.dumps(asdict(part)))
            self._wait(endpoint, part.job, run)
            found = self._fetch(endpoint, part.job)
            for number in range(first, end):
                run.beat()
                came = found[number - begin] if number - begin < len(found) else None
                yield self._made(plan, number, came, briefs, unlike)
            first, part = end, None

    def _begin(self, endpoint: Endpoint, plan: Plan, briefs: Mapping[str, Brief], first: int) -> str:
        asked = {
            "name": f"pixelhub-{plan.prefix}-{first:06d}",
            "description": "Made-up conversations for Pixel Hub",
            "spec": {"num_records": len(briefs), "config": self.config(briefs)},
        }
        answer = endpoint.json("POST", JOBS, asked)
        if not isinstance(answer, dict) or not isinstance(answer.get("id"), str) or not answer["id"]:
            raise EndpointRefused("Data Designer named no job.")
        return str(answer["id"])

    def config(self, briefs: Mapping[str, Brief]) -> dict[str, Any]:
        """The recipe of a part."""
        told = [f"[{number}] {instruction(brief)}" for number, brief in briefs.items()]
        return {
            "model_configs": [
                {
                    "alias": _ALIAS,
                    "model": self._settings.model,
                    "provider": self._provider,
                    "inference_parameters": {
                        "temperature": 0.9,
                        "top_p": 0.95,
                        "max_tokens": 4000,
                        "max_parallel_requests": self._settings.parallel,
                    },
                }
            ],
            "columns": [
                {
                    "name": "brief",
                    "column_type": "sampler",
                    "sampler_type": "category",
                    "params": {"sampler_type": "category", "values": told},
                },
                {
                    "name": "made",
                    "column_type": "llm-structured",
                    "model_alias": _ALIAS,
                    "system_prompt": SYSTEM,
                    "prompt": "{{ brief }}",
                    "output_format": SCHEMA,
                },
            ],
        }

    def _wait(self, endpoint: Endpoint, job: str, run: Run) -> None:
        until = time.monotonic() + self._longest_s
        pause = self._poll_s
        while time.monotonic() < until:
            answer = endpoint.json("GET", f"{JOBS}/{job}/status")
            status = str(answer.get("status", "")).lower() if isinstance(answer, dict) else ""
            if status in _DONE:
                return
            if status in _FAILED:
                run.remember("")
                raise EndpointUnavailable(f"The job at Data Designer ended as “{status}”.")
            rested = time.monotonic() + pause
            while time.monotonic() < rested:
                run.beat()
                time.sleep(min(0.25, pause))
            pause = min(_LONGEST_POLL_S, pause * 1.5)
        raise EndpointUnavailable("The job at Data Designer did not end in time.")

    def _fetch(self, endpoint: Endpoint, job: str) -> list[Mapping[str, Any]]:
        answer = endpoint.fetch("GET", f"{JOBS}/{job}/results/dataset/download")
        try:
            return rows_in(answer.body)
        except AnswerMalformed as malformed:
            raise EndpointUnavailable(f"Data Designer's result can't be read ({malformed.reason}).") from None

    def _made(
        self,
        plan: Plan,
        number: int,
        found: Mapping[str, Any] | None,
        briefs: Mapping[str, Brief],
        unlike: Unlike,
    ) -> Made:
        if found is None:
            return Made(number, None, "missing", "the service made fewer rows than asked for")
        raw = json.dumps(found, default=str)
        brief = briefs.get(str(found.get("brief", ""))[1:7])
        if brief is None:
            return Made(number, None, "no_brief", "the row names no scenario of its part", raw)
        try:
            made = found.get("made")
            messages = conversation_in(json_in(made) if isinstance(made, str) else made, brief, raw)
        except AnswerMalformed as malformed:
            return Made(number, None, malformed.reason, malformed.detail, raw)
        near = not unlike.takes(messages)
        # The scenario may be told twice: the row's own number names the row, the scenario's the label.
        row = told_by_a_model(brief, messages, plan, backend=self.name, model=self._settings.model, near_copy=near)
        return Made(number, row | {"id": plan.identifier(number)})


def _part_of(remembered: str) -> _Part | None:
    return _Part(**json.loads(remembered)) if remembered else None


def rows_in(body: bytes) -> list[Mapping[str, Any]]:
    """Return the rows of a result: a tar.gz of Parquet or JSON Lines files, one Parquet file, or JSON Lines.

    Raises AnswerMalformed.
    """
    try:
        if body.startswith(b"\x1f\x8b"):
            rows: list[Mapping[str, Any]] = []
            with tarfile.open(fileobj=io.BytesIO(body), mode="r:gz") as archive:
                for member in sorted(archive, key=lambda entry: entry.name):
                    stream_in = archive.extractfile(member) if _is_data(member) else None
                    if stream_in is not None:
                        rows += _rows_of(stream_in.read(_LARGEST_PARQUET))
            return rows
        return _rows_of(body)
    except (tarfile.TarError, OSError, ValueError) as error:
        raise AnswerMalformed("unreadable", type(error).__name__) from None


def _is_data(member: tarfile.TarInfo) -> bool:
    return member.isfile() and member.name.endswith((".parquet", ".jsonl")) and member.size <= _LARGEST_PARQUET


def _rows_of(body: bytes) -> list[Mapping[str, Any]]:
    if body.startswith(b"PAR1"):
        # Half a second of loading that nothing else needs.
        import pyarrow.parquet

        return pyarrow.parquet.read_table(io.BytesIO(body)).to_pylist()  # type: ignore[no-any-return]
    rows = [json.loads(line) for line in body.decode().splitlines() if line.strip()]
    if not all(isinstance(found, dict) for found in rows):
        raise ValueError("rows are objects")
    return rows
