"""The form with which a person says that a contact is right, or wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils import timezone

from inference.models import ContactCheck
from inference.selectors_contacts import CheckedContact

_NONE = ("", "Choose")


class ContactCheckForm(forms.Form):
    """What was found, of one contact."""

    entry = forms.ChoiceField(label="Contact")
    result = forms.ChoiceField(label="What you found", choices=[_NONE, *ContactCheck.Result.choices])
    how = forms.ChoiceField(label="How", choices=[_NONE, *ContactCheck.How.choices])
    checked_on = forms.DateField(label="On which day", widget=forms.DateInput(attrs={"type": "date"}))
    note = forms.CharField(
        label="Note",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="If it is wrong: what is, and what would be right. No words about persons.",
    )

    def __init__(self, *args: Any, contacts: Sequence[CheckedContact], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ordered = sorted(contacts, key=lambda one: (one.country, one.kind, one.name))
        choices = [(one.key, f"{one.country or 'International'}: {one.name}, {one.contact}") for one in ordered]
        # Nothing is chosen beforehand: a check of the wrong number is worse than none.
        self.fields["entry"].choices = [_NONE, *choices]  # type: ignore[attr-defined]
        self.fields["checked_on"].initial = timezone.localdate
