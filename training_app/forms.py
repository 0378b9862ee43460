"""The form of a new run: few options, each with its default explained. It fills the same configuration as a file."""

from __future__ import annotations

from typing import Any

from django import forms

from datasets_app.models import Release
from pixelhub.accounts.models import Project
from training_app.learn.config import TrainingConfig, config_from
from training_app.learn.errors import ConfigInvalid
from training_app.selectors import trainable_releases

DEFAULTS = TrainingConfig()


class RunForm(forms.Form):
    """Cleans to `cleaned_data["config"]`, a checked configuration."""

    release = forms.ModelChoiceField(
        queryset=Release.objects.none(),
        empty_label=None,
        help_text="Only published releases. Training reads its train and validation splits; the test split stays shut.",
    )
    name = forms.CharField(max_length=120, required=False, help_text="How the run is called in lists.")
    epochs = forms.IntegerField(
        initial=DEFAULTS.optimisation.epochs,
        help_text="At most. Training stops early when the validation loss no longer falls; the best epoch is kept.",
    )
    learning_rate = forms.FloatField(
        initial=DEFAULTS.optimisation.learning_rate,
        help_text="0.001 suits the heads on the frozen encoder. Warm-up takes a tenth of the steps, then a cosine.",
    )
    batch_size = forms.IntegerField(initial=DEFAULTS.optimisation.batch_size, help_text="Conversations per step.")
    gamma = forms.FloatField(
        initial=DEFAULTS.loss.gamma,
        label="Focal gamma",
        help_text="0 is plain cross-entropy; 2 looks harder at what is still wrong; calibration follows.",
    )
    max_length = forms.IntegerField(
        initial=DEFAULTS.data.max_length,
        label="Tokens read",
        help_text="The last so many tokens of a conversation, up to 512. More is slower in training and in serving.",
    )
    min_sensitivity = forms.FloatField(
        initial=DEFAULTS.decision.min_sensitivity,
        label="Sensitivity to keep",
        help_text="The threshold has the best specificity that still finds this share of validation crises.",
    )
    seed = forms.IntegerField(
        initial=DEFAULTS.optimisation.seed, help_text="The same seed, data and code give the same bytes."
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["release"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = trainable_releases(project)
        field.label_from_instance = _release_label  # type: ignore[method-assign, assignment]

    def clean(self) -> dict[str, Any]:
        """Build the configuration; what it refuses becomes an error of the form."""
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        try:
            cleaned["config"] = config_from(
                {
                    "data": {"max_length": cleaned["max_length"]},
                    "loss": {"gamma": cleaned["gamma"]},
                    "optimisation": {name: cleaned[name] for name in ("epochs", "learning_rate", "batch_size", "seed")},
                    "decision": {"min_sensitivity": cleaned["min_sensitivity"]},
                }
            )
        except ConfigInvalid as problem:
            raise forms.ValidationError(str(problem)) from problem
        return cleaned


def _release_label(release: Release) -> str:
    total = release.counts.get("total")
    return f"{release.version} ({total:,} conversations)" if isinstance(total, int) else release.version
