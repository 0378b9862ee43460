"""A version's model card out of its rows: in two formats, stored beside the bundle, and its safe rendering.

The stored card.md is what a sign-off covers, so it is written anew by every act that changes what it says, and by none
from the approval on: what was signed stays as it was signed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

from pixelhub.objects import ObjectNotFound, get_store
from pixelhub.ui.headings import under_the_page
from training_app.learn.cards import PLOTS, CardRecords, FileResult, applied_model_card, model_card
from training_app.models import CardSection, Evaluation, FileEvaluation, ModelVersion, VersionState
from training_app.plots import has_plot

__all__ = ["CARD", "CARD_IS_OPEN", "CHAI", "FORMATS", "HF", "card_html", "card_of", "card_shown", "card_store"]

CARD: Final = "card.md"
HF: Final = "hf"
CHAI: Final = "chai"
FORMATS: Final[dict[str, str]] = {HF: "Hugging Face model card", CHAI: "Applied model card (CHAI)"}
# From the approval on the card is part of what was signed.
CARD_IS_OPEN: Final = frozenset({VersionState.CANDIDATE, VersionState.VALIDATED, VersionState.IN_REVIEW})
_WRITERS: Final[dict[str, Callable[[CardRecords], str]]] = {HF: model_card, CHAI: applied_model_card}
# Raw HTML in the source is shown as text: names in a card come from users.
_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")


def card_of(version: ModelVersion, evaluation: Evaluation | None, *, style: str = HF) -> str:
    """Return the card as Markdown. The same rows give the same text, so its hash can be part of a sign-off."""
    return _WRITERS[style](_records(version, evaluation))


def card_store(version: ModelVersion) -> None:
    """Write card.md beside the bundle, unless the version is approved: then it stays as it was signed."""
    if version.state in CARD_IS_OPEN:
        get_store().put(f"{version.evidence_prefix}{CARD}", card_of(version, _evaluation_of(version)).encode())


def card_shown(version: ModelVersion, *, style: str = HF) -> str:
    """Return the card to show: the stored one, byte for byte what a sign-off covers, else one written now."""
    if style == HF:
        try:
            return get_store().read(f"{version.evidence_prefix}{CARD}").decode()
        except ObjectNotFound:
            pass
    return card_of(version, _evaluation_of(version), style=style)


def card_html(markdown: str, *, plot_url: Callable[[str], str] = lambda name: "") -> SafeString:
    """Return the card's body as HTML: the YAML header left out, raw HTML escaped, no links but safe ones.

    `plot_url` gives the address of a plot by its name; a picture from anywhere else is left out.
    """
    body = markdown.removeprefix("---\n").partition("\n---\n")[2] if markdown.startswith("---\n") else markdown
    tokens = _MARKDOWN.parse(body)
    under_the_page(tokens)
    for token in tokens:
        if token.children:
            token.children = [child for child in token.children if _kept(child, plot_url)]
    # markdown-it escapes every character of the source that is not Markdown and refuses javascript: links.
    return mark_safe(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))  # noqa: S308  # nosec B308 B703


def _kept(token: Token, plot_url: Callable[[str], str]) -> bool:
    if token.type != "image":
        return True
    name = str(token.attrGet("src") or "").removeprefix("plots/").removesuffix(".svg")
    if name not in PLOTS or not plot_url(name):
        return False
    token.attrSet("src", plot_url(name))
    token.attrSet("width", "500")
    token.attrSet("height", "320")
    return True


def _records(version: ModelVersion, evaluation: Evaluation | None) -> CardRecords:
    lineage = dict(version.lineage)
    encoder = lineage.pop("encoder", {"name": "not recorded", "sha256": "not recorded"})
    data = version.run.config["data"]
    source = version.derived_from
    return CardRecords(
        name=f"{version.project.name} crisis detection",
        version=version.version,
        bundle={
            "encoder": encoder,
            "lineage": lineage,
            "files": version.files,
            "temperature": version.temperature,
            "threshold": version.threshold,
            "max_length": data["max_length"],
            "last_messages": data["last_messages"],
        },
        bundle_sha256=version.bundle_sha256,
        config=version.run.config,
        record=version.run.validation,
        release_counts=version.release.counts,
        release_gates=version.release.gates,
        evaluation=evaluation.metrics if evaluation else None,
        evaluation_sha256=evaluation.sha256 if evaluation else "",
        test_set_uses=evaluation.use_number if evaluation else 0,
        kind=version.kind,
        derived_from=source.version if source else "",
        developer=f"the team of {version.project.name}",
        registered_on=version.created_at.date().isoformat(),
        files=_file_results(version),
        sections=_sections(version),
        plots=_plots(version, evaluation),
    )


def _file_results(version: ModelVersion) -> list[FileResult]:
    """The newest result on each file under each reading of its labels, by name."""
    newest: dict[tuple[str, str], FileEvaluation] = {}
    for row in FileEvaluation.objects.filter(model_version=version).order_by("pk"):
        newest[row.name, row.file_sha256] = row
    return [FileResult(row.name, row.label_kind, row.sha256, row.metrics) for _, row in sorted(newest.items())]


def _sections(version: ModelVersion) -> dict[str, str]:
    rows = CardSection.objects.filter(model_version=version).order_by("revision")
    return {row.name: row.text for row in rows}


def _plots(version: ModelVersion, evaluation: Evaluation | None) -> list[str]:
    return [name for name in PLOTS if has_plot(name, version, evaluation)]


def _evaluation_of(version: ModelVersion) -> Evaluation | None:
    return Evaluation.objects.filter(model_version=version, split="test").order_by("-pk").first()
