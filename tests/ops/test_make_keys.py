"""`manage.py make_keys`: the files that several processes need, made once and never replaced."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command

from pixelhub.keys import public_key, signing_key
from pixelhub.sealing import sealer_from


def made_keys() -> dict[str, object]:
    out = io.StringIO()
    call_command("make_keys", "--json", stdout=out)
    return json.loads(out.getvalue())


def test_keys_are_made_once_and_fit_each_other(settings, tmp_path: Path) -> None:
    settings.SIGNING_KEY_FILE = tmp_path / "keys" / "signing.pem"
    settings.SIGNING_PUBLIC_KEY_FILE = tmp_path / "keys" / "signing.pub"
    settings.SESSION_TEXT_KEY_FILE = tmp_path / "keys" / "session_text"
    files = [settings.SIGNING_KEY_FILE, settings.SIGNING_PUBLIC_KEY_FILE, settings.SESSION_TEXT_KEY_FILE]
    first = made_keys()
    assert first["made"] == first["files"] == [str(path) for path in files]
    assert [path.stat().st_mode & 0o777 for path in files] == [0o600] * 3
    before = [path.read_bytes() for path in files]

    assert made_keys() == {**first, "made": []}
    assert [path.read_bytes() for path in files] == before
    signature = signing_key().sign({"made": "once"})
    public_key().verify({"made": "once"}, signature)
    assert public_key().key_id == first["key_id"]
    sealer = sealer_from(settings.SESSION_TEXT_KEY_FILE)
    assert sealer.unseal(sealer.seal("words", context="here"), context="here") == "words"


def test_a_lost_public_half_comes_back_and_a_lost_seal_is_told(settings, tmp_path: Path, capsys) -> None:
    settings.SIGNING_KEY_FILE = tmp_path / "signing.pem"
    settings.SIGNING_PUBLIC_KEY_FILE = tmp_path / "signing.pub"
    settings.SESSION_TEXT_KEY_FILE = tmp_path / "session_text"
    made_keys()
    public = settings.SIGNING_PUBLIC_KEY_FILE.read_bytes()
    settings.SIGNING_PUBLIC_KEY_FILE.unlink()
    out = io.StringIO()
    call_command("make_keys", stdout=out)
    assert settings.SIGNING_PUBLIC_KEY_FILE.read_bytes() == public
    assert f"made: {settings.SIGNING_PUBLIC_KEY_FILE}" in out.getvalue()
    assert f"there already: {settings.SIGNING_KEY_FILE}" in out.getvalue()
    with pytest.raises(SystemExit):
        call_command("make_keys", "--help")
