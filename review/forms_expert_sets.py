"""Forms of expert sets. They check shape; the services decide."""

from __future__ import annotations

from typing import Any

from django import forms

from datasets_app.corpus.expertset.choosing import DEFAULT_CRISIS, LEAST_SIZE, LEAST_TRIAL, MOST_SIZE
from datasets_app.corpus.expertset.line import MAX_COMMENT
from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS, SAFETY_LABELS
from pixelhub.accounts.models import Project
from review.expertsets.rubric import EXAMPLE_RUBRIC
from review.forms import LabelForm
from review.models.expert_sets import MOST_RATERS
from review.services.expert_sets import MAX_NAME

#: In a demo workspace a set should be rated in minutes; a real one holds 500 at the least.
DEMO_SIZE = 20


class DrawForm(forms.Form):
    """Draws a set."""

    name = forms.CharField(
        max_length=MAX_NAME, initial="experts", help_text="A name that is taken gets its next version."
    )
    size = forms.IntegerField(label="Conversations", max_value=MOST_SIZE)
    crisis_percent = forms.IntegerField(
        label="With a crisis, in percent",
        min_value=8,
        max_value=20,
        initial=round(DEFAULT_CRISIS * 100),
        help_text="8 to 20. The six types share them evenly, as far as the project has them.",
    )
    raters = forms.IntegerField(label="Experts for each conversation", min_value=1, max_value=MOST_RATERS, initial=2)
    seed = forms.IntegerField(
        min_value=0,
        max_value=2**32 - 1,
        required=False,
        help_text="The same data and seed draw the same set. One is drawn when left empty.",
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        size = self.fields["size"]
        size.initial = DEMO_SIZE if project.is_demo else LEAST_SIZE
        size.help_text = (
            f"Between {LEAST_TRIAL if project.is_demo else LEAST_SIZE} and {MOST_SIZE:,}. "
            "They are held out of training from then on, for good."
        )


class RatingForm(LabelForm):
    """An expert's own label, with the rubric, safety labels and a comment."""

    safety = forms.MultipleChoiceField(choices=list(SAFETY_LABELS.items()), required=False)
    comment = forms.CharField(max_length=MAX_COMMENT, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for scale in EXAMPLE_RUBRIC:
            self.fields[f"rubric_{scale.code}"] = forms.IntegerField(min_value=1, max_value=5, required=False)

    @property
    def said(self) -> dict[str, Any]:
        """What `services.example_rate` takes; scales that were left out are None."""
        data = self.cleaned_data
        return {
            "crisis_type": data["crisis_type"],
            "severity": data["severity"],
            "rubric": {scale.code: data[f"rubric_{scale.code}"] for scale in EXAMPLE_RUBRIC},
            "safety": data["safety"],
            "comment": data["comment"],
        }


class DecisionForm(LabelForm):
    """A clinical lead's label where the experts disagree."""

    reason = forms.CharField(label="Why", max_length=MAX_COMMENT, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = self.fields["crisis_type"]
        kind.label = "It is"
        kind.choices = [("", "choose one"), *CRISIS_TYPE_LABELS.items()]  # type: ignore[attr-defined]
        self.fields["severity"].help_text = "None where there is no crisis."
