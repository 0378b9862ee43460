"""Transcripts to sets of a voice: passages and dialogues in which a persona answers, with the voice it has."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Final

import msgspec
import orjson

from datasets_app.corpus import taxonomy
from datasets_app.corpus.formats import ROLE_OF
from datasets_app.corpus.formats.record import Converted, describe
from datasets_app.corpus.hashing import content_hash
from datasets_app.corpus.intake import Prepared, prepare
from datasets_app.corpus.parse import RowRejected
from datasets_app.corpus.reading import RawRow
from datasets_app.corpus.stages.facts import facts_of

from .long_running import RULES, converted_record
from .picking import Found, Passed, Place
from .screened import identifiers_of
from .themes import is_about_trauma, themes_of
from .transcripts import Speech, merged, passages, transcript_of
from .voices import features_of, signature_of, sums_of
from .writing import Extracted, Sets, dumped

#: The sets that transcripts give, and what they ask for beside a voice.
SETS: Final = ("voice_persona", "cptsd")
_ANSWERING: Final = frozenset(name for name, role in ROLE_OF.items() if role == "assistant")
# Folders that say what lies in them, not who speaks.
_GENERAL: Final = re.compile(
    r"(?:tier\d.*|.*transcripts?|gdrive|processed|raw|voice|data(?:sets)?|youtube|exports?|in(?:put)?)"
)
_MAX_PERSONA_CHARS: Final = 60


class PersonaOptions(msgspec.Struct, frozen=True, kw_only=True):
    """`persona` names all of them ("" takes the row's or the folder's name); `speakers` are its labels in transcripts.

    `words` is the length of a passage of a speech that nobody interrupts.
    """

    set: str
    persona: str = ""
    speakers: list[str] = []
    words: int = 220

    def __post_init__(self) -> None:
        if self.set not in SETS:
            raise ValueError(f"a set of transcripts is one of {', '.join(SETS)}")
        if self.words < 20:
            raise ValueError("a passage has at least 20 words")
        if self.persona and not slug(self.persona):
            raise ValueError("a persona's name has letters or digits")


def slug(name: str) -> str:
    """Return a name as an id: lower case, letters and digits of any script, the rest as one underscore."""
    return re.sub(r"[\W_]+", "_", name.lower()).strip("_")[:_MAX_PERSONA_CHARS]


class PersonaPicker:
    """Makes records of a persona's words, and sums of how it speaks."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = msgspec.convert(options, PersonaOptions)
        self._speakers = frozenset(name.strip().lower() for name in self._options.speakers)
        self._sums: dict[str, Counter[str]] = {}

    def pick(self, raw: RawRow, place: Place) -> list[Found]:
        """Return the records of a transcript or of a dialogue."""
        transcript = transcript_of(raw, place.name)
        if transcript is None:
            return self._of_dialogue(prepare(raw, place.family, RULES), raw, place)
        persona = self._persona(transcript.persona, place)
        whole = "\n".join(speech.text for speech in transcript.speeches)
        ours, told_by = self._ours(transcript.speeches, persona)
        messages = merged(transcript.speeches, ours)
        if not any(message["role"] == "assistant" for message in messages):
            raise Passed("persona_silent")
        described = describe(transcript.row, "transcript", messages, _beside(transcript.row), place.family)
        self._refuse_other_subject(whole, described)
        described.group_keys = [*described.group_keys, f"transcript:{hashlib.sha256(whole.encode()).hexdigest()[:32]}"]
        about = {"title": transcript.title, "speaker_by": told_by}
        if len(messages) > 1:
            return [self._record(described, messages, raw, place, persona, about | {"prompt": "spoken"})]
        return [
            self._record(
                described,
                [{"role": "user", "content": _asked(transcript.title, number)}, {"role": "assistant", "content": said}],
                raw, place, persona,
                about | {"prompt": "template", "passage": number},
            )
            for number, said in enumerate(passages(messages[0]["content"], self._options.words), start=1)
        ]  # fmt: skip

    def sums(self) -> dict[str, dict[str, float]]:
        """Return how each persona speaks in the records of the unit, in sums."""
        return {persona: dict(sums) for persona, sums in self._sums.items()}

    def _of_dialogue(self, prepared: Prepared, raw: RawRow, place: Place) -> list[Found]:
        converted = prepared.converted
        facts = facts_of(converted.metadata, family=place.family, stage=place.stage, source=place.entry.source)
        persona = self._persona(facts.persona_id, place)
        if not any(message["role"] == "assistant" for message in converted.messages):
            raise Passed("persona_silent")
        self._refuse_other_subject("\n".join(message["content"] for message in converted.messages), converted)
        about = {"speaker_by": "role", "prompt": "spoken"}
        return [self._record(converted, converted.messages, raw, place, persona, about)]

    def _persona(self, named: str, place: Place) -> str:
        folders = [folder for folder in PurePosixPath(place.name.partition("://")[2] or place.name).parts[:-1]]
        if "://" in place.name:
            folders = folders[1:]  # the bucket
        telling = [
            folder for folder in reversed(folders)
            if folder not in taxonomy.FAMILIES and not _GENERAL.fullmatch(folder.lower())
        ]  # fmt: skip
        found = slug(self._options.persona) or slug(named) or (slug(telling[0]) if telling else "")
        if not found:
            raise RowRejected("no_persona", "neither the row nor its folder says who speaks; name the persona")
        return found

    def _ours(self, speeches: Sequence[Speech], persona: str) -> tuple[frozenset[str], str]:
        """Return the speakers that are the persona, in lower case, and what says so."""
        words: Counter[str] = Counter()
        for speech in speeches:
            words[speech.speaker.lower()] += len(speech.text.split())
        if self._speakers:
            return self._speakers, "given"
        if len(words) == 1:
            return frozenset(words), "only_one"
        named = frozenset(name for name in words if name and (slug(name) in persona or persona in slug(name)))
        if named:
            return named, "name"
        answering = frozenset(words) & _ANSWERING
        if answering:
            return answering, "role"
        return frozenset([max(sorted(words), key=lambda name: words[name])]), "most_words"

    def _refuse_other_subject(self, text: str, converted: Converted) -> None:
        """Pass over what is about something else; an edge case is never left out."""
        if self._options.set == "cptsd" and not converted.is_edge_case and not is_about_trauma(text):
            raise Passed("off_topic")

    def _record(
        self,
        described: Converted,
        messages: list[dict[str, str]],
        raw: RawRow,
        place: Place,
        persona: str,
        about: dict[str, Any],
    ) -> Found:
        digest = content_hash(messages)
        raw_sha256 = hashlib.sha256(raw.raw).hexdigest()
        converted = msgspec.structs.replace(described, messages=messages)
        record = converted_record(Prepared(converted, digest, raw_sha256), raw, place)
        said = "\n".join(message["content"] for message in messages if message["role"] == "assistant")
        metadata = record["metadata"]
        metadata |= about | {"persona_id": persona} | identifiers_of(messages, metadata["source"])
        if self._options.set == "cptsd":
            metadata["themes"] = themes_of("\n".join(message["content"] for message in messages))
        if "passage" in about:
            record["id"] = f"{described.external_id or raw_sha256[:16]}-{about['passage']}"
        self._sums.setdefault(persona, Counter()).update(sums_of(said))  # type: ignore[arg-type]
        return Found(record)


