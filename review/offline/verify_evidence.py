"""Check an evidence bundle away from the hub, with nothing but Python's standard library.

    python verify_evidence.py V.zip --fingerprint 64_HEX_DIGITS

`V.zip` is what `manage.py evidence_bundle` or the page of a model version gives out. The fingerprint is the SHA-256 of
the hub's public key, told to you by the people of the hub (by hand, not by the bundle): it is what you trust. Without
it the bundle is only proven to be whole and of one piece: anybody could have made it with a key of their own. Copy this
file, `ed25519.py` and `evidence_zip.py` into one folder; better from the hub's repository than out of the bundle.
Exit status: 0 everything holds, 1 something does not (each finding on a line of its own), 2 no such file.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

try:
    from review.offline.ed25519 import verify
    from review.offline.evidence_zip import NotOurZip, unpacked
except ImportError:  # beside this file, away from the hub
    from ed25519 import verify  # type: ignore[import-not-found,no-redef]
    from evidence_zip import NotOurZip, unpacked  # type: ignore[import-not-found,no-redef]

FORMAT = "pixelhub.evidence-bundle/1"
MANIFEST, SIGNATURE, KEY = "manifest.json", "manifest.sig.json", "signing.pub"
#: What comes before the 32 bytes of the key in a SubjectPublicKeyInfo of Ed25519 (RFC 8410, section 4).
SPKI_PREFIX = bytes.fromhex("302a300506032b6570032100")
HASHED_FIELDS = (
    "seq", "at", "action", "actor_id", "actor_label", "project_id", "target_type", "target_id", "payload_json",
)  # fmt: skip
#: What a sign-off names by digest -> the file of the bundle that is it.
SIGNED_FILES = {
    "bundle_sha256": "model/bundle.json",
    "evaluation_sha256": "evaluation/metrics.json",
    "campaign_sha256": "campaign/campaign.json",
    "fairness_sha256": "fairness/report.json",
    "card_sha256": "card.md",
}


class Wrong(Exception):
    """Something that does not hold; the message says what."""


def canonical(value: Any) -> bytes:
    """UTF-8 JSON with sorted keys and no spaces: the bytes that are hashed and signed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def fingerprint_of(key: bytes) -> str:
    """The SHA-256 of the 32 bytes of a public key."""
    return sha256(key)


class Bundle:
    """The files of a bundle and the key that it names."""

    def __init__(self, data: bytes) -> None:
        self.files = unpacked(data)
        self.key = self._key()

    def read(self, name: str) -> bytes:
        if name not in self.files:
            raise Wrong(f"{name} is missing")
        return self.files[name]

    def json(self, name: str) -> Any:
        """A canonical JSON file; any other way to write the same is refused."""
        data = self.read(name)
        try:
            value = json.loads(data)
            if canonical(value) != data:
                raise ValueError
        except ValueError:
            raise Wrong(f"{name} is not canonical JSON") from None
        return value

    def lines(self, name: str) -> Iterator[dict[str, Any]]:
        for line in self.read(name).splitlines():
            try:
                yield dict(json.loads(line))
            except (ValueError, TypeError):
                raise Wrong(f"{name} has a line that is no JSON object") from None

    def signed(self, name: str, document: Any, signature: Any) -> None:
        """Raise Wrong unless the signature over a document was made by the bundle's key, and is written in one way."""
        try:
            value = base64.b64decode(signature["value"], validate=True)
            rewritten = base64.b64encode(value).decode("ascii")
            plain = (set(signature), signature["alg"], rewritten) == (
                {"alg", "key_id", "value"}, "ed25519", signature["value"],
            )  # fmt: skip
        except (KeyError, TypeError, ValueError):
            plain, value = False, b""
        if not plain or signature["key_id"] != fingerprint_of(self.key)[:16]:
            raise Wrong(f"{name}: the signature is none of this key")
        if not verify(self.key, canonical(document), value):
            raise Wrong(f"{name}: the signature does not match; it was changed after it was signed")

    def _key(self) -> bytes:
        lines = self.read(KEY).decode("ascii", "replace").splitlines()
        try:
            der = base64.b64decode("".join(line for line in lines if not line.startswith("-----")), validate=True)
        except ValueError:
            der = b""
        if len(der) != len(SPKI_PREFIX) + 32 or not der.startswith(SPKI_PREFIX):
            raise Wrong(f"{KEY} is not an Ed25519 public key")
        return der[len(SPKI_PREFIX) :]


