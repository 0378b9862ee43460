"""A model's suggestion in real Chromium: after the blind label only; kept with Enter, followed with c."""

import pytest
from playwright.sync_api import Browser, expect

from tests.annotation.instrument_bench import Bench, LabellingHub

pytestmark = pytest.mark.browser

SEEN = """
    SELECT record.external_id, view.agreed_before, view.switched, label.crisis_type, label.severity
    FROM annotation_suggestionview view
    JOIN annotation_annotation label ON label.id = view.annotation_id
    JOIN annotation_rounditem item ON item.id = label.item_id
    JOIN datasets_app_record record ON record.id = item.record_id
    WHERE item.round_id = ?
"""
REVISIONS = """
    SELECT record.external_id, revision.revision, revision.crisis_type, revision.after_suggestion
    FROM annotation_annotationrevision revision
    JOIN annotation_annotation label ON label.id = revision.annotation_id
    JOIN annotation_rounditem item ON item.id = label.item_id
    JOIN datasets_app_record record ON record.id = item.record_id
    WHERE item.round_id = ? ORDER BY revision.id
"""


def test_a_suggestion_comes_after_the_blind_label_and_is_kept_or_followed(
    labelling_hub: LabellingHub, shared_browser: Browser
) -> None:
    bench = labelling_hub.bench(shared_browser, "suggest")
    dialog = bench.page.locator("dialog[data-panel=suggestion]")
    suggested, yours = dialog.locator("[data-suggested]"), dialog.locator("[data-yours]")
    expect(dialog).not_to_be_visible()
    assert suggested.inner_text() == ""

    kept = bench.label("4", "e", "d")
    expect(dialog).to_be_visible()
    expect(suggested).to_have_text("Psychotic, severity 4, 81% sure")
    expect(yours).to_have_text("Panic")
    # It asks for an answer: Escape does not close it, and the next conversation waits behind it.
    bench.press("Escape")
    expect(dialog.locator("[data-choice=keep]")).to_be_focused()
    bench.press("Enter")
    expect(dialog).not_to_be_visible()

    followed = bench.label("7", "d")  # no crisis has no severity: the suggested one is taken
    expect(dialog).to_be_visible()
    expect(yours).to_have_text("No crisis")
    bench.press("c")
    expect(dialog).not_to_be_visible()
    bench.says("Changed to Psychotic.")

    agreed = bench.label("5", "e", "d")
    bench.says("The model suggests Psychotic, too.")
    expect(dialog).not_to_be_visible()
    assert _seen(bench) == {
        kept: (0, 0, "panic", 3),
        followed: (0, 1, "psychotic", 4),
        agreed: (1, 0, "psychotic", 3),
    }
    assert labelling_hub.rows(REVISIONS, bench.round) == [
        (kept, 1, "panic", 0),
        (followed, 1, "none", 0),
        (followed, 2, "psychotic", 1),
        (agreed, 1, "psychotic", 0),
    ]
    assert bench.errors == []
    bench.page.context.close()


def _seen(bench: Bench) -> dict[str, tuple[int, int, str, int | None]]:
    return {row[0]: row[1:] for row in bench.hub.rows(SEEN, bench.round)}