def _beside(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a row that are no speech: short ones, for the words are in the messages."""
    return {key: value for key, value in row.items() if isinstance(value, str | int | float) and len(str(value)) <= 200}


def _asked(title: str, number: int) -> str:
    """Return the question before a passage. Nobody said it: `metadata.prompt` tells so."""
    if not title:
        return "Please tell me about this." if number == 1 else "Please go on."
    return f"Could you tell me about this: {title}" if number == 1 else f"Please go on about this: {title}"


class Voices(Sets):
    """Writes each record with the signature of its persona's voice, which only all records together tell."""

    def lines(self, extracted: Extracted) -> Iterator[bytes]:
        """Yield the records; the voices with their features are in `details`."""
        signatures: dict[str, str] = {}
        voices: dict[str, Any] = {}
        for persona, sums in extracted.sums().items():
            features = features_of(sums)
            signatures[persona] = signature_of(persona, features)
            counts = {name: int(sums[name]) for name in ("passages", "words", "sentences")}
            voices[persona] = {"voice_signature": signatures[persona], **counts, "features": features}
        self.details = {"voices": voices}
        where = extracted.where()
        for number, stem in enumerate(extracted.stems):
            before = where.line(number, 0, 0)
            with Path(f"{stem}.lines").open("rb") as stream:
                for line in stream:
                    record = orjson.loads(line)
                    metadata = record["metadata"]
                    metadata["provenance"]["line"] += before
                    metadata["voice_signature"] = signatures[metadata["persona_id"]]
                    yield dumped(record)
