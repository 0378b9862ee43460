"""The stage ladder (D13) and the seven-stage curriculum (T12): records of many sources in fixed shares, validated.

`build_stages` is the coordinator. Nothing here needs Django.
"""

from __future__ import annotations

from .building import BuildSettings, Publisher, StageReport, build_stages, make_publisher
from .facts import handed_on
from .ladders import FOUR_STAGES, LADDERS, SEVEN_STAGES, Ladder, Rung
from .manifest import MANIFEST, QUARANTINE, StageManifest, stage_manifest_schema

__all__ = [
    "FOUR_STAGES",
    "LADDERS",
    "MANIFEST",
    "QUARANTINE",
    "SEVEN_STAGES",
    "BuildSettings",
    "Ladder",
    "Publisher",
    "Rung",
    "StageManifest",
    "StageReport",
    "build_stages",
    "handed_on",
    "make_publisher",
    "stage_manifest_schema",
]
