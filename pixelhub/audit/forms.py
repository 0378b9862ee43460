"""The filter of the audit page."""

from __future__ import annotations

from typing import Any

from django import forms

from pixelhub.accounts.models import Project
from pixelhub.accounts.people import people_of
from pixelhub.audit.acts import GROUPS, acts
from pixelhub.audit.browsing import Filter

#: Events of the hub itself, of no project: sign-ins, accounts, the trail's own.
HUB = "hub"


class EventFilter(forms.Form):
    """Narrow a scope's events. What somebody else did stands under their username."""

    scope = forms.ChoiceField(required=False, label="Where")
    group = forms.ChoiceField(required=False, label="Kind")
    action = forms.ChoiceField(required=False)
    actor = forms.ChoiceField(required=False, label="Who")
    target = forms.CharField(
        required=False,
        max_length=150,
        label="What",
        widget=forms.TextInput(attrs={"placeholder": "accounts.ApiKey 12"}),
    )
    identifier = forms.CharField(
        required=False,
        max_length=80,
        label="Number, key or hash",
        widget=forms.TextInput(attrs={"placeholder": "1204"}),
    )
    since = forms.DateField(required=False, label="From", widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, label="To", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, data: Any, *, project: Project, sees_hub: bool) -> None:
        super().__init__(data)
        people = [(person.user.username, str(person.user)) for person in people_of(project)]
        choices = {
            "scope": [("", project.name), *([(HUB, "The hub itself")] if sees_hub else [])],
            "group": [("", "All kinds"), *GROUPS.items()],
            "action": [("", "All actions"), *((name, name) for name in acts())],
            "actor": [("", "Everyone"), *people],
        }
        for name, values in choices.items():
            self.fields[name].choices = values  # type: ignore[attr-defined]
        if not sees_hub:
            del self.fields["scope"]

    def asked(self) -> Filter | None:
        """The filter; None while a value is not understood."""
        if not self.is_valid():
            return None
        values = {name: value for name, value in self.cleaned_data.items() if name != "scope"}
        return Filter(**values)

    @property
    def of_the_hub(self) -> bool:
        return self.is_valid() and self.cleaned_data.get("scope") == HUB
