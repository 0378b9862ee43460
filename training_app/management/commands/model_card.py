"""Write the model card of a version as Markdown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from training_app.cards import FORMATS, HF, card_shown
from training_app.learn.cards import PLOTS
from training_app.management.commands._lookup import find_model, model_arguments
from training_app.plots import has_plot, plot_of
from training_app.selectors import evaluation_of


class Command(BaseCommand):
    help = "Print the model card of a version, or write it to a file, with its plots in the folder `plots` beside it."

    def add_arguments(self, parser: CommandParser) -> None:
        model_arguments(parser)
        parser.add_argument("--format", choices=sorted(FORMATS), default=HF, help="hf (the default) or chai")
        parser.add_argument("--out", type=Path, help="file to write; standard output without it")

    def handle(self, **options: Any) -> None:
        version = find_model(options)
        card = card_shown(version, style=options["format"])
        out: Path | None = options["out"]
        if out is None:
            self.stdout.write(card, ending="")
            return
        out.write_text(card, encoding="utf-8")
        evaluation = evaluation_of(version)
        drawn = [name for name in PLOTS if f"plots/{name}.svg" in card and has_plot(name, version, evaluation)]
        for name in drawn:
            folder = out.parent / "plots"
            folder.mkdir(exist_ok=True)
            (folder / f"{name}.svg").write_text(plot_of(name, version, evaluation), encoding="utf-8")
        self.stdout.write(f"wrote the card of version {version.version} and {len(drawn)} plots")
