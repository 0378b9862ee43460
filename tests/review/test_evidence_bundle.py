"""The evidence bundle: an outsider verifies it with nothing but Python, and any changed byte is refused."""

from __future__ import annotations

import json
import random
import shutil
import struct
import subprocess
import sys
import tracemalloc
import warnings
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from django.contrib.messages import get_messages
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets_app.models import LabelSnapshot, Record, SnapshotLabel
from pixelhub.audit.models import AuditEvent
from pixelhub.canonical import canonical_json, sha256_hex
from pixelhub.keys import public_key, signing_key
from pixelhub.objects import get_store
from pixelhub.signing import SigningKey, load_or_create_key
from review import services
from review.chain.bundle import fingerprint
from review.chain.bundle_data import data_files
from review.models import Judgement
from review.offline import verify_evidence
from review.offline.evidence_zip import packed, unpacked
from review.offline.verify_evidence import MANIFEST, SIGNATURE, verified
from review.refusal import Refused
from tests.paths import PROJECT_ROOT
from tests.personas import World
from tests.review.real_path import walk
from tests.review.staged import Staged

pytestmark = pytest.mark.django_db

PLANTED = "kestrel-in-the-comment"


@pytest.fixture
def staged(world: World) -> Staged:
    return walk(world)[0]


def bundle_of(staged: Staged) -> bytes:
    return services.evidence_export(version=staged.version, actor=staged.lead)


def resealed(files: dict[str, bytes], key: SigningKey) -> bytes:
    """As a forger would: the manifest made anew, signed by another key, its public half enclosed."""
    files = {name: data for name, data in files.items() if name not in (MANIFEST, SIGNATURE)}
    files[verify_evidence.KEY] = key.public.pem()
    entries = {name: {"sha256": sha256_hex(data), "bytes": len(data)} for name, data in files.items()}
    manifest = {"format": verify_evidence.FORMAT, "fingerprint": fingerprint(key.public), "files": entries}
    return packed(files | {MANIFEST: canonical_json(manifest), SIGNATURE: canonical_json(key.sign(manifest))})


def test_it_holds_is_deterministic_and_holds_no_words(staged: Staged, tmp_path: Path) -> None:
    data = bundle_of(staged)
    trusted = fingerprint(public_key())
    holds, said = verified(data, trusted)
    assert holds, said
    words = "\n".join(said)
    assert "approved by" in words and "all under the head" in words and "98 records" in words
    assert bundle_of(staged) == data, "the same facts give the same bytes, whatever happened since"
    for record in Record.objects.filter(project=staged.project):
        for message in record.messages:
            # "hey" is a word of the programs too; anything longer would be a leak
            assert len(message["content"]) < 12 or message["content"].encode() not in data
    event = AuditEvent.objects.filter(action="evidence.download").latest("seq")
    assert json.loads(event.payload_json)["sha256"] == sha256_hex(data)
    _runs_alone(data, trusted, tmp_path)
    weighty = services.evidence_export(version=staged.version, actor=staged.lead, with_weights=True)
    assert "2 of them here and compared" in "\n".join(verified(weighty)[1])


def _runs_alone(data: bytes, trusted: str, folder: Path) -> None:
    """In a process that knows nothing of the hub, with the programs out of the bundle."""
    (folder / "V.zip").write_bytes(data)
    for name, content in unpacked(data).items():
        if name.endswith(".py"):
            (folder / name).write_bytes(content)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-S", "verify_evidence.py", *arguments]  # -S: nothing that is installed
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)

    done = run("V.zip", "--fingerprint", trusted)
    assert (done.returncode, "The bundle holds." in done.stdout) == (0, True), done.stdout + done.stderr
    assert "only self-asserted" in run("V.zip").stdout
    done = run("V.zip", "--fingerprint", "0" * 64)
    assert done.returncode == 1 and "not the key that you trust" in done.stdout
    assert run("nowhere.zip").returncode == 2


