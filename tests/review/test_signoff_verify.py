"""A signed document away from the hub: plain Python accepts it, and refuses any change; format 1 still counts."""

from __future__ import annotations

import copy
import json
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.urls import reverse

from inference.engine.errors import SignoffRefused
from inference.engine.signoff import verify_signoff
from pixelhub.keys import public_key
from pixelhub.objects import get_store
from pixelhub.signing import SigningKey, load_or_create_key
from review.evidence.signed import evidence_digest
from review.frozen import gather_evidence
from review.offline.verify_signoff import key_of, problems_of, read_envelope
from tests.review.staged import Staged

pytestmark = pytest.mark.django_db
OFFLINE = Path(settings.BASE_DIR) / "review" / "offline"


def test_plain_python_accepts_what_was_signed_and_names_what_was_changed(staged: Staged, tmp_path: Path) -> None:
    signoff = staged.approved(waived=False)
    client = staged.world.client("ml_engineer")
    download = client.get(reverse("review:signoff_document", args=[signoff.pk]))
    key = client.get(reverse("review:signing_key"))
    assert json.loads(download.content) == signoff.envelope
    schema = json.loads((Path(settings.BASE_DIR) / "docs/schema/signoff.schema.json").read_text())
    jsonschema.validate(signoff.envelope, schema)

    # Two copied files, a folder of their own, and an interpreter that sees nothing of what is installed.
    for name in ("verify_signoff.py", "ed25519.py"):
        shutil.copy(OFFLINE / name, tmp_path)
    (tmp_path / "signoff.json").write_bytes(download.content)
    (tmp_path / "signing.pub").write_bytes(key.content)
    get_store().download_tree(staged.version.object_prefix, tmp_path / "bundle")

    def check(*more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", "-S", "-c", "import sys; sys.path.insert(0, '.'); sys.argv.pop(0); "
                   "import runpy; runpy.run_path('verify_signoff.py', run_name='__main__')",
                   "verify_signoff.py", "signoff.json", "signing.pub", *more]  # fmt: skip
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)

    held = check("--bundle", "bundle")
    assert (held.returncode, held.stderr) == (0, "")
    assert staged.version.bundle_sha256 in held.stdout and str(staged.lead) in held.stdout
    weights = tmp_path / "bundle" / "model.onnx"
    weights.write_bytes(weights.read_bytes()[:-1] + b"!")
    refused = check("--bundle", "bundle")
    assert refused.returncode == 1 and "model.onnx" in refused.stdout

    call_command("verify_signoff", str(tmp_path / "signoff.json"))
    changed = json.loads(download.content)
    changed["document"]["reason"] = "I never looked"
    (tmp_path / "signoff.json").write_text(json.dumps(changed))
    with pytest.raises(SystemExit):
        call_command("verify_signoff", str(tmp_path / "signoff.json"))
    with pytest.raises(CommandError):
        call_command("verify_signoff", str(tmp_path / "absent.json"))


def test_any_single_changed_byte_is_refused(staged: Staged) -> None:
    envelope = staged.approved(waived=False).envelope
    data, key = json.dumps(envelope, ensure_ascii=False).encode(), key_of(public_key().pem())
    assert problems_of(read_envelope(data), key) == []
    rng = random.Random(7)
    for at in rng.sample(range(len(data)), 60):
        changed = bytearray(data)
        changed[at] ^= 1 << rng.randrange(7)
        try:
            found = read_envelope(bytes(changed))
        except Exception as error:
            assert type(error).__name__ == "Unreadable", error
            continue
        if found != envelope:  # another byte of white space says the same
            assert problems_of(found, key), f"byte {at}"


def signed(key: SigningKey, document: dict[str, Any], **changes: Any) -> dict[str, Any]:
    changed = copy.deepcopy(document) | changes
    return {"document": changed, "signature": key.sign(changed)}


def test_what_the_hubs_key_signs_is_still_held_against_the_rules(staged: Staged) -> None:
    """By the serving process and by the offline program alike: a signature alone is not enough."""
    document = staged.approved(waived=False).document
    key, raw = load_or_create_key(settings.SIGNING_KEY_FILE), key_of(public_key().pem())
    lead = document["signer"]
    wrong: dict[str, dict[str, Any]] = {
        "starter": {"starter": {"id": lead["id"], "name": ""}},
        "registrar": {"registrar": {"id": lead["id"], "name": ""}},
        "ancestor": {"ancestors": [{"id": lead["id"], "name": ""}]},
        "expired": {"signed_in": {**document["signed_in"], "at": "2026-01-01T00:00:00+00:00"}},
        "from the future": {"signed_in": {**document["signed_in"], "at": "2099-01-01T00:00:00+00:00"}},
        "no password": {"signed_in": {**document["signed_in"], "methods": []}},
        "no second factor": {"policy": {**document["policy"], "requires_mfa": True}},
        "evidence": {"evidence": {**document["evidence"], "threshold": 0.1}},
        "contradiction": {"card_sha256": "0" * 64},
        "nobody started it": {"starter": None},
    }
    for name, changes in wrong.items():
        envelope = signed(key, document, **changes)
        with pytest.raises(SignoffRefused):
            verify_signoff(envelope, staged.version.bundle_sha256, key.public)
        if name != "nobody started it":
            assert problems_of(envelope, raw), name
    two = signed(key, document, policy={**document["policy"], "approvals": 2})
    with pytest.raises(SignoffRefused, match="asks for 2 people"):
        verify_signoff(two, staged.version.bundle_sha256, key.public)
    with pytest.raises(SignoffRefused, match="more than once"):
        verify_signoff({**two, "others": [two]}, staged.version.bundle_sha256, key.public)
    other = signed(key, two["document"], signer={"id": 10**9, "name": "Second", "role": "clinical_lead"})
    assert verify_signoff({**two, "others": [other]}, staged.version.bundle_sha256, key.public)
    elsewhere = signed(key, other["document"], evidence_sha256="0" * 64)
    with pytest.raises(SignoffRefused):
        verify_signoff({**two, "others": [elsewhere]}, staged.version.bundle_sha256, key.public)


def test_a_sign_off_of_the_first_format_still_holds(staged: Staged) -> None:
    new = staged.approved(waived=False).document
    evidence = gather_evidence(staged.version)
    kept = ("decision", "project", "model_version", "signer", "trainer", "reason", "missed_targets", "decided_at")
    digests = ("bundle_sha256", "evaluation_sha256", "test_set_sha256", "campaign_sha256", "card_sha256")
    first = {name: new[name] for name in (*kept, *digests)} | {
        "format": "pixelhub.signoff/1",
        "evidence_sha256": evidence_digest(evidence, "pixelhub.signoff/1"),
    }
    key = load_or_create_key(settings.SIGNING_KEY_FILE)
    envelope = {"document": first, "signature": key.sign(first)}
    assert verify_signoff(envelope, staged.version.bundle_sha256, key.public) == first
    assert problems_of(envelope, key_of(key.public.pem())) == []
