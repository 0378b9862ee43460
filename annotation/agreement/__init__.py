"""Inter-rater agreement, without Django.

`python -m annotation.agreement FILE.csv --json` computes every figure of a rating table. The figures:
Cohen's kappa (per pair, mean, linear and quadratic weights), Fleiss' kappa (with missing cells, after Gwet),
Krippendorff's alpha, Gwet's AC1, percent agreement, bootstrap intervals by item, per type, and confusion.
`round_report` says all about a round of labels (`LabelSet`): those figures, what more samples would do, severity,
confidence, raters, sources, edge cases, who says what instead of what, and which samples to discuss.
"""

from annotation.agreement.alpha import krippendorff_alpha
from annotation.agreement.intervals import Interval, bootstrap, verdict
from annotation.agreement.kappa import (
    cohen_kappa,
    cohen_pairs,
    fleiss_kappa,
    gwet_ac1,
    percent_agreement,
)
from annotation.agreement.labelset import About, LabelRow, LabelSet
from annotation.agreement.ratings import RatingError, Ratings
from annotation.agreement.report import figures
from annotation.agreement.roundreport import round_report

__all__ = [
    "About",
    "Interval",
    "LabelRow",
    "LabelSet",
    "RatingError",
    "Ratings",
    "bootstrap",
    "cohen_kappa",
    "cohen_pairs",
    "figures",
    "fleiss_kappa",
    "gwet_ac1",
    "krippendorff_alpha",
    "percent_agreement",
    "round_report",
    "verdict",
]
