"""Plots as SVG, drawn on the server by vl-convert from Vega-Lite specifications: no script in the page.

One picture serves the light and the dark page: text and lines have at least 3:1 on both.
"""

from __future__ import annotations

from typing import Any, Final

import vl_convert

FOREGROUND: Final = "#76808e"
_GRID: Final = "#8b94a133"
_VEGA_LITE: Final = "6.1"


def plot_svg(spec: dict[str, Any], title: str, *, width: int) -> str:
    """Return a Vega-Lite specification as SVG of `width` pixels; `title` is what a screen reader says."""
    text = {"labelColor": FOREGROUND, "titleColor": FOREGROUND, "labelFontSize": 11, "titleFontSize": 11}
    full = {
        "description": title,
        "width": width,
        "background": None,
        "config": {
            "axis": {**text, "gridColor": _GRID, "domainColor": FOREGROUND, "tickColor": FOREGROUND},
            "legend": {**text, "orient": "top"},
            "view": {"stroke": None},
            "font": "sans-serif",
        },
        **spec,
    }
    svg: str = vl_convert.vegalite_to_svg(full, vl_version=_VEGA_LITE, allowed_base_urls=[])
    return svg
