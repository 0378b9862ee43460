"""Encoding repair: what was misread once or twice is whole again, and sound text is left alone."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from datasets_app.corpus.intake import prepare
from datasets_app.corpus.reading import RawRow
from datasets_app.corpus.text import clean_text, repair_mojibake
from tests.growth import grows_with_the_size

WHOLE = (
    "don’t “stop” — naïve café…", "€5 for 50°", "łódź, čeština, škoda, Gdańsk", "Привет, мир",
    "日本語のテキスト", "happy 😀 end",
    "à la carte, voilà", "À demain, Ünal", "GRÖSSE NACIÓN CRÈME", "œuvre and Œdipe ‚so‘", "señor ¿qué?", "Ærø Åse ß",
)  # fmt: skip


def misread(text: str, encoding: str = "sloppy-windows-1252") -> str:
    """The text as a program shows it that takes its UTF-8 for something else."""
    return text.encode("utf-8").decode(encoding)


@pytest.mark.parametrize("text", WHOLE)
def test_misread_text_is_repaired(text: str) -> None:
    for encoding in ("sloppy-windows-1252", "latin-1"):
        assert repair_mojibake(misread(text, encoding)) == text
    assert repair_mojibake(misread(misread(text))) == text


@pytest.mark.parametrize(
    "text",
    [
        *WHOLE, "CAFÉ” he said", "voilà\u00a0»", "café\u00a0»", "«é»", "NÃO", "Ângela", "“É”…",
        "naïve’s", "ÅÄÖ", "Größe–ß", "50 °C à 60",
        "Ñandú…", "ÉTÉ—", "í™", "¡Él!", "¿Tú?", "ÀÉ", "Ångström", "D’accord, à…",
    ],
)  # fmt: skip
def test_sound_text_is_left_alone(text: str) -> None:
    assert clean_text(text) == text


WORDS = (
    "été", "DÉJÀ", "À", "là", "où", "garçon", "Noël", "straße", "GRÖSSE", "señor", "NIÑO", "manhã", "MANHÃ",
    "não", "łódź", "ŻÓŁĆ", "čeština", "ŠKODA", "Århus", "SMÅ", "Україна", "ΑΘΗΝΑ", "日本語", "עברית", "€5", "50°",
    "naïve", "œuvre", "ÂME"
)  # fmt: skip
# Words in many languages with the punctuation of print around them.
PRINT = st.lists(
    st.builds(
        lambda before, word, after: before + word + after,
        st.sampled_from(["", "“", "«\u00a0", "‘", "¿", "¡", "—", "…"]),
        st.sampled_from(WORDS),
        st.sampled_from(["", "”", "\u00a0»", "’", "!", "…", "—", "?", "\u00a0:"]),
    ),
    max_size=6,
).map(" ".join)


@settings(max_examples=200)
@given(PRINT)
def test_words_in_print_are_left_alone(text: str) -> None:
    assert repair_mojibake(text) == text


@settings(max_examples=200)
@given(st.text(max_size=40) | st.text(st.characters(max_codepoint=0xFF), max_size=30) | PRINT.map(misread))
@example("A\u030a©")
@example("Ä\x01©")
@example("Ã\u0084\x07Â©")
def test_clean_text_is_clean(text: str) -> None:
    assert clean_text(clean_text(text)) == clean_text(text)


def test_mix_that_no_round_trip_repairs_falls_back() -> None:
    assert repair_mojibake("“thatâ€™sâ€\u009d’ and “so”") == "“that’s”’ and “so”"


def test_misread_row_and_whole_row_are_one_record() -> None:
    rows = [
        prepare(RawRow(1, 0, f'{{"messages":[{{"role":"user","content":"{text}"}}]}}'.encode()))
        for text in ("I can’t", misread("I can’t"))
    ]
    assert rows[0].content_hash == rows[1].content_hash


@pytest.mark.parametrize("piece", ["Ã\u0084\x01©", "â€", "à²", "Ã" * 3 + "x"])
def test_hostile_text_takes_no_quadratic_time(piece: str) -> None:
    assert grows_with_the_size(lambda count: clean_text(piece * count), 2_000, 16_000)
