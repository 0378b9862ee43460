"""What the people and API key pages ask for."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django import forms
from django.utils import timezone

from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Role
from pixelhub.accounts.services import API_SCOPES

SCOPE_LABELS = {
    "score": "Score a conversation",
    "batch": "Score many at once",
    "conversations": "Follow conversations turn by turn",
    "model": "Ask which model answers",
    "read": "Read its own usage and limits",
    "import": "Bring conversations in",
}
MAX_RATE_PER_MINUTE = 100_000
MAX_QUOTA = 2_000_000_000
_OVERLAPS = {0: "end it at once", 1: "1 hour", 24: "1 day", 24 * 7: "7 days", 24 * 30: "30 days"}


class RoleGrantForm(forms.Form):
    """A role for somebody who already has an account."""

    username = forms.CharField(max_length=150, label="Username")
    role = forms.ChoiceField(choices=Role.choices)

    def clean_username(self) -> str:
        username = str(self.cleaned_data["username"])
        self.user = User.objects.filter(username=username, is_active=True).first()
        if self.user is None:
            raise forms.ValidationError("No active account has this username. Create the person first.")
        return username


class PersonForm(forms.Form):
    """A new person and their first role."""

    username = forms.CharField(max_length=150, help_text="Letters, digits and @ . + - _ only.")
    display_name = forms.CharField(max_length=120, label="Name", help_text="As colleagues will see it.")
    email = forms.EmailField(required=False, help_text="Needed to reset a forgotten password.")
    password = forms.CharField(
        max_length=128,
        label="First password",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Hand it over in person and ask for it to be changed at once.",
    )
    role = forms.ChoiceField(choices=Role.choices)


class KeyLimitsForm(forms.Form):
    """What a key may do, how much of it, and until when."""

    scopes = forms.MultipleChoiceField(
        choices=[(scope, SCOPE_LABELS[scope]) for scope in API_SCOPES],
        widget=forms.CheckboxSelectMultiple,
        initial=["score", "batch", "conversations", "model"],
        label="What it may do",
    )
    rate_per_minute = forms.IntegerField(
        min_value=1, max_value=MAX_RATE_PER_MINUTE, initial=600, label="Conversations per minute, at most"
    )
    quota_per_day = forms.IntegerField(
        min_value=1, max_value=MAX_QUOTA, required=False, label="Per day, at most", help_text="Days and months in UTC."
    )
    quota_per_month = forms.IntegerField(
        min_value=1, max_value=MAX_QUOTA, required=False, label="Per month, at most", help_text="Empty: no such limit."
    )
    expires_on = forms.DateField(
        required=False,
        label="Last day of use",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="It stops working at the end of this day. Without a date it works until it is revoked.",
    )

    def clean_expires_on(self) -> Any:
        day = self.cleaned_data["expires_on"]
        if day is not None and day < timezone.localdate():
            raise forms.ValidationError("This day is in the past.")
        if day is not None and day.year > 2200:  # the calendar's last evening west of Greenwich is no moment in UTC
            raise forms.ValidationError("That is too far away.")
        return day

    @property
    def expires_at(self) -> datetime | None:
        """The last moment of the chosen day."""
        day = self.cleaned_data["expires_on"]
        return timezone.make_aware(datetime.combine(day, time.max)) if day else None

    def chosen(self) -> dict[str, Any]:
        """What a valid form asks of the services."""
        columns = ("scopes", "rate_per_minute", "quota_per_day", "quota_per_month")
        return {column: self.cleaned_data[column] for column in columns} | {"expires_at": self.expires_at}


class ApiKeyForm(KeyLimitsForm):
    """A key for a program."""

    name = forms.CharField(max_length=80, help_text="The program that will use it, so that it can be recognised later.")
    field_order = ("name",)


class KeyRotateForm(forms.Form):
    """How long the secret in use now works beside the new one."""

    overlap_hours = forms.TypedChoiceField(
        choices=list(_OVERLAPS.items()), coerce=int, initial=24, label="The old secret works for another"
    )
