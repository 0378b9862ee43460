"""Forms of the fairness report and the clinical questions. They check shape; the services decide."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any, Final

from django import forms

from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS
from review.clinical.reasons import REASONS
from review.fairness.groups import ATTRIBUTES
from review.fairness.report import Reference
from review.wording import MAX_COMMENT

_LINE: Final = re.compile(r"(\w+)\s*:\s*(.{1,40}?)\s*=\s*([\d.]{1,6})\s*%?")


class ReferenceForm(forms.Form):
    """The people who are served: one group and its share a line."""

    reference = forms.CharField(
        label="The people served",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4, "placeholder": "gender: woman = 51%\ngender: man = 48%"}),
        help_text="One line for each group, with its share. The groups in the data are held against it.",
    )

    def clean_reference(self) -> dict[str, dict[str, float]]:
        found: dict[str, dict[str, float]] = defaultdict(dict)
        for number, line in enumerate(self.cleaned_data["reference"].splitlines(), start=1):
            if not line.strip():
                continue
            match = _LINE.fullmatch(line.strip())
            if match is None or match[1].lower() not in ATTRIBUTES:
                raise forms.ValidationError(
                    f"Line {number}: write “gender: woman = 51%”; the first word is one of {', '.join(ATTRIBUTES)}."
                )
            try:
                found[match[1].lower()][match[2].lower()] = float(match[3]) / 100
            except ValueError:
                raise forms.ValidationError(f"Line {number}: {match[3]} is no number.") from None
        return dict(found)


def reference_text(reference: Reference) -> str:
    """The shares as the form takes them."""
    return "\n".join(
        f"{name}: {group} = {share * 100:g}%" for name, groups in reference.items() for group, share in groups.items()
    )


class ErrorsFilterForm(forms.Form):
    """Which of a version's wrong decisions are listed."""

    state = forms.ChoiceField(
        required=False,
        label="Show",
        choices=[
            ("", "all"),
            ("unread", "not opened by me"),
            ("unanswered", "answered by nobody"),
            ("blocks", "speaking against production"),
        ],
    )
    crisis_type = forms.ChoiceField(
        required=False, label="Label", choices=[("", "any"), *list(CRISIS_TYPE_LABELS.items())]
    )


class AnswerForm(forms.Form):
    """Why a decision was wrong."""

    reason = forms.ChoiceField(choices=[])
    words = forms.CharField(max_length=MAX_COMMENT, required=False)
    blocks = forms.BooleanField(required=False)

    def __init__(self, *args: Any, error: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].choices = list(REASONS[error].items())  # type: ignore[attr-defined]
