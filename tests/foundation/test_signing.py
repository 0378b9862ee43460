"""Signatures over canonical JSON."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelhub.canonical import canonical_json
from pixelhub.signing import SignatureInvalid, load_or_create_key, public_key_from

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=4), values, max_size=6))
def test_key_order_never_changes_the_bytes(document: dict) -> None:
    shuffled = dict(sorted(document.items(), reverse=True))
    assert canonical_json(document) == canonical_json(shuffled)


def test_what_has_no_json_form_is_refused() -> None:
    for value in (float("nan"), float("inf"), "\ud800"):
        with pytest.raises(ValueError):
            canonical_json({"x": value})


def test_a_signature_holds_for_its_document_alone(tmp_path) -> None:
    key = load_or_create_key(tmp_path / "keys" / "signing.pem")
    document = {"model_version": "1.0.0", "bundle_sha256": "ab" * 32}
    signature = key.sign(document)
    public = public_key_from(key.public.pem())
    public.verify(document, signature)
    with pytest.raises(SignatureInvalid, match="does not match"):
        public.verify({**document, "model_version": "1.0.1"}, signature)
    with pytest.raises(SignatureInvalid, match="algorithm"):
        public.verify(document, {**signature, "alg": "none"})
    with pytest.raises(SignatureInvalid, match="not trusted"):
        load_or_create_key(tmp_path / "other.pem").public.verify(document, signature)
    with pytest.raises(SignatureInvalid):
        public.verify(document, {**signature, "value": "!!"})


def test_processes_that_start_together_agree_on_one_private_key(tmp_path) -> None:
    path = tmp_path / "keys" / "signing.pem"
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: load_or_create_key(path).public.key_id, range(8)))
    assert len(set(keys)) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [item.name for item in path.parent.iterdir()] == ["signing.pem"]