def check_files(bundle: Bundle) -> str:
    """Every file is the one that the signed manifest names, and there is no other."""
    manifest = bundle.json(MANIFEST)
    bundle.signed(MANIFEST, manifest, bundle.json(SIGNATURE))
    if manifest.get("format") != FORMAT:
        raise Wrong(f"{MANIFEST} is not of format {FORMAT}")
    named = manifest["files"]
    here = set(bundle.files) - {MANIFEST, SIGNATURE}
    if here != set(named):
        raise Wrong(f"the manifest and the files differ: {', '.join(sorted(here ^ set(named)))}")
    for name, entry in named.items():
        if sha256(bundle.files[name]) != entry["sha256"] or len(bundle.files[name]) != entry["bytes"]:
            raise Wrong(f"{name} is not the file that the manifest names")
    return f"{len(named)} files are those of the signed manifest"


def check_model(bundle: Bundle) -> str:
    """The bundle's own list of files is the one that the version is registered under; weights are compared if here."""
    version, described = bundle.json("version.json"), json.loads(bundle.read("model/bundle.json"))
    if sha256(bundle.read("model/bundle.json")) != version["bundle_sha256"]:
        raise Wrong("model/bundle.json is not the bundle of this version")
    here = 0
    for name, entry in described["files"].items():
        if f"model/{name}" in bundle.files:
            here += 1
            if sha256(bundle.files[f"model/{name}"]) != entry["sha256"]:
                raise Wrong(f"model/{name} is not the file that model/bundle.json names")
    weights = f"{here} of them here and compared" if here else "not enclosed; compare them by these hashes"
    return (
        f"version {version['version']}, bundle {version['bundle_sha256']}: {len(described['files'])} files, {weights}"
    )


def check_signoffs(bundle: Bundle) -> str:
    """Every sign-off is signed; the one that the version stands on names exactly the evidence that is enclosed."""
    version = bundle.json("version.json")
    names = sorted(name for name in bundle.files if name.startswith("signoffs/"))
    for name in names:
        envelope = bundle.json(name)
        bundle.signed(name, envelope["document"], envelope["signature"])
        if envelope["document"].get("bundle_sha256") != version["bundle_sha256"]:
            raise Wrong(f"{name} is about other bytes")
    for name in version["standing"]:
        document = bundle.json(name)["document"]
        if document.get("decision") != "approved":
            raise Wrong(f"{name} is named as an approval and is none")
        said = {**(document.get("evidence") or {}), **document}
        for field, file in SIGNED_FILES.items():
            if said.get(field) and sha256(bundle.read(file)) != said[field]:
                raise Wrong(f"{file} is not what {name} was signed over")
    if version["standing"]:
        signers = [bundle.json(name)["document"]["signer"] for name in version["standing"]]
        return "approved by " + " and ".join(f"{signer['name']} ({signer['role']})" for signer in signers)
    return f"NOT approved: {len(names)} sign-offs, none that the version stands on"


def check_release(bundle: Bundle) -> str:
    """From the bundle to the release's manifest, its snapshots of labels, and each label's annotations."""
    lineage = json.loads(bundle.read("model/bundle.json")).get("lineage", {})
    manifest = bundle.json("release/manifest.json")
    if sha256(bundle.read("release/manifest.json")) != lineage.get("release_manifest_sha256"):
        raise Wrong("release/manifest.json is not the release that the model was trained on")
    labels: dict[tuple[str, str], dict[str, Any]] = {}
    named = {snapshot["sha256"] for snapshot in manifest.get("snapshots", [])}
    for name in sorted(file for file in bundle.files if file.startswith("labels/snapshot-")):
        snapshot = sha256(bundle.read(name))
        if snapshot not in named:
            raise Wrong(f"{name} is not a snapshot of the release")
        labels.update({(snapshot, line["content_hash"]): line for line in bundle.lines(name)})
    if named - {snapshot for snapshot, _ in labels}:
        raise Wrong("a snapshot of labels that the release names is not enclosed")
    digests = _digests_of_labels(bundle)
    annotations = {line["id"]: line for line in bundle.lines("labels/annotations.jsonl")}
    clicks, parents, others = 0, 0, 0
    for label in digests.values():
        for reference in label["annotations"]:
            if isinstance(reference["id"], int):
                clicks += 1
                _check_click(reference, annotations)
            elif reference["id"].startswith("record-"):
                parents += 1
                if reference["sha256"] not in digests:
                    raise Wrong(f"the label of {reference['id']}, which a child's label rests on, is not enclosed")
            else:
                others += 1
    said = f"{_check_records(bundle, labels)} records of the release, {len(labels)} labels, "
    said += f"{clicks} references to {len(annotations)} annotations"
    if parents or others:
        said += (
            f", {parents} to labels of parents, {others} to answers, rules or generators that only the hub can look up"
        )
    return said


def _digests_of_labels(bundle: Bundle) -> dict[str, dict[str, Any]]:
    """Every enclosed label by the SHA-256 of its line: those of the release, and those that they rest on."""
    names = [name for name in bundle.files if name.startswith("labels/") and name != "labels/annotations.jsonl"]
    found: dict[str, dict[str, Any]] = {}
    for name in names:
        raws = bundle.read(name).splitlines()
        found.update({sha256(raws[place]): line for place, line in enumerate(bundle.lines(name))})
    return found


