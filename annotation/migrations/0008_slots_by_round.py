import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def fill(apps, schema_editor):
    """Slots from before learn their round from their sample, and when they were handed out as far as is known."""
    slots = apps.get_model("annotation", "Slot").objects
    items = apps.get_model("annotation", "RoundItem").objects
    labels = apps.get_model("annotation", "Annotation").objects
    slots.update(round=models.Subquery(items.filter(pk=models.OuterRef("item")).values("round")[:1]))
    at = labels.filter(slot=models.OuterRef("pk")).values("submitted_at")[:1]
    slots.filter(state="done").update(claimed_at=models.Subquery(at))
    if schema_editor.connection.vendor == "postgresql":
        # The foreign keys just written are checked now: the table can't be altered while checks wait.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


class Migration(migrations.Migration):

    dependencies = [
        ("annotation", "0007_reviewed_difference_has_a_severity"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(model_name="slot", name="slot_state_lease"),
        migrations.RemoveIndex(model_name="slot", name="slot_annotator_state"),
        migrations.AddField(
            model_name="rounditem",
            name="by_chance",
            field=models.BooleanField(default=True, help_text="Its place owes nothing to what a model or a rule says: fit for unbiased estimates."),
        ),
        migrations.AddField(
            model_name="slot",
            name="claimed_at",
            field=models.DateTimeField(blank=True, help_text="When its holder got it: the order of reading.", null=True),
        ),
        migrations.AddField(
            model_name="slot",
            name="round",
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="slots", to="annotation.round"),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            model_name="slot",
            name="round",
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="slots", to="annotation.round"),
        ),
        migrations.AddIndex(
            model_name="slot",
            index=models.Index(condition=models.Q(("state", "free")), fields=["round", "rank", "item"], name="slot_next_free"),
        ),
        migrations.AddIndex(
            model_name="slot",
            index=models.Index(condition=models.Q(("state", "leased")), fields=["round", "lease_until"], name="slot_leased"),
        ),
        migrations.AddIndex(
            model_name="slot",
            index=models.Index(fields=["annotator", "round", "claimed_at", "state"], name="slot_of_person"),
        ),
    ]
