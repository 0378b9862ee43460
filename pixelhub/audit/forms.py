"""The filter of the audit page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from pixelhub.audit.models import AuditEvent


class EventFilter(forms.Form):
    """Narrow a project's events; the choices are those that occur in it."""

    action = forms.ChoiceField(required=False)
    actor = forms.ChoiceField(required=False, label="Who")
    target = forms.CharField(
        required=False,
        max_length=150,
        label="What",
        widget=forms.TextInput(attrs={"placeholder": "accounts.ApiKey 12"}),
    )

    def __init__(self, data: Any, *, events: QuerySet[AuditEvent]) -> None:
        super().__init__(data)
        self._events = events
        actions = events.order_by("action").values_list("action", flat=True).distinct()
        actors = events.order_by("actor_label").values_list("actor_label", flat=True).distinct()
        self.fields["action"].choices = [("", "All actions"), *((name, name) for name in actions)]  # type: ignore[attr-defined]
        self.fields["actor"].choices = [("", "Everyone"), *((name, name) for name in actors if name)]  # type: ignore[attr-defined]

    def events(self) -> QuerySet[AuditEvent]:
        """The events that pass; none at all while a value is not understood."""
        if not self.is_valid():
            return self._events.none()
        found = self._events
        if action := self.cleaned_data["action"]:
            found = found.filter(action=action)
        if actor := self.cleaned_data["actor"]:
            found = found.filter(actor_label=actor)
        kind, _, identifier = self.cleaned_data["target"].strip().partition(" ")
        if kind:
            found = found.filter(target_type__icontains=kind)
        if identifier:
            found = found.filter(target_id=identifier.strip())
        return found
