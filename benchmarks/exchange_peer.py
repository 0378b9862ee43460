"""Our Label Studio file through Label Studio itself: its importer takes it, its export is read back, and compared.

`python -m benchmarks.exchange_peer`; `make bench-peers` installs Label Studio. Exit 1 where a label, a highlight or
a mark came back changed.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx

from annotation.exchange import FinalLabel, LabelledSample, RawLabel, Refusal, SuggestedLabel, read, write
from annotation.exchange.label_studio import labeling_config
from annotation.exchange.sample import Message, Span
from benchmarks.labelling_peer import ADMINISTRATOR, VERSION, LabelStudio
from benchmarks.labelling_texts import conversation
from datasets_app.corpus.taxonomy import CRISIS_TYPES, EDGE_CASE_KINDS, NONE_TYPE


class Exchange(LabelStudio):
    """A Label Studio with a project of our set-up, filled by its own importer; `exported` is what it gives out."""

    def __init__(self, program: Path, folder: Path, tasks: list[Any]) -> None:
        super().__init__(program, folder, samples=len(tasks), people=0, overlap=2)
        self._tasks = tasks

    def _fill(self) -> None:
        with httpx.Client(base_url=self.url, timeout=600) as lead:
            self._enter(lead, "/user/login/", ADMINISTRATOR)
            project = self._post(lead, "/api/projects/", {"title": "Exchange", "label_config": labeling_config()})["id"]
            self.report = self._post(lead, f"/api/projects/{project}/import", self._tasks)
            answer = lead.get(f"/api/projects/{project}/export", params={"exportType": "JSON"})
            self.exported = answer.raise_for_status().text


def made_up(count: int, seed: int) -> list[LabelledSample]:
    """Samples with two labels, one that stands and a prediction; emoji and right-to-left text in the words."""
    generator = random.Random(seed)
    return [_sample(number, generator) for number in range(1, count + 1)]


def without_ours(tasks: list[Any]) -> list[Any]:
    """The same export as if our own data in it were lost: only what Label Studio itself knows."""
    bare = json.loads(json.dumps(tasks))
    for task in bare:
        for annotation in task["annotations"]:
            for result in annotation["result"]:
                result.pop("meta", None)
    return bare


def main() -> int:
    """Run, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", type=Path, default=Path(".venv-peers/label-studio/bin/label-studio"))
    parser.add_argument("--samples", type=int, default=200)
    options = parser.parse_args()
    if not options.program.exists():
        print(f"Label Studio is not installed at {options.program}: make bench-peers")
        return 2
    sent = made_up(options.samples, seed=1)
    tasks = json.loads("".join(write("label-studio", sent)))
    with (
        tempfile.TemporaryDirectory() as folder,
        Exchange(options.program.resolve(), Path(folder) / "ls", tasks) as peer,
    ):
        exported = json.loads(peer.exported)
        report = {key: peer.report.get(key) for key in ("task_count", "annotation_count", "prediction_count")}
    back = {each.id: each for each in _samples(exported)}
    whole = sum(back.get(each.id) == each for each in sent)
    bare = {each.id: each for each in _samples(without_ours(exported))}
    decided = sum(_decisions(bare[each.id]) == _decisions(each) for each in sent if each.id in bare)
    print(f"Label Studio {VERSION} took {report}")
    print(f"back unchanged: {whole} of {len(sent)}; by its own fields alone: {decided} of {len(sent)}")
    return 0 if whole == decided == len(sent) else 1


def _sample(number: int, generator: random.Random) -> LabelledSample:
    texts = [*conversation(number), {"role": "user", "content": f"😀 e\u0301 אבג {number}, and on it goes."}]
    messages = tuple(Message(turn["role"], turn["content"]) for turn in texts)
    labels = tuple(_label(f"p{person}", messages, generator) for person in (1, 2))
    standing = labels[0]
    return LabelledSample(
        id=f"exchange-{number}",
        content_hash=f"sha256:{number:064d}",
        source="synthetic",
        messages=messages,
        labels=labels,
        final=FinalLabel(
            crisis_type=standing.crisis_type,
            severity=standing.severity,
            confidence=0.9,
            decided_by="adjudicated",
            guideline_section=standing.crisis_type,
            reason="Because.",
        ),
        suggestions=(SuggestedLabel(source="model 1", crisis_type=NONE_TYPE, confidence=0.5),),
    )


def _label(annotator: str, messages: tuple[Message, ...], generator: random.Random) -> RawLabel:
    crisis_type = generator.choice(CRISIS_TYPES)
    kind = generator.choice(("", *EDGE_CASE_KINDS))
    place = generator.randrange(len(messages))
    end = generator.randint(1, len(messages[place].content))
    return RawLabel(
        annotator=annotator,
        crisis_type=crisis_type,
        severity=None if crisis_type == NONE_TYPE else generator.randint(1, 5),
        confidence=round(generator.random(), 2),
        secondary_types=() if crisis_type == "panic" else ("panic",),
        is_edge_case=bool(kind),
        edge_case_kind=kind,
        spans=(Span(place, generator.randrange(end), end),),
        uncertain=generator.random() < 0.5,
        note="A word about it.",
        seconds_spent=generator.randint(1, 90),
        submitted_at="2026-11-26T10:00:00+00:00",
        guideline_version=1,
    )


def _samples(tasks: list[Any]) -> list[LabelledSample]:
    found = list(read("label-studio", [json.dumps(tasks)]))
    refused = [each.reason for each in found if isinstance(each, Refusal)]
    if refused:
        print(f"refused: {refused[:3]}")
    return [each for each in found if isinstance(each, LabelledSample)]


def _decisions(sample: LabelledSample) -> list[tuple[Any, ...]]:
    """What Label Studio's own fields say of each label; the one that stands is a label like others there."""
    given = [*sample.labels, *([sample.final] if sample.final else [])]
    return [tuple(getattr(label, name, default) for name, default in _OWN.items()) for label in given]


_OWN: dict[str, Any] = {
    "crisis_type": None,
    "severity": None,
    "confidence": None,
    "edge_case_kind": "",
    "secondary_types": (),
    "spans": (),
    "uncertain": False,
    "note": "",
}


if __name__ == "__main__":
    sys.exit(main())
