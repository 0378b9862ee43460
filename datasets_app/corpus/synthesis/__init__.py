"""Made-up conversations for the six types and `none` (D8).

`generate` is the first generator, a list of phrases: the demo, the simulated rounds and the default model's published
figures stand on it. `generate_synthetic` and `generate_edge_cases` compose from a grammar of scenarios.
"""

from .conversations import GENERATOR, generate_synthetic
from .edge_cases import generate_edge_cases
from .generator import generate

__all__ = ["GENERATOR", "generate", "generate_edge_cases", "generate_synthetic"]
