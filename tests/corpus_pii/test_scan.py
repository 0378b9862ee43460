"""What the search finds in a conversation, what it leaves alone, and that its time stays in proportion."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets_app.corpus import taxonomy
from datasets_app.corpus.pii import STEMS, redact, scan
from datasets_app.corpus.pii.evaluation import all_cases
from datasets_app.corpus.pii.numbers import luhn
from datasets_app.corpus.synthesis import generate
from tests.growth import grows_with_the_size


def said(*texts: str) -> list[dict[str, str]]:
    return [{"role": "assistant" if turn % 2 else "user", "content": text} for turn, text in enumerate(texts)]


def redacted(*texts: str) -> list[str]:
    messages = said(*texts)
    return [message["content"] for message in redact(messages, scan(messages))]


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Write to anna.k+x@example.co.uk now", "Write to [EMAIL_1] now"),
        ("anna at example dot com", "[EMAIL_1]"),
        ("Call me at (555) 123-4567.", "Call me at [PHONE_1]."),
        ("My ssn is 123-45-6789", "My ssn is [SSN_1]"),
        ("card 4111 1111 1111 1111, ok", "card [CARD_1], ok"),
        ("I live at 45 Oak Avenue, Apt 3, Springfield, IL 62704.", "I live at [ADDRESS_1]."),
        ("My name is Anna Kowalska-Smith.", "My name is [NAME_1]."),
        ("my sister Anna left", "my sister [NAME_1] left"),
        ("I'm called Teddy", "I'm called [NAME_1]"),
        ("Rest now.\n- Dr. Xu", "Rest now.\n- Dr. [NAME_1]"),
        ("I was born on 3 May 1990", "I was born on [BIRTH_DATE_1]"),
        ("He sits behind 203.0.113.42", "He sits behind [IP_1]"),
        ("and 2001:db8::8a2e:370:7334 too", "and [IP_1] too"),
        ("see https://x.example.org/a?b=c, please", "see [URL_1], please"),
    ],
)
def test_each_kind_is_replaced_and_the_words_around_it_stay(text: str, clean: str) -> None:
    assert redacted(text) == [clean]


def test_every_kind_of_the_taxonomy_has_a_placeholder_of_its_own() -> None:
    assert tuple(STEMS) == taxonomy.PII_KINDS
    assert len(set(STEMS.values())) == len(STEMS)


@pytest.mark.parametrize(
    "text",
    [
        "I.feel.like dying.now",
        "I took 8.2.1.4 mg",
        "I took 800 mg and then 1200 mg",
        "Sober since 01/02/2023",
        "Call 988, text 741741, or dial 911",
        "1-800-273-8255 is the lifeline",
        "at 10:30:00 my pulse was 120/80 and I scored 15/27",
        "My name is [NAME_1], {{name}} knows, <PERSON> too",
    ],
)
def test_traps_are_left_alone(text: str) -> None:
    assert scan(said(text)) == []


def test_no_wording_of_the_generator_is_touched_but_names() -> None:
    rows = [row["conversation"] for row in generate(400, 3)]
    assert [finding for row in rows for finding in scan(row) if finding.kind != "personal_name"] == []


def test_same_person_has_the_same_number_throughout_a_conversation() -> None:
    assert redacted("My sister Anna Smith hit me", "Did Anna say why?", "My friend Olu did. Anna's like that.") == [
        "My sister [NAME_1] hit me",
        "Did [NAME_1] say why?",
        "My friend [NAME_2] did. [NAME_1]'s like that.",
    ]


def test_numbers_of_placeholders_that_stand_already_are_not_given_again() -> None:
    assert redacted("[NAME_1] hit my sister Anna, [NAME_3] saw it") == [
        "[NAME_1] hit my sister [NAME_4], [NAME_3] saw it"
    ]


def test_two_ways_to_write_one_number_are_one_value() -> None:
    assert redacted("call 555-123-4567 or (555) 123-4567 or 555-987-6543") == [
        "call [PHONE_1] or [PHONE_1] or [PHONE_2]"
    ]


def test_a_finding_names_its_turn_and_characters_beyond_ascii() -> None:
    messages = said("Zoë’s ☂ über alles", "Ich heiße so. My name is Łukasz Żółć 🙂")
    (finding,) = scan(messages)
    assert finding.turn == 1
    assert messages[1]["content"][finding.start : finding.end] == "Łukasz Żółć"


def test_nothing_spans_two_messages() -> None:
    assert scan(said("my name is", "Anna")) == [] or all(f.turn == 1 for f in scan(said("my name is", "Anna")))
    assert scan(said("call 555-123", "4567 now")) == []


def test_a_card_number_needs_its_check_digit_and_an_ssn_its_ranges() -> None:
    assert luhn("4111111111111111") and not luhn("4111111111111112")
    assert scan(said("card 4111 1111 1111 1112")) == []
    for invalid in ("000-12-3456", "666-12-3456", "912-12-3456", "123-00-4567", "123-45-0000"):
        assert [f.kind for f in scan(said(f"ssn {invalid}"))] == []


def test_redact_refuses_findings_of_another_text() -> None:
    messages = said("My name is Anna")
    findings = scan(messages)
    with pytest.raises(ValueError, match="outside its message"):
        redact(said("My"), findings)
    with pytest.raises(ValueError, match="does not have"):
        redact([], findings)
    with pytest.raises(ValueError, match="overlaps"):
        redact(messages, [*findings, *findings])


def test_a_redacted_case_holds_no_labelled_identifier_and_is_redacted_for_good() -> None:
    for case in all_cases():
        clean = redact(case.messages, scan(case.messages))
        assert scan(clean) == [], case.text


@settings(max_examples=150)
@given(st.lists(st.text(max_size=80), max_size=4), st.integers(0, 10_000))
def test_any_text_gives_findings_that_fit_it(texts: list[str], seed: int) -> None:
    case = all_cases()[seed % 850]
    messages = [*said(*texts), *case.messages]
    findings = scan(messages)
    clean = redact(messages, findings)
    assert len(clean) == len(messages)
    for finding in findings:
        assert finding.kind in taxonomy.PII_KINDS
        assert 0 < finding.confidence <= 1
        assert messages[finding.turn]["content"][finding.start : finding.end].strip()


def test_a_lone_surrogate_does_not_stop_the_search() -> None:
    assert [f.kind for f in scan(said("\ud800 mail a@example.com"))] == ["email"]


@pytest.mark.parametrize(
    "piece",
    ["a@", "1 ", "a::", "born ", "Dr. ", "I'm A ", "my name is ", "+1 ", "555-123-4567 ", "\n- Anna", "[a] Anna "],
)
def test_time_grows_with_the_text_and_not_with_its_square(piece: str) -> None:
    assert grows_with_the_size(lambda size: scan(said(piece * (size // len(piece)))), 40_000, 160_000)
