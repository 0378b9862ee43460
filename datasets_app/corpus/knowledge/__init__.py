"""The knowledge base (D15): concepts with definitions and sources, read, checked, versioned, and looked up to ground.

`load` reads files into one checked base; `KnowledgeBase` answers by name, alias or near text. Nothing needs Django.
"""

from __future__ import annotations

from .base import FORMAT, Concept, Definition, KnowledgeInvalid, KnowledgeManifest, knowledge_manifest_schema
from .loading import LoadReport, load
from .lookup import KnowledgeBase, Match

__all__ = [
    "FORMAT",
    "Concept",
    "Definition",
    "KnowledgeBase",
    "KnowledgeInvalid",
    "KnowledgeManifest",
    "LoadReport",
    "Match",
    "knowledge_manifest_schema",
    "load",
]
