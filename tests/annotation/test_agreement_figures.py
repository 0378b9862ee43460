"""Agreement figures against published tables and the properties every coefficient must have."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.agreement import Ratings, bootstrap, figures, fleiss_kappa, gwet_ac1, krippendorff_alpha, verdict
from annotation.agreement.__main__ import main
from annotation.agreement.intervals import Interval
from annotation.agreement.kappa import cohen_mean, cohen_pairs, percent_agreement
from annotation.agreement.replicates import REPLICATES
from tests.paths import SHARED_DATA

# Fleiss (1971), "Measuring nominal scale agreement among many raters", table 1: 30 psychiatric patients, 6 raters.
FLEISS_1971 = """
0 0 0 6 0/0 3 0 0 3/0 1 4 0 1/0 0 0 0 6/0 3 0 3 0/2 0 4 0 0/0 0 4 0 2/2 0 3 1 0/2 0 0 4 0/0 0 0 0 6
1 0 0 5 0/1 1 0 4 0/0 3 3 0 0/1 0 0 5 0/0 2 0 3 1/0 0 5 0 1/3 0 0 1 2/5 1 0 0 0/0 2 0 4 0/1 0 2 0 3
0 0 0 0 6/0 1 0 5 0/0 2 0 1 3/2 0 0 4 0/1 0 0 4 1/0 5 0 1 0/4 0 0 0 2/0 2 0 4 0/1 0 5 0 0/0 0 0 0 6
"""
# Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", example C: 4 observers, 12 units, missing cells.
KRIPPENDORFF_C = [
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
]
# Cohen (1960) style table of Fleiss, Levin & Paik (2003), table 18.1, as percentages of 100 subjects: kappa 0.68.
FLEISS_LEVIN_PAIK = "row,Psychotic,Neurotic,Organic\nPsychotic,75,1,4\nNeurotic,5,4,1\nOrganic,0,0,10\n"

EXPECTED = SHARED_DATA / "agreement" / "expected.json"
# The file's names of figures, and how the command line gets each of them.
FIGURES = {
    "fleiss": ("fleiss", []),
    "cohen": ("cohen", []),
    "cohen_linear": ("cohen_linear", []),
    "cohen_quadratic": ("cohen_quadratic", []),
    "krippendorff_nominal": ("krippendorff_nominal", []),
    "krippendorff_nominal_5": ("krippendorff_nominal", []),
    "krippendorff_ordinal": ("krippendorff_ordinal", []),
    "krippendorff_interval": ("krippendorff_interval", []),
    "krippendorff_interval(quadratic)": ("krippendorff_interval", []),
    "krippendorff_ratio": ("krippendorff_ratio", []),
    "percent_agreement(fleiss pa)": ("percent_agreement", []),
    "krippendorff_binary_sev<0": ("krippendorff_binary_below_0", []),
}


def command(capsys: pytest.CaptureFixture[str], path: Path, *options: str) -> dict:
    assert main([str(path), "--json", "--replicates", "50", *options]) == 0
    return json.loads(capsys.readouterr().out)


def expected_figures() -> list[tuple[str, str, float]]:
    if not EXPECTED.exists():
        return []
    entries = json.loads(EXPECTED.read_text())
    return [
        (name, figure, value)
        for name, entry in entries.items()
        for kind in ("published", "recomputed_here")
        for figure, value in entry.get(kind, {}).items()
    ]


@pytest.mark.skipif(not EXPECTED.exists(), reason="the shared rating tables are not here (../shared/data)")
def test_every_published_figure_is_reproduced_to_its_printed_digits(capsys: pytest.CaptureFixture[str]) -> None:
    checked = 0
    for name, figure, value in expected_figures():
        key, options = FIGURES[figure]
        got = command(capsys, EXPECTED.parent / name, *options)[key]
        assert round(got, 3) == value, f"{name} {figure}"
        checked += 1
    assert checked == sum(
        len(e.get("published", e.get("recomputed_here"))) for e in json.loads(EXPECTED.read_text()).values()
    )


@pytest.mark.skipif(not EXPECTED.exists(), reason="the shared rating tables are not here (../shared/data)")
def test_gwet_ordinal_weights_are_not_mistaken_for_krippendorffs_ordinal_metric(
    capsys: pytest.CaptureFixture[str],
) -> None:
    report = command(capsys, EXPECTED.parent / "irrcac_raw_4raters.csv")
    assert round(report["krippendorff_ordinal"], 3) == 0.815
    assert round(report["ac1"], 3) == 0.775


def test_fleiss_1971_gives_0430(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [row.split() for line in FLEISS_1971.split("\n") if line for row in line.split("/")]
    assert len(rows) == 30
    lines = ["Units,Depression,Personality,Schizophrenia,Neurosis,Other"]
    lines += [f"{n},{','.join(row)}" for n, row in enumerate(rows, start=1)]
    report = command(capsys, _file(tmp_path, "\n".join(lines)))
    assert report["layout"] == "counts"
    assert round(report["fleiss"], 3) == 0.430
    assert round(report["percent_agreement"], 4) == 0.5556
    assert "cohen" not in report  # nameless raters make no pairs


def test_krippendorff_example_c(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    columns = [row.split() for row in KRIPPENDORFF_C]
    lines = ["Units,A,B,C,D"] + [f"{n}," + ",".join(cells) for n, cells in enumerate(zip(*columns, strict=True))]
    report = command(capsys, _file(tmp_path, "\n".join(lines)))
    published = {"nominal": 0.743, "ordinal": 0.815, "interval": 0.849, "ratio": 0.797}
    assert {level: round(report[f"krippendorff_{level}"], 3) for level in published} == published


def test_contingency_table_of_fleiss_levin_paik(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = command(capsys, _file(tmp_path, FLEISS_LEVIN_PAIK))
    assert report["layout"] == "contingency"
    assert round(report["cohen"], 2) == 0.68
    assert report["percent_agreement"] == pytest.approx(0.89)


@pytest.mark.parametrize(
    ("text", "options", "code", "said"),
    [
        ("item,rater,value\n1,a,x\n1,a,y\n", [], 3, "line 3: 'a' rated item '1' twice"),
        ("item,rater,value\n1,a,x\n,b,y\n", [], 3, "line 3: no item"),
        ("Units,R1,R2\n1,a\n", [], 3, "line 2: 2 cells, the header has 3"),
        ("Units,R1,R2\n1,a,\n2,,b\n", [], 3, "no item has two ratings"),
        (",A,B\nA,3,x\nB,1,2\n", [], 3, "line 2: 'x' is not a count"),
        ("Units,R1,R2\n1,a\x00,b\n", [], 3, "line 2: NUL"),
        ("item,rater,v,w\n1,a,1,2\n", [], 3, "2 columns could hold the rating"),
        ("", [], 3, "no rows"),
        ("Units,R1,R2\n1,a,b\n2,a,a\n", ["--below", "2"], 3, "a threshold needs numeric ratings"),
    ],
)
def test_an_unusable_table_is_refused_naming_the_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, options: list[str], code: int, said: str
) -> None:
    assert main([str(_file(tmp_path, text)), *options]) == code
    assert said in capsys.readouterr().err


def test_a_missing_file_has_its_own_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "absent.csv")]) == 1
    assert "can't read" in capsys.readouterr().err


def test_a_bad_argument_exits_with_2() -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["x.csv", "--layout", "diagonal"])
    assert stopped.value.code == 2


# --- properties -------------------------------------------------------------------------------------------------

CODES = st.lists(
    st.lists(st.integers(-1, 3), min_size=3, max_size=3), min_size=4, max_size=25
)  # -1 is a missing rating


def ratings(codes: list[list[int]] | np.ndarray, categories: int = 4) -> Ratings:
    array = np.array(codes)
    items = tuple(str(n) for n in range(len(array)))
    return Ratings(items, tuple("abc"[: array.shape[1]]), tuple("0123"[:categories]), array)


def all_coefficients(found: Ratings) -> list[float | None]:
    return [
        percent_agreement(found),
        fleiss_kappa(found),
        gwet_ac1(found),
        krippendorff_alpha(found, "nominal"),
        cohen_mean(cohen_pairs(found)),
    ]


def same(first: list[float | None], second: list[float | None]) -> bool:
    return all(
        (a is None and b is None) or (a is not None and b is not None and math.isclose(a, b, abs_tol=1e-9))
        for a, b in zip(first, second, strict=True)
    )


@settings(max_examples=60)
@given(CODES, st.permutations(range(3)), st.permutations(range(4)))
def test_who_is_called_what_changes_nothing(codes: list[list[int]], raters: list[int], labels: list[int]) -> None:
    array = np.array(codes)
    renamed = np.where(array < 0, -1, np.array(labels)[array])
    assert same(all_coefficients(ratings(array)), all_coefficients(ratings(renamed[:, raters])))


@settings(max_examples=60)
@given(st.lists(st.integers(0, 3), min_size=4, max_size=25).filter(lambda row: len(set(row)) > 1))
def test_perfect_agreement_is_one(row: list[int]) -> None:
    found = all_coefficients(ratings([[code] * 3 for code in row]))
    assert all(value == pytest.approx(1.0) for value in found)


def test_chance_is_about_zero() -> None:
    codes = np.random.default_rng(7).integers(0, 4, size=(4000, 3))
    _, fleiss, ac1, alpha, cohen = all_coefficients(ratings(codes))
    assert max(abs(value) for value in (fleiss, ac1, alpha, cohen)) < 0.03


def test_one_category_only_is_undefined_not_perfect() -> None:
    found = ratings([[0, 0, 0]] * 5)
    assert fleiss_kappa(found) is None
    assert krippendorff_alpha(found, "nominal") is None
    assert cohen_mean(cohen_pairs(found)) is None


@settings(max_examples=30)
@given(CODES)
def test_every_figure_of_any_table_is_plain_json(codes: list[list[int]]) -> None:
    json.dumps(figures(ratings(codes), replicates=20), allow_nan=False)


@pytest.mark.parametrize("coefficient", list(REPLICATES))
def test_a_bootstrap_replicate_equals_the_formula_on_the_drawn_items(coefficient: str) -> None:
    """The vectorised replicates against the plain functions, item by item, on the same draws."""
    codes = np.random.default_rng(3).integers(-1, 4, size=(40, 3))
    found = ratings(codes)
    plain = {
        "fleiss": fleiss_kappa,
        "ac1": gwet_ac1,
        "percent_agreement": percent_agreement,
        "cohen_mean": lambda drawn: cohen_mean(cohen_pairs(drawn)),
        "cohen_linear": lambda drawn: cohen_mean(cohen_pairs(drawn, "linear")),
        "cohen_quadratic": lambda drawn: cohen_mean(cohen_pairs(drawn, "quadratic")),
        "krippendorff_nominal": lambda drawn: krippendorff_alpha(drawn, "nominal"),
        "krippendorff_ordinal": lambda drawn: krippendorff_alpha(drawn, "ordinal"),
    }[coefficient]
    draws = np.random.default_rng(5).multinomial(40, np.full(40, 1 / 40), size=20).astype(float)
    fast = REPLICATES[coefficient][0](found, draws)
    slow = [plain(ratings(np.repeat(codes, times.astype(int), axis=0))) for times in draws]
    assert fast == pytest.approx(slow)


@settings(max_examples=40)
@given(CODES, st.sampled_from(list(REPLICATES)))
def test_items_that_look_alike_may_be_drawn_together(codes: list[list[int]], coefficient: str) -> None:
    found = ratings(codes)
    replicate, keeps_raters = REPLICATES[coefficient]
    alike, times = found.patterns(keep_raters=keeps_raters)
    assert times.sum() == len(codes)
    one_by_one = replicate(found, np.ones((1, len(codes))))
    assert replicate(alike, times[None, :].astype(float)) == pytest.approx(one_by_one, nan_ok=True)


def test_the_interval_holds_the_estimate_and_the_seed_decides_it() -> None:
    generator = np.random.default_rng(11)
    truth = generator.integers(0, 4, size=300)
    codes = np.column_stack([np.where(generator.random(300) < 0.9, truth, (truth + 1) % 4) for _ in range(3)])
    found = ratings(codes)
    first = bootstrap(found, "fleiss", seed=1)
    assert first == bootstrap(found, "fleiss", seed=1)
    assert first != bootstrap(found, "fleiss", seed=2)
    assert first is not None and first.low < fleiss_kappa(found) < first.high


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(0.851, 0.9, "pass"), (0.85, 0.9, "not yet settled"), (0.8, 0.9, "not yet settled"), (0.7, 0.85, "fail")],
)
def test_the_verdict_is_the_intervals_not_the_estimates(low: float, high: float, said: str) -> None:
    assert verdict(Interval(low, high, 1000), 0.85) == said


def _file(folder: Path, text: str) -> Path:
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    return path
