"""What the people and API key pages ask for."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django import forms
from django.utils import timezone

from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Role
from pixelhub.accounts.services import API_SCOPES

_SCOPE_LABELS = {
    "score": "Score conversations",
    "read": "Read results and figures",
    "import": "Bring conversations in",
}
MAX_RATE_PER_MINUTE = 100_000


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


class ApiKeyForm(forms.Form):
    """A key for a program."""

    name = forms.CharField(max_length=80, help_text="The program that will use it, so that it can be recognised later.")
    scopes = forms.MultipleChoiceField(
        choices=[(scope, _SCOPE_LABELS.get(scope, scope)) for scope in API_SCOPES],
        widget=forms.CheckboxSelectMultiple,
        initial=["score"],
        label="What it may do",
    )
    expires_on = forms.DateField(
        required=False,
        label="Last day of use",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="It stops working at the end of this day. Without a date it works until it is revoked.",
    )
    rate_per_minute = forms.IntegerField(
        min_value=1, max_value=MAX_RATE_PER_MINUTE, initial=600, label="Requests per minute, at most"
    )

    def clean_expires_on(self) -> Any:
        day = self.cleaned_data["expires_on"]
        if day is not None and day < timezone.localdate():
            raise forms.ValidationError("This day is in the past.")
        return day

    @property
    def expires_at(self) -> datetime | None:
        """The last moment of the chosen day."""
        day = self.cleaned_data["expires_on"]
        return timezone.make_aware(datetime.combine(day, time.max)) if day else None
