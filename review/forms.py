"""Forms of review. They check shape; the services decide."""

from __future__ import annotations

from typing import Any

from django import forms

from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS, SEVERITY_LABELS
from pixelhub.accounts.models import Project
from review.models.assignments import MOST_REVIEWERS
from review.rubric import RUBRIC
from review.selectors import reviewable_versions
from review.selectors_experts import experts_of
from review.services.campaigns import DEFAULT_SIZE, MAX_SIZE
from review.wording import MAX_COMMENT
from training_app.models import ModelVersion

#: In a demo workspace a review should be done in minutes; the board still asks for 100.
DEMO_SIZE = 12


class CampaignForm(forms.Form):
    """Opens a campaign."""

    version = forms.ModelChoiceField(queryset=ModelVersion.objects.none(), empty_label=None)
    size = forms.IntegerField(
        label="Cases to draw",
        min_value=1,
        max_value=MAX_SIZE,
        help_text="The program asks for at least 100. Misses and over-escalations are drawn more often; "
        "weights keep the estimates unbiased.",
    )
    minimum_judged = forms.IntegerField(
        label="Cases that must be judged before closing",
        min_value=1,
        max_value=MAX_SIZE,
        required=False,
        help_text="All of them when left empty.",
    )
    minimum_reviewers = forms.IntegerField(
        label="Experts per case",
        min_value=1,
        max_value=MOST_REVIEWERS,
        required=False,
        help_text="One when left empty.",
    )
    maximum_reviewers = forms.IntegerField(
        label="At the most, where they are split",
        min_value=1,
        max_value=MOST_REVIEWERS,
        required=False,
        help_text="Two more when left empty. Where these stay split, a clinical lead decides after discussion.",
    )
    judge_first = forms.TypedChoiceField(
        label="The prediction",
        choices=[("yes", "Hidden until the expert has given their own label"), ("no", "Shown from the start")],
        coerce=lambda answer: answer != "no",
        empty_value=True,  # type: ignore[arg-type]  # the stubs know of text alone
        initial="yes",
        required=False,
        widget=forms.RadioSelect,
        help_text="Whoever sees a prediction first tends to agree with it.",
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].queryset = reviewable_versions(project)  # type: ignore[attr-defined]
        self.fields["size"].initial = DEMO_SIZE if project.is_demo else DEFAULT_SIZE
        self.fields["minimum_reviewers"].initial = 2 if experts_of(project).filter(active=True).count() > 2 else 1


class LabelForm(forms.Form):
    """The expert's own label, before the prediction is shown."""

    crisis_type = forms.ChoiceField(choices=list(CRISIS_TYPE_LABELS.items()))
    severity = forms.TypedChoiceField(
        choices=[("", "none"), *SEVERITY_LABELS.items()], coerce=int, empty_value=None, required=False
    )


class VerdictForm(forms.Form):
    """The verdict on the prediction, with a field for each scale of the rubric."""

    verdict = forms.CharField(max_length=24)
    comment = forms.CharField(max_length=MAX_COMMENT, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for scale in RUBRIC:
            self.fields[f"rubric_{scale.code}"] = forms.IntegerField(min_value=1, max_value=5, required=False)

    @property
    def said(self) -> dict[str, Any]:
        """What `services.case_judge` takes; scales that were left out are None."""
        data = self.cleaned_data
        rubric = {scale.code: data[f"rubric_{scale.code}"] for scale in RUBRIC}
        return {"verdict": data["verdict"], "comment": data["comment"], "rubric": rubric}
