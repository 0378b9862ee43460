"""Which backbones a run of the hub may use: the embedded encoder, and model folders that the operator allows."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from django.conf import settings

from training_app.learn.config import EMBEDDED_BACKBONE

EMBEDDED_LABEL: Final = "Embedded encoder (MiniLM, 384 wide, 6 layers)"


def allowed_backbones() -> list[tuple[str, str]]:
    """Values and labels for a choice: the embedded encoder first, then the folders by name."""
    found = {
        str(folder): folder.name for place in _places() for folder in [place, *_inside(place)] if _is_model(folder)
    }
    return [(EMBEDDED_BACKBONE, EMBEDDED_LABEL), *sorted(found.items(), key=lambda item: item[1].lower())]


def is_allowed(backbone: str) -> bool:
    """Whether a run of the hub may use this backbone; links that lead out of the allowed places do not count."""
    return backbone in {value for value, _ in allowed_backbones()}


def _places() -> list[Path]:
    return [Path(place).resolve() for place in settings.PIXELHUB_MODEL_DIRS]


def _inside(place: Path) -> list[Path]:
    return [path for path in place.iterdir() if path.resolve() == path] if place.is_dir() else []


def _is_model(folder: Path) -> bool:
    return (folder / "config.json").is_file() and any(folder.glob("*.safetensors"))
