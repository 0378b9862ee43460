"""The form of a new study: what to search around, in which way, and the space as JSON."""

from __future__ import annotations

from typing import Any, Final

from django import forms

from datasets_app.models import Release
from pixelhub.accounts.models import Project
from training_app import form_fields as fields
from training_app.backbones import allowed_backbones
from training_app.forms import CONFIG_BYTES, release_label
from training_app.learn.config import TrainingConfig, config_as_dict, config_from
from training_app.learn.errors import ConfigInvalid
from training_app.learn.presets import preset
from training_app.learn.space import default_space, space_as_dict, space_from
from training_app.models import Study
from training_app.selectors import trainable_releases
from training_app.services.studies import MOST_TRIALS

TRIALS: Final = 30


class StudyForm(forms.Form):
    """Cleans to `cleaned_data["config"]` and `cleaned_data["checked_space"]`."""

    release = forms.ModelChoiceField(
        queryset=Release.objects.none(),
        empty_label=None,
        help_text="Trials learn from its train split and are compared on validation; the test split stays shut.",
    )
    name = forms.CharField(max_length=120, required=False, help_text="How the study is called in lists.")
    method = forms.ChoiceField(choices=list(fields.METHOD_LABELS.items()), label="What learns")
    backbone = forms.ChoiceField(required=False, help_text="Only for methods that read the backbone again.")
    search = forms.ChoiceField(
        choices=Study.Method.choices,
        label="Search",
        help_text="A grid tries every combination. TPE draws from what did well so far and ends poor trials early.",
    )
    max_trials = forms.IntegerField(
        label="Trials", min_value=1, max_value=MOST_TRIALS, initial=TRIALS, help_text="Of TPE. A grid tries all it has."
    )
    max_length = forms.IntegerField(label="Tokens read", initial=TrainingConfig().data.max_length)
    space = forms.CharField(
        required=False,
        max_length=CONFIG_BYTES,
        label="Search space as JSON",
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "mono"}),
        help_text="Empty takes the plan's for the method. Names as in a run's configuration; a list of values each, or "
        "for TPE a range such as {&quot;low&quot;: 0.0001, &quot;high&quot;: 0.01, &quot;log&quot;: true}.",
    )
    base = forms.CharField(
        required=False,
        max_length=CONFIG_BYTES,
        label="Configuration around it",
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "class": "mono"}),
        help_text="What is not searched, as a run's page offers it for download. Empty takes the method's preset.",
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        release = self.fields["release"]
        assert isinstance(release, forms.ModelChoiceField)
        release.queryset = trainable_releases(project)
        release.label_from_instance = release_label  # type: ignore[method-assign, assignment]
        backbone = self.fields["backbone"]
        assert isinstance(backbone, forms.ChoiceField)
        backbone.choices = allowed_backbones()

    def clean(self) -> dict[str, Any]:
        """Check configuration and space; what is refused becomes an error of its field."""
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        method, search = cleaned["method"], cleaned["search"]
        try:
            base = fields.without_folders(config_from(cleaned["base"])) if cleaned["base"] else preset(method)
            chosen = {"max_length": cleaned["max_length"]}
            if method != fields.CACHED:
                chosen["backbone"] = cleaned["backbone"]
            cleaned["config"] = config_from(fields.laid_over(config_as_dict(base), chosen, method))
        except ConfigInvalid as problem:
            self.add_error("base", str(problem))
            return cleaned
        try:
            given = cleaned["space"].strip() or default_space(method, search)
            cleaned["checked_space"] = space_as_dict(space_from(given, method=search, base=cleaned["config"]))
        except ConfigInvalid as problem:
            self.add_error("space", str(problem))
        return cleaned
