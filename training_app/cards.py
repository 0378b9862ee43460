"""A version's model card out of its rows, and its safe rendering."""

from __future__ import annotations

from typing import Final

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from training_app.learn.card import CardRecords, model_card
from training_app.models import Evaluation, ModelVersion

# Raw HTML in the source is shown as text: names in a card come from users.
_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")


def card_of(version: ModelVersion, evaluation: Evaluation | None) -> str:
    """Return the card as Markdown. The same rows give the same text, so its hash can be part of a sign-off."""
    lineage = dict(version.lineage)
    encoder = lineage.pop("encoder")
    data = version.run.config["data"]
    return model_card(
        CardRecords(
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
            evaluation=evaluation.metrics if evaluation else None,
            evaluation_sha256=evaluation.sha256 if evaluation else "",
            test_set_uses=evaluation.use_number if evaluation else 0,
        )
    )


def card_html(markdown: str) -> SafeString:
    """Return the card's body as HTML: the YAML header left out, raw HTML escaped, no links but safe ones."""
    _, _, body = markdown.removeprefix("---\n").partition("\n---\n")
    # markdown-it escapes every character of the source that is not Markdown and refuses javascript: links.
    return mark_safe(_MARKDOWN.render(body))  # noqa: S308
