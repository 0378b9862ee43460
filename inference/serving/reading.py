"""Read a deployed bundle out of the object store and verify everything about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings

from inference.engine.bundle import Bundle, Reader, load_bundle
from inference.engine.errors import BundleRefused, SignoffRefused
from inference.engine.signoff import FORMAT, verify_signoff
from inference.models import SignoffVoid
from pixelhub.canonical import sha256_hex, sha256_json
from pixelhub.objects import ObjectNotFound, get_store
from pixelhub.signing import public_key_from
from training_app.models import Evaluation, VersionState

if TYPE_CHECKING:
    from pixelhub.objects import ObjectStore
    from training_app.models import ModelVersion

__all__ = ["KeyMissing", "evidence_of", "read_bundle", "read_signed_bundle"]


class KeyMissing(Exception):
    """This machine has no public key of the hub, so nothing can be verified here yet."""


def read_signed_bundle(*, model_version: ModelVersion, bundle_sha256: str, signoff: object) -> Bundle:
    """The bundle of a version, when its sign-off allows serving exactly these bytes in the version's project.

    Raises:
        SignoffRefused, BundleRefused: final, naming what is wrong.
        KeyMissing, OSError and the store's errors: nothing is known yet; try again.
    """
    if not settings.SIGNING_PUBLIC_KEY_FILE.exists():
        raise KeyMissing("SIGNING_PUBLIC_KEY_FILE is not there")
    public_key = public_key_from(settings.SIGNING_PUBLIC_KEY_FILE)
    document = verify_signoff(signoff, bundle_sha256, public_key)
    _check_subject(document, model_version)
    if model_version.bundle_sha256 != bundle_sha256:
        raise SignoffRefused("digest: the version is registered with another bundle")
    if model_version.state == VersionState.REJECTED:
        raise SignoffRefused("voided: the version was rejected after it was signed")
    if SignoffVoid.objects.filter(
        project=model_version.project_id, evidence_sha256=document.get("evidence_sha256") or ""
    ).exists():
        raise SignoffRefused("voided: the sign-off over this evidence was taken back")
    store = get_store()
    _check_card(store, document, model_version)
    return read_bundle(store, model_version.object_prefix, bundle_sha256)


def read_bundle(store: ObjectStore, prefix: str, bundle_sha256: str) -> Bundle:
    """A proven bundle out of a store; see `load_bundle`."""
    names = [stat.key.removeprefix(prefix) for stat in store.list(prefix)]
    return load_bundle(_store_reader(store, prefix), expected_sha256=bundle_sha256, names=names)


def evidence_of(signoff: object) -> str:
    """The digest of the evidence that an envelope was signed over; "" where it names none."""
    document = signoff.get("document") if isinstance(signoff, dict) else None
    return str(document.get("evidence_sha256") or "") if isinstance(document, dict) else ""


def _store_reader(store: ObjectStore, prefix: str) -> Reader:
    def read(name: str, limit: int) -> bytes:
        try:
            with store.open(f"{prefix}{name}") as stream:
                return stream.read(limit + 1)
        except ObjectNotFound:
            raise FileNotFoundError(name) from None
        except ValueError:
            raise BundleRefused(name, "is not stored under a valid key") from None

    return read


def _check_card(store: ObjectStore, document: dict[str, Any], model_version: ModelVersion) -> None:
    """What a model is for and where it fails is signed with it: without that card it is not served."""
    try:
        card = store.read(model_version.card_key)
    except ObjectNotFound:
        raise SignoffRefused("card: the model card is missing") from None
    if document.get("card_sha256", sha256_hex(card)) != sha256_hex(card):
        raise SignoffRefused("card: the model card is not the one that was signed")


def _check_subject(document: dict[str, Any], model_version: ModelVersion) -> None:
    """A sign-off given in another project, for another version or about another trainer does not count here."""
    if document.get("project") != model_version.project.slug:
        raise SignoffRefused("project: the sign-off was given in another project")
    if document.get("model_version") != model_version.version:
        raise SignoffRefused("version: the sign-off is for another version")
    if str(document["trainer"]["id"]) != str(model_version.trainer_id):
        raise SignoffRefused("trainer: the sign-off names another trainer than the registry")
    if document["format"] == FORMAT:
        _check_registry(document, model_version)


def _check_registry(document: dict[str, Any], model_version: ModelVersion) -> None:
    """What format 2 says more: who started the run, and which evaluation was signed."""
    if str(document["starter"]["id"]) != str(model_version.run.started_by_id):
        raise SignoffRefused("starter: the sign-off names another person than the registry")
    evaluations = Evaluation.objects.filter(model_version=model_version, split="test")
    newest = evaluations.order_by("-use_number").first()
    if newest is None or newest.sha256 != document["evaluation_sha256"]:
        raise SignoffRefused("evaluation: the newest evaluation is not the one that was signed")
    if newest.test_set_sha256 != document["test_set_sha256"] or sha256_json(newest.metrics) != newest.sha256:
        raise SignoffRefused("evaluation: it was altered after it was signed")
