"""Files of entries to one checked knowledge base: what is said twice is one, what contradicts itself is named."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec
import orjson

from .base import (
    FORMAT,
    MANIFEST_SUFFIX,
    Concept,
    Definition,
    InputFacts,
    KnowledgeInvalid,
    KnowledgeManifest,
    key_of,
)
from .reading import SUFFIXES, Entry, Refused, entries_of

QUARANTINE_SUFFIX: Final = ".refused.jsonl"
_MOST_CONCEPTS: Final = 1_000_000


class LoadReport(msgspec.Struct, frozen=True, kw_only=True):
    """A base as it was written: its manifest and its files ("" of a dry run)."""

    manifest: KnowledgeManifest
    output: str
    refused_file: str
    manifest_file: str


class _Growing(msgspec.Struct):
    name: str
    category: str
    aliases: dict[str, str]
    definitions: dict[str, tuple[str, str]]  # by source: the text, and where it stands


def knowledge_files(paths: Sequence[Path]) -> list[Path]:
    """Return the files that are read, of folders those below them in the order of their names."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(file for file in path.rglob("*") if file.is_file() and file.suffix.lower() in SUFFIXES)
        elif path.is_file():
            found.append(path)
        else:
            raise KnowledgeInvalid(f"{path} does not exist")
    if not found:
        raise KnowledgeInvalid(f"there is no {', '.join(SUFFIXES)} file to read")
    return [file for file in dict.fromkeys(found) if not file.name.endswith(QUARANTINE_SUFFIX)]


def load(
    paths: Sequence[Path], output: Path | None, *, source: str = "", progress: Callable[[int], None] = lambda _: None
) -> LoadReport:
    """Read files into the base at `output` (None: check only), its manifest last.

    `source` stands for entries that name none. Of entries of one name and one source the first stands: another with
    the same definition is a duplicate, one with another definition is refused (`conflicting_definition`) and says where
    the first one is. Another source may define it differently: both stay. Raises KnowledgeInvalid and OSError.
    """
    growing: dict[str, _Growing] = {}
    refused: list[dict[str, str | int]] = []
    inputs = []
    read = 0
    for path in knowledge_files(paths):
        counts: Counter[str] = Counter()
        for entry in entries_of(path, source):
            read += 1
            progress(read)
            found = entry if isinstance(entry, Refused) else _add(growing, entry, f"{path.name}:{entry.line}")
            if isinstance(found, Refused):
                counts["refused"] += 1
                refused.append({"file": path.name, **found._asdict()})
            else:
                counts["taken" if found else "duplicates"] += 1
        if len(growing) > _MOST_CONCEPTS:
            raise KnowledgeInvalid(f"more than {_MOST_CONCEPTS:,} concepts are no knowledge base to look up in")
        inputs.append(
            InputFacts(
                name=path.name,
                sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
                read=counts.total(),
                taken=counts["taken"],
                duplicates=counts["duplicates"],
                refused=counts["refused"],
            )
        )
    concepts = [_concept(key, growing[key]) for key in sorted(growing)]
    data = b"".join(orjson.dumps(msgspec.to_builtins(concept)) + b"\n" for concept in concepts)
    manifest = _manifest(concepts, data, inputs, Counter(str(row["reason"]) for row in refused))
    if output is None:
        return LoadReport(manifest=manifest, output="", refused_file="", manifest_file="")
    if not concepts:
        raise KnowledgeInvalid("no entry could be taken; nothing was written")
    return _written(manifest, data, refused, output)


def _add(growing: dict[str, _Growing], entry: Entry, place: str) -> bool | Refused:
    """Add an entry: True where it says something new, False for one that was said before."""
    concept = growing.setdefault(entry.key, _Growing(entry.name, entry.category, {}, {}))
    known = concept.definitions.get(entry.source)
    if known is not None and key_of(known[0]) != key_of(entry.definition):
        return Refused(entry.line, "conflicting_definition", f"{entry.name}: {known[1]} defines it otherwise")
    for alias in entry.aliases:
        concept.aliases.setdefault(key_of(alias), alias)
    concept.category = concept.category or entry.category
    if known is not None:
        return False
    concept.definitions[entry.source] = (entry.definition, place)
    return True


def _concept(key: str, growing: _Growing) -> Concept:
    return Concept(
        key=key,
        name=growing.name,
        aliases=[growing.aliases[alias] for alias in sorted(growing.aliases)],
        category=growing.category,
        definitions=[Definition(text, source) for source, (text, _) in sorted(growing.definitions.items())],
    )


def _manifest(
    concepts: Sequence[Concept], data: bytes, inputs: list[InputFacts], reasons: Counter[str]
) -> KnowledgeManifest:
    names: dict[str, list[str]] = {}
    for concept in concepts:
        for key in {concept.key, *map(key_of, concept.aliases)}:
            names.setdefault(key, []).append(concept.name)
    sums = {name: sum(getattr(entry, name) for entry in inputs) for name in ("read", "taken", "duplicates", "refused")}
    definitions = sum(len(concept.definitions) for concept in concepts)
    return KnowledgeManifest(
        format=FORMAT,
        version=hashlib.sha256(data).hexdigest(),
        concepts=len(concepts),
        definitions=definitions,
        aliases=sum(len(concept.aliases) for concept in concepts),
        **sums,
        adds_up=sums["read"] == sums["taken"] + sums["duplicates"] + sums["refused"] and sums["taken"] == definitions,
        reasons=dict(sorted(reasons.items())),
        differing=[concept.name for concept in concepts if len({key_of(one.text) for one in concept.definitions}) > 1],
        ambiguous={key: sorted(found) for key, found in sorted(names.items()) if len(found) > 1},
        categories=dict(sorted(Counter(concept.category for concept in concepts if concept.category).items())),
        inputs=inputs,
    )


def _written(manifest: KnowledgeManifest, data: bytes, refused: list[dict[str, str | int]], output: Path) -> LoadReport:
    stem = output.name.removesuffix(".jsonl")
    last = output.with_name(f"{stem}{MANIFEST_SUFFIX}")
    beside = output.with_name(f"{stem}{QUARANTINE_SUFFIX}")
    output.parent.mkdir(parents=True, exist_ok=True)
    last.unlink(missing_ok=True)
    text = orjson.dumps(msgspec.to_builtins(manifest), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"
    files = {beside: b"".join(orjson.dumps(row) + b"\n" for row in refused), output: data, last: text}
    for path, content in files.items():
        draft = path.with_name(f".{path.name}.draft")
        draft.write_bytes(content)
        draft.replace(path)
    return LoadReport(manifest=manifest, output=str(output), refused_file=str(beside), manifest_file=str(last))
