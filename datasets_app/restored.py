"""What a restored hub is asked about its data (BACKUP_CHECKS): whether the store holds what rows name."""

from __future__ import annotations

from datasets_app.corpus.verify import verify_release
from datasets_app.models import ImportBatch, LabelSnapshot, Release
from datasets_app.services.retention import originals_due
from datasets_app.services.storage import StoreReader
from pixelhub.objects import ObjectNotFound, ObjectStoreError, get_store


def releases() -> tuple[str, int, list[str]]:
    """Every published release against its manifest, and the manifest against the hash in its row."""
    problems, checked = [], 0
    for release in Release.objects.filter(state=Release.State.PUBLISHED).select_related("project").order_by("pk"):
        checked += 1
        where = f"{release.project.slug} {release.version}"
        reader = StoreReader(get_store(), release.object_prefix)
        try:
            report = verify_release(reader, manifest_sha256=release.manifest_sha256)
        except (ObjectNotFound, ObjectStoreError, ValueError) as error:
            problems.append(f"release {where}: {error}")
        else:
            problems += [f"release {where}: {reason}" for reason in report.reasons]
    return "releases by their manifests", checked, problems


def snapshots_and_imports() -> tuple[str, int, list[str]]:
    """Published labels by their hash, and the files of imports that were not deleted by policy."""
    store, problems, checked = get_store(), [], 0
    for key, digest in LabelSnapshot.objects.order_by("pk").values_list("object_key", "sha256"):
        checked += 1
        try:
            if store.sha256(key) != digest:
                problems.append(f"{key} is not the published labels")
        except (ObjectNotFound, ObjectStoreError) as error:
            problems.append(str(error))
    kept = ImportBatch.objects.filter(original_purged_at__isnull=True).exclude(object_key="").order_by("pk")
    # Policy deletes the file first and notes it after: between the two the row is due, and the next sweep notes it.
    due = set(originals_due().values_list("object_key", flat=True))
    for key in kept.values_list("object_key", flat=True).distinct():
        checked += 1
        if key not in due and not store.exists(key):
            problems.append(f"{key} of an import is missing")
    return "objects that rows name", checked, problems
