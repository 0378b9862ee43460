"""The registry's ledger, file evaluations and card sections are append-only; older versions get their ledger."""

import json
from datetime import datetime

from django.db import migrations

from pixelhub.audit.append_only import append_only


def fill_from_audit(apps, schema_editor):
    """Write the changes of state that happened before there was a ledger, as the audit chain tells them."""
    AuditEvent = apps.get_model("audit", "AuditEvent")
    ModelVersion = apps.get_model("training_app", "ModelVersion")
    Transition = apps.get_model("training_app", "VersionTransition")
    User = apps.get_model("accounts", "User")
    versions = set(ModelVersion.objects.values_list("pk", flat=True))
    people = set(User.objects.values_list("pk", flat=True))
    told = AuditEvent.objects.filter(action__in=("model_version.register", "model_version.state"))
    for event in told.filter(target_type="training_app.ModelVersion").order_by("seq"):
        version = int(event.target_id)
        if version not in versions:
            continue
        payload = json.loads(event.payload_json)
        row = Transition.objects.create(
            model_version_id=version,
            before=payload.get("from", ""),
            after=payload.get("to", "candidate"),
            by_id=event.actor_id if event.actor_id in people else None,
        )
        Transition.objects.filter(pk=row.pk).update(at=datetime.fromisoformat(event.at))


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_append_only"),
        ("training_app", "0002_studies_points_and_kinds"),
    ]
    operations = [
        migrations.RunPython(fill_from_audit, migrations.RunPython.noop),
        append_only("training_app_versiontransition", what="state changes of versions"),
        append_only("training_app_fileevaluation", what="evaluations on files"),
        append_only("training_app_cardsection", what="card sections"),
    ]
