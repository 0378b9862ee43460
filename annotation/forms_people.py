"""Forms that change who labels what in a round."""

from __future__ import annotations

from typing import Any

from django import forms

from annotation.models import Round
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability
from pixelhub.accounts.selectors import members_with


class PersonForm(forms.Form):
    """One of the people that the act is about."""

    person = forms.TypedChoiceField(coerce=int, label="Person")

    def __init__(self, *args: Any, round: Round, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {person.pk: person for person in self.among(round)}
        choices = [(pk, str(person)) for pk, person in self.people.items()]
        self.fields["person"].choices = [("", "Choose a person"), *choices]  # type: ignore[attr-defined]

    def among(self, round: Round) -> list[User]:
        """Whom one may choose."""
        raise NotImplementedError

    def chosen(self) -> User:
        """The person; of a valid form."""
        return self.people[self.cleaned_data["person"]]


class InviteForm(PersonForm):
    """An annotator of the project who isn't in the round."""

    def among(self, round: Round) -> list[User]:
        """Annotators of the project without a place in the round."""
        invited = round.round_annotators.values("annotator")
        return list(members_with(round.project, Capability.ANNOTATE).exclude(pk__in=invited).order_by("username"))


class LeaveForm(PersonForm):
    """Somebody who has a place in the round."""

    def among(self, round: Round) -> list[User]:
        """The round's annotators, also one who lost the role since."""
        return list(User.objects.filter(pk__in=round.round_annotators.values("annotator")).order_by("username"))


class ExtendForm(forms.Form):
    """One more batch of records that are in no round yet."""

    count = forms.IntegerField(
        required=False, min_value=1, max_value=1_000_000, label="How many", help_text="Empty: all of them."
    )
    due_on = forms.DateField(required=False, label="Due", widget=forms.DateInput(attrs={"type": "date"}))
