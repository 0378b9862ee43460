"""Extractors (D15): sets that are taken out of conversation files, streaming, over files and object stores.

`extract` is the coordinator: units of work with markers, so that an extraction which was killed goes on where it was
and gives the same bytes. What is taken out of a row is a picker's to say (`picking`). Nothing here needs Django.
"""

from __future__ import annotations

from .manifest import MANIFEST_SUFFIX, ExtractionManifest, extraction_manifest_schema
from .running import ExtractReport, ExtractSettings, extract
from .sources import SourcesInvalid, addresses_in_manifest

__all__ = [
    "MANIFEST_SUFFIX",
    "ExtractReport",
    "ExtractSettings",
    "ExtractionManifest",
    "SourcesInvalid",
    "addresses_in_manifest",
    "extract",
    "extraction_manifest_schema",
]
