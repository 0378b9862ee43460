"""Read a deployed bundle out of the object store and verify everything about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings

from inference.engine.bundle import Bundle, Reader, load_bundle
from inference.engine.errors import BundleRefused, SignoffRefused
from inference.engine.signoff import verify_signoff
from pixelhub.canonical import sha256_hex
from pixelhub.objects import ObjectNotFound, get_store
from pixelhub.signing import public_key_from
from training_app.models import VersionState

if TYPE_CHECKING:
    from pixelhub.objects import ObjectStore
    from training_app.models import ModelVersion

__all__ = ["KeyMissing", "read_bundle", "read_signed_bundle"]


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
    store = get_store()
    _check_card(store, document, model_version)
    return read_bundle(store, model_version.object_prefix, bundle_sha256)


def read_bundle(store: ObjectStore, prefix: str, bundle_sha256: str) -> Bundle:
    """A proven bundle out of a store; see `load_bundle`."""
    names = [stat.key.removeprefix(prefix) for stat in store.list(prefix)]
    return load_bundle(_store_reader(store, prefix), expected_sha256=bundle_sha256, names=names)


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
