"""Forms of the programme. They check shape; the services decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from pixelhub.accounts.models import User
from review.models import GateWaiver
from review.services.digests import zones
from review.services.phases import MAX_WAIVER
from review.services.plan import LAST_DAY
from review.wording import MAX_NOTE


class PlanStartForm(forms.Form):
    start = forms.DateField(label="Day 1", widget=forms.DateInput(attrs={"type": "date"}))


class TickForm(forms.Form):
    task = forms.CharField(max_length=40)
    note = forms.CharField(max_length=MAX_NOTE, required=False)


class MoveForm(forms.Form):
    """Other days for a subtask, counted from the start date."""

    subtask = forms.CharField(max_length=40)
    first_day = forms.IntegerField(min_value=1, max_value=LAST_DAY)
    last_day = forms.IntegerField(min_value=1, max_value=LAST_DAY)
    reason = forms.CharField(max_length=MAX_NOTE)


class OwnerForm(forms.Form):
    person = forms.ModelChoiceField(queryset=User.objects.none(), label="Who answers for it", empty_label=None)

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = people  # type: ignore[attr-defined]


class WaiveForm(forms.Form):
    """One half of a waiver; `seen` is what the person had before their eyes."""

    seat = forms.ChoiceField(label="You waive as", choices=GateWaiver.Seat.choices)
    reason = forms.CharField(
        label="Reason, in writing",
        max_length=MAX_WAIVER,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Why going on is right although the gate does not pass. Kept in the audit trail; no words of "
        "conversations here.",
    )
    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, seats: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = [(seat.value, seat.label) for seat in GateWaiver.Seat if seat.value in seats]
        self.fields["seat"].choices = found  # type: ignore[attr-defined]
        if len(found) == 1:
            self.fields["seat"].initial, self.fields["seat"].widget = found[0][0], forms.HiddenInput()


class CloseForm(forms.Form):
    note = forms.CharField(max_length=MAX_NOTE, required=False, help_text="Minutes, or where they are.")


class ReopenForm(forms.Form):
    reason = forms.CharField(max_length=MAX_NOTE)


class DigestForm(forms.Form):
    """Where the daily digest goes, and whose mornings count."""

    email = forms.EmailField(label="E-mail address", max_length=254)
    zone = forms.ChoiceField(label="Time zone", choices=lambda: [(name, name.replace("_", " ")) for name in zones()])
