"""Forms of labels in and out."""

from __future__ import annotations

from django import forms

from annotation.exchange import FORMATS
from pixelhub.uploads import SmallTextField

FORMAT_CHOICES = [(made.name, made.title) for made in FORMATS.values()]


class LabelExportForm(forms.Form):
    """Which file is wanted."""

    format = forms.ChoiceField(choices=FORMAT_CHOICES, initial="jsonl", label="Format")
    view = forms.ChoiceField(
        choices=[("adjudicated", "The labels that stand, with the raw ones"), ("raw", "The raw labels alone")],
        label="Labels",
    )
    with_text = forms.BooleanField(required=False, label="With the conversations' words and the annotators' notes")


class LabelImportForm(forms.Form):
    """A file with labels from elsewhere."""

    file = SmallTextField(label="File", help_text="JSON lines, Label Studio JSON, Prodigy JSONL or CSV, in UTF-8.")
    name = forms.CharField(
        max_length=100, label="Known as", help_text="For example “pilot in Label Studio”. Shown as the labels' source."
    )
    format = forms.ChoiceField(choices=[("", "Tell from the file"), *FORMAT_CHOICES], required=False, label="Format")
