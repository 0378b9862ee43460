from django.db import migrations


def fill(apps, schema_editor):
    """The probability behind each weight, and a seat for each judgement that exists."""
    ReviewCase, Judgement, Assignment = (
        apps.get_model("review", name) for name in ("ReviewCase", "Judgement", "Assignment")
    )
    for case in ReviewCase.objects.only("pk", "weight").iterator():
        ReviewCase.objects.filter(pk=case.pk).update(inclusion_probability=min(1.0, 1.0 / case.weight))
    seats = {}
    for judgement in Judgement.objects.order_by("case_id", "pk").iterator():
        number = seats[judgement.case_id] = seats.get(judgement.case_id, 0) + 1
        if number <= 9:
            Assignment.objects.create(
                case_id=judgement.case_id,
                expert_id=judgement.expert_id,
                number=number,
                state="done" if judgement.judged_at else "begun",
                due_on=judgement.blind_at.date(),
            )


class Migration(migrations.Migration):
    dependencies = [("review", "0005_experts_and_assignments")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
