"""Generated conversations for measurements: ChatML lines of about 1.33 KB with copies, near-copies and identifiers.

    python -m benchmarks.corpus 608458 corpus.jsonl --seed 1

Made of word lists, so the text means nothing: it is there to be parsed, hashed and compared at size. Every line says
`"source": "benchmark"`. The same count and seed give the same bytes. Of the lines 1% repeat an earlier one, 2% change
a few words of one, 3% hold a made-up e-mail address, telephone number or name, and 0.5% are damaged as UTF-8 that was
read as cp1252.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import orjson

_KEPT: Final = 512
_TYPES: Final = (
    *["none"] * 72,
    *["passive_ideation"] * 7,
    *["panic"] * 6,
    *["substance"] * 5,
    *["self_harm"] * 4,
    *["psychotic"] * 3,
    *["immediate_harm"] * 3,
)
_WORDS: Final = tuple(
    """
    about after again almost always another around asked away back because been before better between both bring
    call came change close come could day days different doctor doing done down each early else enough even evening
    ever every everything family feel feeling felt find first food friend from gave getting going gone good hand
    happened hard have head heard help here home hope hour house how idea into just keep kept kind knew know last
    late least leave left less letter life like listen little long look lost made make many maybe mean might mind
    minute moment money month more morning most mother move much music must name near need never new next night
    nothing notice often once only open other over part people person phone place plan point quiet quite rain read
    real really reason remember rest right room said same saw say school second see seem share she should side since
    sister sit sleep slow small some something soon sorry sound start stay step still stop story street such sure
    table take talk teacher tell than thank that their them then there these they thing think this those thought
    through time tired today together told tomorrow tonight too town train tried trouble true try turn under until
    upset upon used very voice wait walk want warm watch water way week well went were what when where which while
    white who whole why will window wish with without woman word work world worry would write wrong year yes
    yesterday you young your
    """.split()  # noqa: SIM905  (a list of 200 strings reads worse)
)
_FIRST: Final = ("Anna", "Marek", "Sofia", "Daniel", "Lena", "Omar", "Priya", "Jonas", "Mei", "Carlos")


def conversations(count: int, seed: int) -> Iterator[bytes]:
    """Yield `count` JSON lines, each with its line feed."""
    rng = random.Random(seed)
    recent: list[dict[str, Any]] = []
    for number in range(count):
        draw = rng.random()
        if recent and draw < 0.01:
            row = dict(recent[rng.randrange(len(recent))])
        elif recent and draw < 0.03:
            row = _changed(recent[rng.randrange(len(recent))], rng)
        else:
            row = _made(rng)
            if len(recent) < _KEPT:
                recent.append(row)
            else:
                recent[rng.randrange(_KEPT)] = row
        yield orjson.dumps({"id": f"b{number}", "source": "benchmark", **row}) + b"\n"


def _made(rng: random.Random) -> dict[str, Any]:
    crisis_type = _TYPES[rng.randrange(len(_TYPES))]
    turns = rng.randrange(4, 9)
    messages = []
    for turn in range(turns):
        text = _text(rng, 1_120 // turns)
        messages.append({"role": "assistant" if turn % 2 else "user", "content": text})
    draw = rng.random()
    if draw < 0.03:
        messages[0]["content"] += _identifier(rng)
    elif draw < 0.035:
        messages[0]["content"] += " caf\u00c3\u00a9 and it\u00e2\u20ac\u2122s late"
    severity = None if crisis_type == "none" else rng.randrange(1, 6)
    return {"messages": messages, "crisis_type": crisis_type, "severity": severity}


def _text(rng: random.Random, chars: int) -> str:
    words = rng.choices(_WORDS, k=max(3, chars // 6))
    words[0] = words[0].capitalize()
    return " ".join(words) + "."


def _identifier(rng: random.Random) -> str:
    name = rng.choice(_FIRST)
    kind = rng.randrange(3)
    if kind == 0:
        return f" You can write to {name.lower()}.{rng.randrange(1000)}@example.org any time."
    if kind == 1:
        return f" Call me at 555-{rng.randrange(200, 999)}-{rng.randrange(1000, 9999)} tomorrow."
    return f" My name is {name}."


def _changed(row: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    messages = [dict(message) for message in row["messages"]]
    words = messages[-1]["content"].split()
    for _ in range(3):
        words[rng.randrange(len(words))] = _WORDS[rng.randrange(len(_WORDS))]
    messages[-1]["content"] = " ".join(words)
    return {**row, "messages": messages}


def write(path: Path, count: int, seed: int) -> int:
    """Write the lines and return the bytes."""
    size = 0
    with path.open("wb", buffering=1 << 20) as sink:
        for line in conversations(count, seed):
            size += sink.write(line)
    return size


def main() -> int:
    """Write a file and say how large it is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int)
    parser.add_argument("path", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    size = write(options.path, options.count, options.seed)
    print(f"{options.count} conversations, {size / 1e6:.1f} MB: {options.path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
