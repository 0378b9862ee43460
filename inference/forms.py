"""The console's form."""

from __future__ import annotations

import re
from typing import Any

from django import forms

from inference.engine.contacts import DEFAULT_CONTACTS
from inference.engine.conversation import Conversation, conversation_from
from inference.engine.errors import InputRefused

_SPEAKER = re.compile(r"^\s*(user|client|assistant|therapist)\s*:\s?", re.IGNORECASE)
_ROLE_OF = {"user": "user", "client": "user", "assistant": "assistant", "therapist": "assistant"}
LOCALES = [("", "International")] + [(f"en-{code}", code) for code in DEFAULT_CONTACTS if code]
#: Ten messages of the longest kind, and their tags.
_MAX_CHARS = 200_000


class ConsoleForm(forms.Form):
    """A conversation as plain text, or as turns that begin with “User:” or “Assistant:”."""

    conversation = forms.CharField(
        max_length=_MAX_CHARS,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "autocomplete": "off"}),
        help_text="Plain text, or turns that begin with “User:” or “Assistant:”. The last ten are scored. "
        "The text is not kept.",
    )
    locale = forms.ChoiceField(choices=LOCALES, required=False, label="Contacts for")

    def clean(self) -> dict[str, Any]:
        """Adds `parsed`, a Conversation."""
        cleaned = super().clean() or {}
        if "conversation" in cleaned and "locale" in cleaned:
            data = {"messages": turns_of(cleaned["conversation"]), "locale": cleaned["locale"] or None}
            try:
                cleaned["parsed"] = conversation_from(data)
            except InputRefused as refused:
                self.add_error("conversation", refused.detail)
        return cleaned

    @property
    def parsed(self) -> Conversation:
        """The conversation of a valid form."""
        parsed = self.cleaned_data["parsed"]
        assert isinstance(parsed, Conversation)
        return parsed


def turns_of(text: str) -> list[dict[str, str]]:
    """Split role-tagged text into messages; text before the first tag, or without any, is the user's."""
    turns: list[dict[str, str]] = []
    for line in text.splitlines():
        match = _SPEAKER.match(line)
        if match:
            turns.append({"role": _ROLE_OF[match[1].lower()], "content": line[match.end() :]})
        elif turns:
            turns[-1]["content"] += f"\n{line}"
        else:
            turns.append({"role": "user", "content": line})
    return [{**turn, "content": turn["content"].strip("\n")} for turn in turns if turn["content"].strip()]