def test_any_changed_byte_is_refused(staged: Staged) -> None:
    """200 places drawn over the whole file, and every place of its structure and signature besides."""
    data = bundle_of(staged)
    rng = random.Random(9)
    places = [rng.randrange(len(data)) for _ in range(200)]
    signature = data.index(unpacked(data)[SIGNATURE])
    places += list(range(30)) + list(range(len(data) - 22, len(data)))
    places += list(range(signature, signature + len(unpacked(data)[SIGNATURE]), 7))
    for place in places:
        changed = bytearray(data)
        changed[place] ^= 1 << rng.randrange(8)
        holds, said = verified(bytes(changed))
        assert not holds, (place, said)
    for cut in (0, 1, 21, 22, len(data) // 2, len(data) - 1):
        assert not verified(data[:cut])[0]
    assert not verified(data + b"\x00")[0]
    assert not verified(b"\x00" + data)[0]


def test_no_byte_of_any_file_in_it_can_be_changed_even_where_it_is_packed_anew(staged: Staged) -> None:
    """As a forger would who has no key: the change is made inside, and the ZIP file is whole again."""
    data = bundle_of(staged)
    files, trusted = unpacked(data), fingerprint(public_key())
    names = sorted(files)

    def refused(changed: bytes) -> None:
        holds, said = verified(changed, trusted)
        assert not holds, said

    for name in names:
        places = {0, len(files[name]) // 2, len(files[name]) - 1}
        for place in places:
            refused(packed(files | {name: flipped(files[name], place, 0)}))
        refused(packed({other: content for other, content in files.items() if other != name}))

    @settings(max_examples=120)
    @given(name=st.sampled_from(names), share=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), drawn=st.data())
    def changed(name: str, share: float, bit: int, drawn: st.DataObject) -> None:
        content = files[name]
        place = int(share * len(content))
        act = drawn.draw(st.sampled_from(["flip", "cut", "lengthen", "rename", "swap", "add", "cut the file"]))
        other = drawn.draw(st.sampled_from(names))
        rest = {each: content for each, content in files.items() if each != name}
        if act == "flip":
            refused(packed(files | {name: flipped(content, place, bit)}))
        elif act == "cut":
            refused(packed(files | {name: content[:place]}))
        elif act == "lengthen":
            refused(packed(files | {name: content[:place] + b"\n" + content[place:]}))
        elif act == "rename":
            refused(packed(rest | {f"x{name}": content}))
        elif act == "swap" and files[other] != content:
            refused(packed(files | {name: files[other], other: content}))
        elif act == "add":
            refused(packed(files | {f"more/{name}": content}))
        else:
            refused(data[: int(share * len(data))])

    changed()


def flipped(content: bytes, place: int, bit: int) -> bytes:
    data = bytearray(content)
    data[place] ^= 1 << bit
    return bytes(data)


def test_a_zip_file_of_another_make_is_refused_before_it_is_unpacked(staged: Staged) -> None:
    """Twice the same name, names that lead out of a folder, compressed files that would fill a disk."""
    data = bundle_of(staged)
    files = unpacked(data)

    def made(entries: list[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED) -> bytes:
        out = BytesIO()
        with warnings.catch_warnings(), zipfile.ZipFile(out, "w", compression) as archive:
            warnings.simplefilter("ignore", UserWarning)  # of a name that is there twice
            for name, content in entries:
                archive.writestr(name, content)
        return out.getvalue()

    bomb = made([("bomb", b"\x00" * 50_000_000)], zipfile.ZIP_DEFLATED)
    assert len(bomb) < 100_000
    hostile = [made([*files.items(), ("card.md", files["card.md"])]), made(list(files.items())), bomb]
    hostile += [made(list(files.items()), zipfile.ZIP_DEFLATED), data + bomb, bomb + data]
    for name in ("../outside", "/outside", "a/../../outside", "a//b", "C:\\outside", "\u202eexe.md", "a" * 60_000):
        hostile.append(made([*files.items(), (name, b"x")]))
    hostile.append(data.replace(struct.pack("<I", len(files["card.md"])), struct.pack("<I", 0xFFFFFFFF)))
    tracemalloc.start()
    for changed in hostile:
        holds, said = verified(changed)
        assert not holds and len(said) == 1, said
    assert tracemalloc.get_traced_memory()[1] < 8 * max(map(len, hostile)), "nothing is unpacked to be looked at"
    tracemalloc.stop()


def test_the_walk_through_of_the_document_works_as_it_is_written(staged: Staged, tmp_path: Path) -> None:
    """From an empty folder, with the machine's own python3 and nothing of the hub."""
    text = (PROJECT_ROOT / "docs" / "evidence.md").read_text(encoding="utf-8")
    block = text.split("### As somebody outside", 1)[1].split("```", 2)[1].strip("\n").removeprefix("sh\n")
    (tmp_path / "V.zip").write_bytes(bundle_of(staged))
    programs = tmp_path / "bin"
    programs.mkdir()
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin:/bin") or sys._base_executable  # type: ignore[attr-defined]
    (programs / "python3").symlink_to(python)
    script = "set -eu\n" + block.replace("64_HEX_DIGITS", fingerprint(public_key()))
    surroundings = {"PATH": f"{programs}:/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run(
        ["/bin/sh", "-c", script], cwd=tmp_path, env=surroundings, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The bundle holds." in done.stdout and "self-asserted" not in done.stdout
    assert "approved by" in done.stdout


def test_files_added_taken_out_or_exchanged_are_refused(staged: Staged, tmp_path: Path) -> None:
    files = unpacked(bundle_of(staged))
    assert "differ: extra.txt" in verified(packed(files | {"extra.txt": b"x"}))[1][0]
    assert (
        "differ: card.md" in verified(packed({name: data for name, data in files.items() if name != "card.md"}))[1][0]
    )
    entries = json.loads(files[MANIFEST])
    entries["files"]["card.md"] = {"sha256": sha256_hex(b"x"), "bytes": 1}
    exchanged = files | {"card.md": b"x", MANIFEST: canonical_json(entries)}
    assert "changed after it was signed" in verified(packed(exchanged))[1][0]
    forger = load_or_create_key(tmp_path / "forger.pem")
    forged = resealed(files, forger)
    assert not verified(forged)[0], "the sign-offs in it are not signed by the forger"
    assert "not the key that you trust" in verified(forged, fingerprint(public_key()))[1][0]


def test_each_link_is_checked_even_under_a_good_seal(staged: Staged) -> None:
    """What the hub itself would sign wrongly is found too: each file is exchanged under the hub's own seal."""
    files, key = unpacked(bundle_of(staged)), signing_key()

    def refused(name: str, old: str, new: str) -> str:
        data = files[name].decode()
        assert old in data, (name, old)
        holds, said = verified(resealed(files | {name: data.replace(old, new, 1).encode()}, key))
        assert not holds
        return said[0]

    assert "not what signoffs/001.json was signed over" in refused("card.md", "A card", "B card")
    assert "not what signoffs/001.json was signed over" in refused("campaign/campaign.json", '"seed":11', '"seed":12')
    assert "signoffs/001.json" in refused("signoffs/001.json", '"approved"', '"rejected"')
    assert "not the release" in refused("release/manifest.json", '"version":"1.0.0"', '"version":"1.0.1"')
    assert "not a snapshot of the release" in refused("labels/snapshot-0001.jsonl", '"confidence":', '"confidenze":')
    digest = json.loads(files["labels/annotations.jsonl"].splitlines()[0])["sha256"]
    assert "not the one that a label was made from" in refused("labels/annotations.jsonl", digest, "0" * 64)
    assert "was altered" in refused("audit/events.jsonl", '"actor_label":"', '"actor_label":"x')
    assert "audit/head.json" in refused("audit/head.json", '"seq":', '"seq":1')
    assert "not the bundle" in refused("model/bundle.json", '"threshold":0.5', '"threshold":0.4')


def test_labels_of_children_are_followed_to_their_parents_and_the_clicks_behind_them(world: World) -> None:
    """A release of children alone, too: the parents' labels lie in a snapshot that is not of the release."""
    staged, _ = walk(world, paraphrases=12)
    release, children = staged.version.release, Record.objects.filter(source="augmented")
    assert children.exists()
    files, key = unpacked(bundle_of(staged)), signing_key()
    holds, said = verified(packed(files), fingerprint(public_key()))
    assert holds and f"{children.count()} to labels of parents" in "\n".join(said), said
    assert "labels/parents.jsonl" not in files, "the release's own snapshots hold them"

    def refused(name: str, old: str, new: str) -> str:
        changed = files | {name: files[name].decode().replace(old, new).encode()}
        assert changed[name] != files[name]
        holds, said = verified(resealed(changed, key))
        assert not holds
        return said[0]

    click = json.loads(files["labels/snapshot-0001.jsonl"].splitlines()[0])["annotations"][0]["id"]
    line = next(
        raw.decode() for raw in files["labels/annotations.jsonl"].splitlines() if json.loads(raw)["id"] == click
    )
    assert f"annotation {click}, which a label was made from, is not enclosed" in refused(
        "labels/annotations.jsonl", line + "\n", ""
    )

    release.snapshots.remove(*release.snapshots.exclude(made_by=LabelSnapshot.MadeBy.AUGMENTATION))
    alone = data_files(staged.version)
    parents = [json.loads(raw)["content_hash"] for raw in alone["labels/parents.jsonl"].splitlines()]
    named = {each["id"] for child in SnapshotLabel.objects.filter(record__in=children) for each in child.annotations}
    assert set(parents) == {Record.objects.get(pk=name.removeprefix("record-")).content_hash for name in named}
    clicks = {json.loads(raw)["id"] for raw in alone["labels/annotations.jsonl"].splitlines()}
    assert clicks == {
        each["id"]
        for label in SnapshotLabel.objects.filter(record__content_hash__in=parents)
        for each in label.annotations
    }
    # The same parts under the manifest of a release that has the children's snapshot alone.
    manifest = json.loads(files["release/manifest.json"])
    manifest["snapshots"] = [each for each in manifest["snapshots"] if each["sha256"] in snapshots_of(alone)]
    kept = {name: data for name, data in files.items() if not name.startswith("labels/")} | alone
    kept["release/manifest.json"] = canonical_json(manifest)
    kept["release/records.jsonl"] = b""
    kept["model/bundle.json"] = canonical_json(
        json.loads(files["model/bundle.json"])
        | {"lineage": {"release_manifest_sha256": sha256_hex(kept["release/manifest.json"])}}
    )
    assert "0 records of the release" in verify_evidence.check_release(read_bundle(kept, key))
    del kept["labels/parents.jsonl"]
    with pytest.raises(verify_evidence.Wrong, match="which a child's label rests on, is not enclosed"):
        verify_evidence.check_release(read_bundle(kept, key))
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {SnapshotLabel._meta.db_table} SET label_sha256 = %s", ["0" * 64])
    with pytest.raises(Refused, match="which a child's label rests on, is missing or was altered"):
        data_files(staged.version)


def snapshots_of(files: dict[str, bytes]) -> set[str]:
    return {sha256_hex(data) for name, data in files.items() if name.startswith("labels/snapshot-")}


def read_bundle(files: dict[str, bytes], key: SigningKey) -> verify_evidence.Bundle:
    return verify_evidence.Bundle(resealed(files, key))


def test_comments_stay_inside(staged: Staged, tmp_path: Path) -> None:
    Judgement.objects.update(comment=PLANTED)
    out = tmp_path / "V.zip"
    call_command("evidence_bundle", staged.version.version, project=staged.project.slug, out=out)
    assert PLANTED.encode() not in out.read_bytes()
    holds, said = verified(out.read_bytes())
    assert holds and "NOT approved" in "\n".join(said), "changed judgements are no longer those that were signed"
    with pytest.raises(CommandError):
        call_command("evidence_bundle", "9.9.9", project=staged.project.slug, out=out)


def test_it_is_downloaded_by_those_who_see_the_version(staged: Staged) -> None:
    url = reverse("review:evidence_bundle", args=[staged.version.pk])
    colleague = staged.world.client("pm")
    answer = colleague.post(url)
    assert "evidence-alpha-1.0.0.zip" in answer["Content-Disposition"]
    assert verified(answer.content, fingerprint(public_key()))[0]
    assert staged.world.client("annotator").post(url).status_code == 403
    assert staged.world.outsider_client("pm").post(url).status_code == 404
    for stat in list(get_store().list(f"{staged.version.release.object_prefix}manifest.json")):
        get_store().delete(stat.key)
    answer = colleague.post(url)
    assert answer.status_code == 302
    assert "is missing in the object store" in str(next(iter(get_messages(answer.wsgi_request))))
