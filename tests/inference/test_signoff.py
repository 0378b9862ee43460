"""The sign-off envelope: what lets a model serve, and each thing that does not."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from inference.engine.errors import SignoffRefused
from inference.engine.signoff import verify_signoff
from pixelhub.signing import SigningKey, load_or_create_key

SHA256 = "a" * 64


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    return load_or_create_key(tmp_path / "hub.pem")


def document(**changes: Any) -> dict[str, Any]:
    signer = {"id": 1, "name": "Lead", "role": "clinical_lead"}
    plain = {"format": "pixelhub.signoff/1", "decision": "approved", "bundle_sha256": SHA256, "signer": signer}
    return {**plain, "trainer": {"id": 2, "name": "Trainer"}, **changes}


def envelope(key: SigningKey, **changes: Any) -> dict[str, Any]:
    signed = document(**changes)
    return {"document": signed, "signature": key.sign(signed)}


def test_an_approval_of_these_bytes_is_accepted(key: SigningKey) -> None:
    assert verify_signoff(envelope(key), SHA256, key.public)["decision"] == "approved"


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"decision": "rejected"}, "decision"),
        ({"format": "other"}, "format"),
        ({"bundle_sha256": "b" * 64}, "digest"),
        ({"trainer": {"id": 1, "name": "Lead"}}, "signer"),
        ({"trainer": {"id": "1", "name": "Lead"}}, "signer"),
        ({"trainer": None}, "trainer"),
        ({"signer": {"id": 1, "name": "QA", "role": "qa"}}, "role"),
        ({"signer": {"name": "nobody", "role": "clinical_lead"}}, "signer"),
    ],
    ids=str,
)
def test_a_signed_document_that_does_not_approve_is_refused(key: SigningKey, changes: Any, names: str) -> None:
    with pytest.raises(SignoffRefused) as refusal:
        verify_signoff(envelope(key, **changes), SHA256, key.public)
    assert refusal.value.reason.startswith(f"{names}:")


@pytest.mark.parametrize("nothing", [None, {}, [], "approved", {"document": {}}, {"document": {}, "signature": None}])
def test_no_envelope_is_unsigned(key: SigningKey, nothing: Any) -> None:
    with pytest.raises(SignoffRefused, match="unsigned"):
        verify_signoff(nothing, SHA256, key.public)


def test_every_change_after_signing_is_refused(key: SigningKey) -> None:
    signed = envelope(key)
    for field in signed["document"]:
        changed = copy.deepcopy(signed)
        changed["document"][field] = "changed"
        with pytest.raises(SignoffRefused, match="signature"):
            verify_signoff(changed, SHA256, key.public)


def test_a_signature_by_another_key_is_refused(key: SigningKey, tmp_path: Path) -> None:
    stranger = load_or_create_key(tmp_path / "stranger.pem")
    with pytest.raises(SignoffRefused, match="signature"):
        verify_signoff(envelope(stranger), SHA256, key.public)


@pytest.mark.parametrize("value", ["", "!!", "AAAA", None, 5])
def test_a_damaged_signature_is_refused(key: SigningKey, value: Any) -> None:
    signed = envelope(key)
    signed["signature"]["value"] = value
    with pytest.raises(SignoffRefused, match="signature"):
        verify_signoff(signed, SHA256, key.public)
