"""Forms of sign-off and promotion. They check shape; the services decide."""

from __future__ import annotations

from typing import Any

from django import forms

from review.models import SignOff, SignOffPolicy
from review.wording import MAX_NOTE, MAX_REASON


class SignOffForm(forms.Form):
    """A decision. Password and code are asked for unless the session has a fresh sign-in."""

    decision = forms.ChoiceField(
        choices=[(SignOff.Decision.APPROVED, "Approve for production"), (SignOff.Decision.REJECTED, "Reject")],
        widget=forms.RadioSelect,
        label="What do you decide?",
    )
    reason = forms.CharField(
        max_length=MAX_REASON,
        label="Why? In your own words",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Kept with the decision and signed with it. Name what you weighed, not people or conversations.",
    )
    password = forms.CharField(
        label="Your password, again",
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    code = forms.CharField(
        label="Code of your authenticator app",
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        help_text="Or one of your recovery codes.",
    )
    evidence_sha256 = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, asks_code: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_code:
            del self.fields["code"]

    def offer_rejection_only(self) -> None:
        """Show no choice that would be refused; the service refuses it all the same."""
        choices = [(SignOff.Decision.REJECTED, "Reject")]
        self.fields["decision"].choices = choices  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    """An act that needs nothing but a reason."""

    reason = forms.CharField(max_length=MAX_REASON, widget=forms.Textarea(attrs={"rows": 3}))


class FreezeForm(forms.Form):
    """A freeze, or its end, with its reason."""

    reason = forms.CharField(max_length=MAX_NOTE)


class PolicyForm(forms.Form):
    """What the project asks of a sign-off."""

    approvals = forms.TypedChoiceField(
        label="How many people have to approve",
        choices=[(1, "one clinical lead"), (2, "two different people")],
        coerce=int,
        widget=forms.RadioSelect,
    )
    second_role = forms.ChoiceField(
        label="Who may be the second of two", choices=SignOffPolicy.SecondRole.choices, required=False
    )
    requires_mfa = forms.BooleanField(
        label="Every signer uses a second factor",
        required=False,
        help_text="Who has set one up is asked for it in any case.",
    )
    requires_fairness = forms.BooleanField(label="A fairness report has to lie there", required=False)
    requires_edge_cases = forms.BooleanField(label="A proof that edge cases were kept has to lie there", required=False)
    reason = forms.CharField(max_length=MAX_NOTE, label="Why these rules")
