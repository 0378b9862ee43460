"""Forms about sessions: what they may keep, and that somebody has seen to one."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from inference.models import SessionPolicy
from inference.models.sessions import LONGEST_IDLE_MINUTES, LONGEST_TRANSCRIPT_DAYS


class SessionPolicyForm(forms.Form):
    """The project's policy; a day is meant to its end, in the hub's time zone."""

    window_allowed = forms.BooleanField(
        required=False,
        label="Keep the window while a session is open",
        help_text="Nine messages, sealed. Without it, programs send the context with every turn.",
    )
    idle_minutes = forms.IntegerField(
        min_value=1,
        max_value=LONGEST_IDLE_MINUTES,
        label="Minutes of silence",
        help_text="After so many minutes without a turn a session ends, and its words go.",
    )
    transcripts_until = forms.DateField(
        required=False,
        label="Allow transcripts until",
        help_text="The last day on which a session may be opened that keeps all its words. Empty: none, and what was "
        "kept is deleted when you save.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    transcripts_keep_days = forms.IntegerField(
        min_value=1,
        max_value=LONGEST_TRANSCRIPT_DAYS,
        label="Days that a transcript stays",
        help_text="Counted from the end of its session.",
    )
    transcripts_reason = forms.CharField(
        required=False,
        max_length=300,
        label="Why transcripts are needed",
        help_text="Stays in the audit chain. No names, no words of a conversation.",
    )

    def clean_transcripts_until(self) -> date | None:
        """Refuse a day after which the calendar has none; the service says how far ahead is allowed."""
        day: date | None = self.cleaned_data["transcripts_until"]
        if day is not None and day.year > 2200:
            raise forms.ValidationError("That is too far away.")
        return day

    @classmethod
    def initial_of(cls, policy: SessionPolicy) -> dict[str, Any]:
        """The policy as the form shows it."""
        until = policy.transcripts_until
        return {
            "window_allowed": policy.window_allowed,
            "idle_minutes": policy.idle_minutes,
            # The policy ends at the day's last moment; the form names the day.
            "transcripts_until": (timezone.localtime(until) - timedelta(seconds=1)).date() if until else None,
            "transcripts_keep_days": policy.transcripts_keep_days,
            "transcripts_reason": policy.transcripts_reason,
        }

    @property
    def decided(self) -> dict[str, Any]:
        """What `session_policy_change` takes."""
        day = self.cleaned_data["transcripts_until"]
        midnight = datetime.combine(day, time.min) if day else None
        until = timezone.make_aware(midnight) + timedelta(days=1) if midnight else None
        return {**self.cleaned_data, "transcripts_until": until}


class SessionResolveForm(forms.Form):
    """Somebody has seen to what a session raised."""

    reason = forms.CharField(
        max_length=200, label="What was done", help_text="Stays in the audit chain. No words of the conversation."
    )