def _check_click(reference: dict[str, Any], annotations: dict[Any, Any]) -> None:
    annotation = annotations.get(reference["id"])
    if annotation is None:
        raise Wrong(f"annotation {reference['id']}, which a label was made from, is not enclosed")
    if annotation["sha256"] != reference["sha256"]:
        raise Wrong(f"annotation {reference['id']} is not the one that a label was made from")


def _check_records(bundle: Bundle, labels: dict[tuple[str, str], dict[str, Any]]) -> int:
    records = 0
    for record in bundle.lines("release/records.jsonl"):
        records += 1
        if not record["snapshot_sha256"]:
            continue
        label = labels.get((record["snapshot_sha256"], record["content_hash"]))
        if label is None or label["annotations"] != record["annotations"]:
            raise Wrong(f"record {record['content_hash']} does not carry the label of its snapshot")
    return records


def check_audit(bundle: Bundle) -> str:
    """Each event is whole and lies under the signed head; each sign-off has its event."""
    head = bundle.json("audit/head.json")
    bundle.signed("audit/head.json", head["document"], head["signature"])
    signed: set[tuple[str, str]] = set()
    count = 0
    for line in bundle.lines("audit/events.jsonl"):
        event, count = line["event"], count + 1
        body = {name: event[name] for name in HASHED_FIELDS}
        if sha256(event["prev_hash"].encode("ascii") + canonical(body)) != event["hash"]:
            raise Wrong(f"event {event['seq']} was altered after it was written")
        _check_inclusion(event["seq"], event["hash"], line["path"], head["document"]["peaks"])
        if event["action"] == "signoff.decide":
            payload = json.loads(event["payload_json"])
            signed.add((payload["decision"], payload["evidence_sha256"]))
    for name in sorted(file for file in bundle.files if file.startswith("signoffs/")):
        document = bundle.json(name)["document"]
        if (document["decision"], document["evidence_sha256"]) not in signed:
            raise Wrong(f"{name} has no event in the audit trail")
    return f"{count} events of the audit trail, all under the head that was signed at event {head['document']['seq']}"


def _check_inclusion(seq: int, digest: str, path: list[str], peaks: list[list[Any]]) -> None:
    before = 0
    for height, root in peaks:
        if seq <= before + (1 << height):
            place, found = seq - before - 1, hashlib.sha256(b"\x00" + bytes.fromhex(digest)).digest()
            for each in path:
                other = bytes.fromhex(each)
                pair = other + found if place & 1 else found + other
                found, place = hashlib.sha256(b"\x01" + pair).digest(), place // 2
            if len(path) == height and found.hex() == root:
                return
            break
        before += 1 << height
    raise Wrong(f"event {seq} does not lie under the signed head")


CHECKS = (
    ("files", check_files),
    ("model", check_model),
    ("sign-offs", check_signoffs),
    ("data", check_release),
    ("audit", check_audit),
)


def verified(data: bytes, fingerprint: str = "") -> tuple[bool, list[str]]:
    """Whether a bundle holds, and what was found, in words. Raises nothing."""
    try:
        bundle = Bundle(data)
        said = []
        if fingerprint and fingerprint.lower().replace(":", "") != fingerprint_of(bundle.key):
            raise Wrong(f"key: signed by {fingerprint_of(bundle.key)}, which is not the key that you trust")
        for name, check in CHECKS:
            try:
                said.append(f"{name}: {check(bundle)}")
            except Wrong as wrong:
                raise Wrong(f"{name}: {wrong}") from None
    except (Wrong, NotOurZip) as wrong:
        return False, [str(wrong)]
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as error:
        return False, [f"a file in it is malformed ({type(error).__name__})"]
    return True, said


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Check an evidence bundle of Pixel Hub, away from the hub.")
    parser.add_argument("bundle", type=Path, help="the ZIP file")
    parser.add_argument(
        "--fingerprint", default="", help="SHA-256 of the hub's public key, as the hub's people told you"
    )
    options = parser.parse_args(arguments)
    try:
        data = options.bundle.read_bytes()
    except OSError as error:
        sys.stderr.write(f"{options.bundle}: {error.strerror}\n")
        return 2
    holds, said = verified(data, options.fingerprint)
    for line in said:
        sys.stdout.write(f"{'ok' if holds else 'REFUSED'}  {line}\n")
    if holds and not options.fingerprint:
        key = fingerprint_of(Bundle(data).key)
        sys.stdout.write(f"The key is only self-asserted: ask the hub's people whether its fingerprint is {key},\n")
        sys.stdout.write("and give it with --fingerprint.\n")
    sys.stdout.write("The bundle holds.\n" if holds else "The bundle does not hold.\n")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
