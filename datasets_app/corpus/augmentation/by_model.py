"""Paraphrase by a language model behind an OpenAI-compatible endpoint; what it answers passes the same checks.

Only made-up conversations are sent: real people's words stay here, and theirs are paraphrased by the tables.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from datasets_app.corpus import taxonomy
from datasets_app.corpus.synthesis.endpoint import AnswerMalformed, Completion, json_in

from .keywords import crisis_words
from .parents import Parent
from .strategies import Made

_SYSTEM: Final = (
    "You paraphrase what a person wrote in a crisis chat. Say the same in other words and keep the person's voice. "
    "Keep exactly: the danger and how great it is, who it is about, when and how often, every 'not', what is denied or "
    "joked about, and each word of `keep` as often as it occurs. Add nothing, advise nothing, comment on nothing. "
    'Answer with one JSON object: {"messages": [...]}, as many strings as there are in `messages`, in their order.'
)
_TEMPERATURE: Final = 0.8
_TOKENS_PER_CHARACTER: Final = 1
_LEAST_TOKENS: Final = 400


class Chat(Protocol):
    """What is asked of an endpoint."""

    def chat(
        self, messages: Sequence[Mapping[str, str]], *, seed: int, temperature: float, max_tokens: int
    ) -> Completion: ...


class ModelParaphraser:
    """Asks a language model to say a person's messages otherwise."""

    def __init__(self, endpoint: Chat) -> None:
        self._endpoint = endpoint

    @staticmethod
    def takes(parent: Parent) -> bool:
        """Whether an original may be sent away."""
        return parent.source == taxonomy.Source.SYNTHETIC

    def __call__(self, parent: Parent, seed: int) -> Made | None:
        """Return the child that the model made, None for an answer that is none. Raises EndpointError."""
        said = [message["content"] for message in parent.messages if message["role"] == "user"]
        keep = sorted(crisis_words(parent.messages).elements())
        asked = json.dumps({"keep": keep, "messages": said}, ensure_ascii=False)
        try:
            done = self._endpoint.chat(
                [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": asked}],
                seed=seed,
                temperature=_TEMPERATURE,
                max_tokens=max(_LEAST_TOKENS, _TOKENS_PER_CHARACTER * len(asked)),
            )
            answers = _answers(json_in(done.text), len(said))
        except AnswerMalformed:
            return None
        words = iter(answers)
        made = [
            {"role": message["role"], "content": next(words) if message["role"] == "user" else message["content"]}
            for message in parent.messages
        ]
        return Made(made, (f"paraphrased by {done.model[:80]}",))


def _answers(answer: Any, wanted: int) -> list[str]:
    found = answer.get("messages") if isinstance(answer, dict) else None
    if not isinstance(found, list) or len(found) != wanted:
        raise AnswerMalformed("other_count")
    if not all(isinstance(each, str) and each.strip() for each in found):
        raise AnswerMalformed("no_text")
    return [each.strip() for each in found]
