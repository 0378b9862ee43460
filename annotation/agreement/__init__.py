"""Inter-rater agreement, without Django.

`python -m annotation.agreement FILE.csv --json` computes every figure of a rating table. The figures:
Cohen's kappa (per pair, mean, linear and quadratic weights), Fleiss' kappa (with missing cells, after Gwet),
Krippendorff's alpha, Gwet's AC1, percent agreement, bootstrap intervals by item, per type, and confusion.
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
from annotation.agreement.ratings import RatingError, Ratings
from annotation.agreement.report import figures

__all__ = [
    "Interval",
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
    "verdict",
]
