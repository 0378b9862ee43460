"""The form of a new run: the method first, then what belongs to it. It fills the same configuration as a file."""

from __future__ import annotations

from typing import Any, Final

from django import forms

from datasets_app.models import Release
from pixelhub.accounts.models import Project
from pixelhub.uploads import SmallTextField
from training_app import form_fields as fields
from training_app.backbones import allowed_backbones
from training_app.learn.config import TrainingConfig, config_as_dict, config_from
from training_app.learn.errors import ConfigInvalid
from training_app.learn.presets import preset
from training_app.models import TrainingRun
from training_app.selectors import trainable_releases

CONFIG_BYTES: Final = 64 * 1024
REFUSED_FILE: Final = "A configuration is a JSON file of at most 64 KB."


class RunForm(fields.ConfigFields):
    """Cleans to `cleaned_data["config"]`, a checked configuration, and `cleaned_data["cloned_from"]`.

    `base` is the configuration that the fields are laid over: what the form does not show, or what is left empty,
    stays as it is there. Without one it is the method's preset.
    """

    release = forms.ModelChoiceField(
        queryset=Release.objects.none(),
        empty_label=None,
        help_text="Only published releases. Training reads its train and validation splits; the test split stays shut.",
    )
    name = forms.CharField(max_length=120, required=False, help_text="How the run is called in lists.")
    base = forms.CharField(required=False, widget=forms.HiddenInput)
    cloned_from = forms.ModelChoiceField(queryset=TrainingRun.objects.none(), required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, project: Project, base: TrainingConfig | None = None, method: str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.method = method if method in fields.METHOD_LABELS else base.model.method if base else fields.CACHED
        start = base if base is not None and base.model.method == self.method else preset(self.method)
        release = self.fields["release"]
        assert isinstance(release, forms.ModelChoiceField)
        release.queryset = trainable_releases(project)
        release.label_from_instance = release_label  # type: ignore[method-assign, assignment]
        origin = self.fields["cloned_from"]
        assert isinstance(origin, forms.ModelChoiceField)
        origin.queryset = TrainingRun.objects.filter(project=project)
        backbone = self.fields["backbone"]
        assert isinstance(backbone, forms.ChoiceField)
        backbone.choices = allowed_backbones()
        if not self.is_bound:
            self.initial = {**fields.initial_of(start), **self.initial}
            if base is not None:
                self.initial["base"] = fields.config_text(start)
        fields.keep_only(self, self.method)

    @property
    def sections(self) -> list[fields.Section]:
        """The fields that this method has, in the order of the page."""
        return fields.sections_of(self)

    def clean(self) -> dict[str, Any]:
        """Lay the fields over the base and check the whole; what is refused becomes an error of the form."""
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        try:
            base = config_from(cleaned["base"]) if cleaned["base"] else preset(self.method)
            if base.model.method != self.method:
                base = preset(self.method)
            cleaned["config"] = config_from(fields.laid_over(config_as_dict(base), cleaned, self.method))
        except ConfigInvalid as problem:
            raise forms.ValidationError(str(problem)) from problem
        return cleaned


class ConfigUploadForm(forms.Form):
    """A configuration as a file or as text; cleans to `cleaned_data["config"]`, without folders of another machine."""

    text = forms.CharField(
        required=False,
        max_length=CONFIG_BYTES,
        label="Configuration as JSON",
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "class": "mono"}),
    )
    file = SmallTextField(
        required=False, label="or a file", widget=forms.ClearableFileInput(attrs={"accept": ".json,application/json"})
    )

    def clean(self) -> dict[str, Any]:
        """Read what was given. The command line's folders are left out: the hub chooses its own."""
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        file = cleaned.get("file")
        if file is not None and file.size > CONFIG_BYTES:
            raise forms.ValidationError(REFUSED_FILE)
        source: bytes | str = file.read() if file is not None else cleaned.get("text", "")
        if not source.strip():
            raise forms.ValidationError("Paste a configuration or choose a file.")
        try:
            config = config_from(source)
        except ConfigInvalid as problem:
            raise forms.ValidationError(str(problem)) from problem
        if config.model.method not in fields.METHOD_LABELS:
            raise forms.ValidationError("A student is distilled from a version: start it on that version's page.")
        cleaned["config"] = fields.without_folders(config)
        return cleaned


def release_label(release: Release) -> str:
    """A release with its size, for choices."""
    total = release.counts.get("total")
    return f"{release.version} ({total:,} conversations)" if isinstance(total, int) else release.version
