"""The bad-input corpus where it is no import of conversations: as labels from elsewhere, and as expert labels.

No 5xx, a reason for all that is refused, nothing half taken in. As scoring requests: tests/inference/test_bad_rows.py.
"""

from __future__ import annotations

import json

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from annotation.models import GoldLabel, LabelImport, Suggestion
from pixelhub.objects import get_store
from tests.annotation.making import approved_guideline
from tests.imports.bad_input import small_files
from tests.personas import World


def test_as_labels_from_elsewhere(world: World) -> None:
    sender, url, wrong, seen = world.client("qa"), reverse("annotation:label_imports"), [], 0
    sender.raise_request_exception = False
    for number, (name, file_name, data) in enumerate(small_files()):
        seen += 1
        before = LabelImport.objects.count()
        body = {"file": SimpleUploadedFile(file_name, data), "name": f"file {number}", "format": ""}
        response = sender.post(url, body)
        if response.status_code == 302:
            made = LabelImport.objects.latest("pk")
            kept = get_store().read(made.refused_key).splitlines() if made.refused_key else []
            fine = made.read == made.accepted + made.duplicates + made.refused and len(kept) == made.refused
            fine = fine and all(json.loads(line)["reason"] for line in kept)
        else:
            fine = 400 <= response.status_code < 500 and LabelImport.objects.count() == before
            fine = fine and bool(response.context["form"].errors)
        wrong += [] if fine else [f"{name}: {response.status_code}"]
    assert wrong == [] and seen >= 150
    assert not Suggestion.objects.exists()  # none of it is a label of a conversation that is here
    assert sender.get(url).status_code == 200


def test_as_expert_labels(world: World) -> None:
    approved_guideline(world)
    sender, url, wrong, seen = world.client("clinical_lead"), reverse("annotation:gold_import"), [], 0
    sender.raise_request_exception = False
    for name, file_name, data in small_files():
        seen += 1
        response = sender.post(url, {"file": SimpleUploadedFile(file_name, data)})
        if not 400 <= response.status_code < 500 or not response.context["import_form"].errors:
            wrong.append(f"{name}: {response.status_code}")
    assert wrong == [] and seen >= 150
    assert not GoldLabel.objects.exists()
