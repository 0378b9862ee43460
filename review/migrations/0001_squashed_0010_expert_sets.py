# The whole chain in one step, for a database from nothing: a table a model, nothing altered afterwards. A database
# that has begun the chain goes on along it (tests/foundation/test_squashed_migrations.py).

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from pixelhub.audit.append_only import append_only
from pixelhub.tables import CreateTables


class Migration(migrations.Migration):
    replaces = [
        ("review", "0001_initial"),
        ("review", "0002_append_only"),
        ("review", "0003_fairness_and_readings"),
        ("review", "0004_programme"),
        ("review", "0005_experts_and_assignments"),
        ("review", "0006_seats_of_earlier_judgements"),
        ("review", "0007_signoff_evidence"),
        ("review", "0008_digests"),
        ("review", "0009_feedback"),
        ("review", "0010_expert_sets"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0002_keys_rotate_and_have_quotas"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("annotation", "0011_guideline_notes"),
        ("datasets_app", "0007_scores_of_releases"),
        ("training_app", "0004_run_samples"),
    ]

    operations = [
        CreateTables(
            [
                migrations.CreateModel(
                    name="Campaign",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[("open", "open"), ("closed", "closed")], default="open", max_length=10
                            ),
                        ),
                        ("seed", models.PositiveBigIntegerField()),
                        ("minimum_judged", models.PositiveIntegerField()),
                        ("bundle_sha256", models.CharField(max_length=64)),
                        ("predictions_sha256", models.CharField(max_length=64)),
                        ("population", models.JSONField(default=dict)),
                        ("figures", models.JSONField(default=dict)),
                        ("sha256", models.CharField(blank=True, max_length=64)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("closed_at", models.DateTimeField(blank=True, null=True)),
                        ("design", models.CharField(blank=True, max_length=24)),
                        ("due_days", models.PositiveSmallIntegerField(default=14)),
                        ("judge_first", models.BooleanField(default=True)),
                        ("maximum_reviewers", models.PositiveSmallIntegerField(default=3)),
                        ("minimum_reviewers", models.PositiveSmallIntegerField(default=1)),
                        (
                            "closed_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "evaluation",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="campaigns",
                                to="training_app.evaluation",
                            ),
                        ),
                        (
                            "model_version",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="campaigns",
                                to="training_app.modelversion",
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="campaigns",
                                to="accounts.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-created_at", "-pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("state", "open")),
                                fields=("model_version",),
                                name="review_one_open_campaign",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("state", "open"), models.Q(("sha256", ""), _negated=True), _connector="OR"
                                ),
                                name="review_closed_campaign_has_digest",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("minimum_reviewers__gte", 1),
                                    ("maximum_reviewers__gte", models.F("minimum_reviewers")),
                                    ("maximum_reviewers__lte", 9),
                                ),
                                name="review_campaign_reviewers",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DigestSubscription",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("email", models.EmailField(max_length=254)),
                        (
                            "zone",
                            models.CharField(
                                help_text="IANA name of the time zone whose mornings count.", max_length=64
                            ),
                        ),
                        ("since", models.DateTimeField(auto_now_add=True)),
                        (
                            "gates",
                            models.JSONField(
                                default=dict, help_text="Gate -> how it stood when this person was last told."
                            ),
                        ),
                        (
                            "done",
                            models.PositiveSmallIntegerField(
                                default=0, help_text="Lines of the plan that were done then."
                            ),
                        ),
                        (
                            "told_at",
                            models.DateTimeField(help_text="When that was: the last digest, or the subscription."),
                        ),
                        (
                            "sent_on",
                            models.DateField(
                                blank=True, help_text="Day of the last digest, in the zone: one a day.", null=True
                            ),
                        ),
                        (
                            "next_at",
                            models.DateTimeField(
                                db_index=True, help_text="When it is due: a morning, or a try after a failure."
                            ),
                        ),
                        (
                            "held_until",
                            models.DateTimeField(
                                blank=True, help_text="Until then one worker is sending it.", null=True
                            ),
                        ),
                        (
                            "failures",
                            models.PositiveSmallIntegerField(
                                default=0, help_text="Tries since the last that went through."
                            ),
                        ),
                        (
                            "person",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="digest_subscriptions",
                                to="accounts.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["pk"],
                        "constraints": [
                            models.UniqueConstraint(fields=("project", "person"), name="review_digest_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="EdgeCaseCheck",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("bundle_sha256", models.CharField(max_length=64)),
                        ("document", models.JSONField()),
                        ("sha256", models.CharField(max_length=64)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "verdict",
                            models.CharField(
                                choices=[
                                    ("pass", "pass"),
                                    ("fail", "fail"),
                                    ("insufficient_data", "insufficient data"),
                                ],
                                max_length=20,
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "model_version",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)ss",
                                to="training_app.modelversion",
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.project"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-pk"],
                        "abstract": False,
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("model_version", "sha256"), name="review_edge_case_check_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ErrorOpening",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("content_hash", models.CharField(max_length=71)),
                        (
                            "error",
                            models.CharField(
                                choices=[("miss", "missed crisis"), ("over_escalation", "over-escalation")],
                                max_length=16,
                            ),
                        ),
                        ("opened_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "model_version",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="error_openings",
                                to="training_app.modelversion",
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.project"
                            ),
                        ),
                        (
                            "reader",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="error_openings",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("model_version", "content_hash", "reader"), name="review_error_opened_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Expert",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "specialty",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("", "not said"),
                                    ("psychiatry", "psychiatry"),
                                    ("psychology", "clinical psychology"),
                                    ("crisis_care", "crisis counselling"),
                                    ("addiction", "addiction medicine"),
                                    ("youth", "children and young people"),
                                    ("emergency", "emergency medicine"),
                                    ("social_work", "social work"),
                                    ("lived_experience", "lived experience and peer support"),
                                ],
                                max_length=24,
                            ),
                        ),
                        ("capacity", models.PositiveSmallIntegerField(default=40, help_text="Open cases at once.")),
                        ("active", models.BooleanField(default=True)),
                        ("registered_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="experts",
                                to="accounts.project",
                            ),
                        ),
                        (
                            "registered_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="expert_rows",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["user__display_name", "pk"],
                        "constraints": [
                            models.UniqueConstraint(fields=("project", "user"), name="review_expert_once"),
                            models.CheckConstraint(
                                condition=models.Q(("capacity__range", (1, 500))), name="review_expert_capacity"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ExpertSet",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=80)),
                        ("version", models.PositiveIntegerField()),
                        (
                            "state",
                            models.CharField(
                                choices=[("open", "open"), ("frozen", "frozen")], default="open", max_length=10
                            ),
                        ),
                        (
                            "trial",
                            models.BooleanField(default=False, help_text="Smaller than a real set; for trying out."),
                        ),
                        (
                            "raters",
                            models.PositiveSmallIntegerField(
                                default=2, help_text="Experts who rate each conversation."
                            ),
                        ),
                        (
                            "params",
                            models.JSONField(
                                default=dict, help_text="Seed, size, share of crises, releases looked at."
                            ),
                        ),
                        (
                            "excluded",
                            models.JSONField(
                                default=dict, help_text="What was kept out and why; hashes of near-copies."
                            ),
                        ),
                        (
                            "manifest",
                            models.JSONField(
                                default=dict, help_text="Of a frozen set, as it was frozen or brought in."
                            ),
                        ),
                        (
                            "sha256",
                            models.CharField(blank=True, help_text="Of the frozen file of examples.", max_length=64),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("frozen_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "created_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "frozen_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="expert_sets",
                                to="accounts.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("project", "name", "version"), name="expert_set_version_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("raters__range", (1, 5))), name="expert_set_raters"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("frozen_at__isnull", True), ("sha256", ""), ("state", "open")),
                                    models.Q(
                                        ("frozen_at__isnull", False),
                                        ("state", "frozen"),
                                        models.Q(("sha256", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="expert_set_frozen_whole",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="FairnessReport",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("bundle_sha256", models.CharField(max_length=64)),
                        ("document", models.JSONField()),
                        ("sha256", models.CharField(max_length=64)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "alert",
                            models.CharField(
                                choices=[
                                    ("none", "none"),
                                    ("watch", "watch"),
                                    ("warning", "warning"),
                                    ("critical", "critical"),
                                ],
                                max_length=10,
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "model_version",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)ss",
                                to="training_app.modelversion",
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.project"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-pk"],
                        "abstract": False,
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("model_version", "sha256"), name="review_fairness_report_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="GateWaiver",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("gate", models.CharField(max_length=40)),
                        ("subject", models.CharField(blank=True, max_length=80)),
                        (
                            "seat",
                            models.CharField(choices=[("pm", "PM"), ("clinical_lead", "clinical lead")], max_length=16),
                        ),
                        ("reason", models.TextField()),
                        ("value", models.FloatField(null=True)),
                        ("verdict", models.CharField(max_length=24)),
                        ("waived_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "ended",
                            models.CharField(
                                blank=True,
                                choices=[("withdrawn", "taken back"), ("void", "void: the figure changed")],
                                max_length=10,
                            ),
                        ),
                        ("ended_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "ended_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "person",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="gate_waivers",
                                to="accounts.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("ended", "")),
                                fields=("project", "gate", "subject", "person"),
                                name="review_waiver_person_once",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("ended", "")),
                                fields=("project", "gate", "subject", "seat"),
                                name="review_waiver_seat_once",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("seat__in", ("pm", "clinical_lead"))),
                                name="review_waiver_two_seats",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("reason", ""), _negated=True), name="review_waiver_in_writing"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("ended", ""), ("ended_at__isnull", True)),
                                    models.Q(models.Q(("ended", ""), _negated=True), ("ended_at__isnull", False)),
                                    _connector="OR",
                                ),
                                name="review_waiver_ended_whole",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PhaseClosing",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("phase", models.PositiveSmallIntegerField()),
                        ("note", models.CharField(blank=True, max_length=500)),
                        (
                            "open_lines",
                            models.PositiveSmallIntegerField(
                                help_text="Subtasks that were not done when it was closed."
                            ),
                        ),
                        ("closed_at", models.DateTimeField(auto_now_add=True)),
                        ("reopened_at", models.DateTimeField(blank=True, null=True)),
                        ("reopened_reason", models.CharField(blank=True, max_length=500)),
                        (
                            "closed_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="phase_closings",
                                to="accounts.project",
                            ),
                        ),
                        (
                            "reopened_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("reopened_at__isnull", True)),
                                fields=("project", "phase"),
                                name="review_phase_closed_once",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("phase__range", (1, 4))), name="review_phase_1_to_4"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("reopened_at__isnull", True),
                                    models.Q(("reopened_reason", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="review_phase_reopened_for_a_reason",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PlannedDays",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("subtask", models.CharField(max_length=40)),
                        ("former_first_day", models.PositiveSmallIntegerField()),
                        ("former_last_day", models.PositiveSmallIntegerField()),
                        ("first_day", models.PositiveSmallIntegerField()),
                        ("last_day", models.PositiveSmallIntegerField()),
                        ("reason", models.CharField(max_length=500)),
                        ("moved_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "moved_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="planned_days",
                                to="accounts.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-pk"],
                        "indexes": [models.Index(fields=["project", "subtask"], name="review_planned_days")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("first_day__gte", 1), ("last_day__gte", models.F("first_day"))),
                                name="review_planned_days_in_order",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("reason", ""), _negated=True),
                                name="review_planned_days_have_a_reason",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PromotionFreeze",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("reason", models.CharField(max_length=500)),
                        ("frozen_at", models.DateTimeField(auto_now_add=True)),
                        ("lifted_at", models.DateTimeField(blank=True, null=True)),
                        ("lifted_reason", models.CharField(blank=True, max_length=500)),
                        (
                            "frozen_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "lifted_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="promotion_freezes",
                                to="accounts.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("lifted_at__isnull", True)),
                                fields=("project",),
                                name="review_one_freeze_at_a_time",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("lifted_at__isnull", True), ("lifted_by__isnull", True)),
                                    models.Q(
                                        ("lifted_at__isnull", False),
                                        ("lifted_by__isnull", False),
                                        models.Q(("lifted_reason", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="review_freeze_lifted_for_a_reason",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SignOffPolicy",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("approvals", models.PositiveSmallIntegerField(default=1)),
                        (
                            "second_role",
                            models.CharField(
                                choices=[
                                    ("clinical_lead", "another clinical lead"),
                                    ("qa", "somebody from QA, or another clinical lead"),
                                ],
                                default="clinical_lead",
                                max_length=20,
                            ),
                        ),
                        ("requires_mfa", models.BooleanField(default=False)),
                        ("requires_fairness", models.BooleanField(default=False)),
                        ("requires_edge_cases", models.BooleanField(default=False)),
                        ("reason", models.CharField(max_length=500)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="signoff_policies",
                                to="accounts.project",
                            ),
                        ),
                        (
                            "set_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("approvals__in", (1, 2))), name="review_policy_one_or_two"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="TaskOwner",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("task", models.CharField(max_length=40)),
                        ("assigned_at", models.DateTimeField(auto_now_add=True)),
                        ("ended_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "assigned_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "ended_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "person",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="task_owners",
                                to="accounts.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("ended_at__isnull", True)),
                                fields=("project", "task", "person"),
                                name="review_owner_once",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="TaskTick",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("task", models.CharField(max_length=40)),
                        ("note", models.CharField(blank=True, max_length=500)),
                        ("done_at", models.DateTimeField(auto_now_add=True)),
                        ("undone_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "done_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="task_ticks",
                                to="accounts.project",
                            ),
                        ),
                        (
                            "undone_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("undone_at__isnull", True)),
                                fields=("project", "task"),
                                name="review_tick_once",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ErrorAnswer",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("reason", models.CharField(max_length=24)),
                        ("words", models.TextField(blank=True)),
                        ("blocks", models.BooleanField(default=False)),
                        ("answered_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "opening",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="answers",
                                to="review.erroropening",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["pk"],
                    },
                ),
                migrations.CreateModel(
                    name="Absence",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("starts_on", models.DateField()),
                        ("ends_on", models.DateField()),
                        ("entered_at", models.DateTimeField(auto_now_add=True)),
                        ("ended_at", models.DateTimeField(blank=True, help_text="When it was taken back.", null=True)),
                        (
                            "entered_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "expert",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="absences", to="review.expert"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-starts_on", "-pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("ends_on__gte", models.F("starts_on"))),
                                name="review_absence_in_order",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ExpertExample",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("position", models.PositiveIntegerField()),
                        ("external_id", models.CharField(max_length=200)),
                        ("content_hash", models.CharField(max_length=71)),
                        ("messages", models.JSONField()),
                        ("source", models.CharField(max_length=16)),
                        ("is_edge_case", models.BooleanField(default=False)),
                        ("edge_case_kind", models.CharField(blank=True, max_length=32)),
                        (
                            "facts",
                            models.JSONField(default=dict, help_text="Family, difficulty, the label it was chosen by."),
                        ),
                        (
                            "record",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="expert_examples",
                                to="datasets_app.record",
                            ),
                        ),
                        (
                            "expert_set",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="examples",
                                to="review.expertset",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["position"],
                        "constraints": [
                            models.UniqueConstraint(fields=("expert_set", "content_hash"), name="expert_example_once"),
                            models.UniqueConstraint(fields=("expert_set", "position"), name="expert_example_position"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ClosedGate",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("gate", models.CharField(max_length=40)),
                        ("subject", models.CharField(blank=True, max_length=80)),
                        ("value", models.FloatField(null=True)),
                        ("verdict", models.CharField(max_length=24)),
                        (
                            "clinical_lead",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "pm",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "closing",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="gates",
                                to="review.phaseclosing",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["pk"],
                        "constraints": [
                            models.UniqueConstraint(fields=("closing", "gate"), name="review_closed_gate_once"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("clinical_lead__isnull", True), ("pm__isnull", True), ("verdict", "pass")
                                    ),
                                    models.Q(
                                        ("pm__isnull", False),
                                        ("clinical_lead__isnull", False),
                                        models.Q(("pm", models.F("clinical_lead")), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="review_closed_gate_passed_or_waived_by_two",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ReviewCase",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("position", models.PositiveIntegerField()),
                        ("prediction", models.JSONField()),
                        ("stratum", models.CharField(max_length=80)),
                        ("weight", models.FloatField()),
                        ("inclusion_probability", models.FloatField()),
                        (
                            "campaign",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="cases", to="review.campaign"
                            ),
                        ),
                        (
                            "record",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="review_cases",
                                to="datasets_app.record",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["position"],
                        "constraints": [
                            models.UniqueConstraint(fields=("campaign", "record"), name="review_case_once"),
                            models.UniqueConstraint(fields=("campaign", "position"), name="review_case_position"),
                            models.CheckConstraint(condition=models.Q(("weight__gte", 1.0)), name="review_case_weight"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("inclusion_probability__gt", 0.0), ("inclusion_probability__lte", 1.0)
                                ),
                                name="review_case_inclusion",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SignOff",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("bundle_sha256", models.CharField(max_length=64)),
                        (
                            "decision",
                            models.CharField(
                                choices=[("approved", "approved"), ("rejected", "rejected")], max_length=10
                            ),
                        ),
                        ("reason", models.TextField()),
                        ("document", models.JSONField()),
                        ("signature", models.JSONField()),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("evidence_sha256", models.CharField(max_length=64)),
                        ("role", models.CharField(default="clinical_lead", max_length=20)),
                        (
                            "campaign",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="signoffs",
                                to="review.campaign",
                            ),
                        ),
                        (
                            "model_version",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="signoffs",
                                to="training_app.modelversion",
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="signoffs",
                                to="accounts.project",
                            ),
                        ),
                        (
                            "registrar",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "signer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="signoffs",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "starter",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "trainer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-created_at", "-pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("signer", models.F("trainer")), _negated=True),
                                name="review_signer_not_trainer",
                            ),
                            models.UniqueConstraint(
                                fields=("model_version", "signer", "evidence_sha256"), name="review_signoff_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("signer", models.F("starter")), _negated=True),
                                name="review_signer_not_starter",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("registrar__isnull", True),
                                    models.Q(("signer", models.F("registrar")), _negated=True),
                                    _connector="OR",
                                ),
                                name="review_signer_not_registrar",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ExampleDecision",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("crisis_type", models.CharField(max_length=32)),
                        ("severity", models.PositiveSmallIntegerField(blank=True, null=True)),
                        ("reason", models.TextField()),
                        ("decided_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "decided_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "example",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="decision",
                                to="review.expertexample",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["example_id"],
                    },
                ),
                migrations.CreateModel(
                    name="ExpertRating",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("rater", models.CharField(max_length=64)),
                        ("crisis_type", models.CharField(max_length=32)),
                        ("severity", models.PositiveSmallIntegerField(blank=True, null=True)),
                        ("rubric", models.JSONField(default=dict)),
                        ("safety", models.JSONField(default=list)),
                        ("comment", models.TextField(blank=True)),
                        ("simulated", models.BooleanField(default=False)),
                        ("rated_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "example",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="ratings",
                                to="review.expertexample",
                            ),
                        ),
                        (
                            "expert",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="expert_ratings",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["example_id", "pk"],
                        "constraints": [
                            models.UniqueConstraint(fields=("example", "rater"), name="expert_rating_once"),
                            models.UniqueConstraint(fields=("example", "expert"), name="expert_rating_person_once"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("crisis_type", "none"), ("severity__isnull", True)),
                                    models.Q(
                                        models.Q(("crisis_type", "none"), _negated=True), ("severity__range", (1, 5))
                                    ),
                                    _connector="OR",
                                ),
                                name="expert_rating_severity",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Feedback",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("relabel", "Label it again"),
                                    ("note", "Note for the guideline"),
                                    ("similar", "More cases of this kind"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("words", models.TextField(blank=True, max_length=2000)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("waiting", "Waits for consent"),
                                    ("accepted", "Accepted"),
                                    ("declined", "Declined"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("asked_at", models.DateTimeField(auto_now_add=True)),
                        ("decided_at", models.DateTimeField(blank=True, null=True)),
                        ("reason", models.CharField(blank=True, help_text="Why it was declined.", max_length=500)),
                        (
                            "asked_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "decided_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "note",
                            models.OneToOneField(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="review_feedback",
                                to="annotation.guidelinenote",
                            ),
                        ),
                        (
                            "round",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="review_feedback",
                                to="annotation.round",
                            ),
                        ),
                        (
                            "case",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="feedback",
                                to="review.reviewcase",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("kind", "relabel"), models.Q(("state", "declined"), _negated=True)),
                                fields=("case",),
                                name="review_relabel_asked_once",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("kind", "relabel"), ("state", "accepted"), _connector="OR"),
                                name="review_consent_to_relabel",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "declined"), _negated=True),
                                    models.Q(("reason", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="review_declined_for_a_reason",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("round__isnull", True),
                                    models.Q(("kind", "relabel"), ("state", "accepted")),
                                    _connector="OR",
                                ),
                                name="review_round_of_a_relabel",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("kind", "note"), ("note__isnull", False)),
                                    models.Q(models.Q(("kind", "note"), _negated=True), ("note__isnull", True)),
                                    _connector="OR",
                                ),
                                name="review_note_has_its_note",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Resolution",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("escalate", models.BooleanField()),
                        ("crisis_type", models.CharField(max_length=32)),
                        ("severity", models.PositiveSmallIntegerField(blank=True, null=True)),
                        ("reason", models.TextField()),
                        ("decided_at", models.DateTimeField()),
                        ("sha256", models.CharField(max_length=64)),
                        (
                            "decided_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "case",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="resolution",
                                to="review.reviewcase",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("severity__isnull", True), ("severity__range", (1, 5)), _connector="OR"
                                ),
                                name="review_resolution_severity",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("escalate", True), models.Q(("crisis_type", "none"), _negated=True)),
                                    ("escalate", False),
                                    _connector="OR",
                                ),
                                name="review_resolution_names_a_crisis",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Judgement",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("correct_type", models.CharField(max_length=32)),
                        ("correct_severity", models.PositiveSmallIntegerField(blank=True, null=True)),
                        ("blind_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "verdict",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("agree", "agree"),
                                    ("should_escalate", "should escalate"),
                                    ("should_not_escalate", "should not escalate"),
                                ],
                                max_length=24,
                            ),
                        ),
                        ("comment", models.TextField(blank=True)),
                        ("judged_at", models.DateTimeField(blank=True, null=True)),
                        ("sha256", models.CharField(blank=True, max_length=64)),
                        ("blind", models.BooleanField(default=True)),
                        ("rubric", models.JSONField(default=dict)),
                        (
                            "expert",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="judgements",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "case",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="judgements",
                                to="review.reviewcase",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["case_id", "pk"],
                        "constraints": [
                            models.UniqueConstraint(fields=("case", "expert"), name="review_judgement_once"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("judged_at__isnull", True), ("sha256", ""), ("verdict", "")),
                                    models.Q(
                                        models.Q(("verdict", ""), _negated=True),
                                        ("judged_at__isnull", False),
                                        models.Q(("sha256", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="review_judgement_whole",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("correct_severity__isnull", True),
                                    ("correct_severity__range", (1, 5)),
                                    _connector="OR",
                                ),
                                name="review_judgement_severity",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DiscussionPost",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("text", models.TextField()),
                        ("written_at", models.DateTimeField()),
                        ("sha256", models.CharField(max_length=64)),
                        (
                            "author",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "case",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="posts",
                                to="review.reviewcase",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["pk"],
                    },
                ),
                migrations.CreateModel(
                    name="Assignment",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.PositiveSmallIntegerField()),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("open", "waiting"),
                                    ("begun", "begun"),
                                    ("done", "judged"),
                                    ("released", "given on"),
                                ],
                                default="open",
                                max_length=10,
                            ),
                        ),
                        ("due_on", models.DateField()),
                        ("assigned_at", models.DateTimeField(auto_now_add=True)),
                        ("released_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "released_for",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("", "none"),
                                    ("away", "the expert is away"),
                                    ("inactive", "the expert no longer judges here"),
                                    ("lapsed", "its day passed"),
                                    ("enough", "enough others judged it"),
                                    ("closed", "the campaign closed"),
                                ],
                                max_length=10,
                            ),
                        ),
                        (
                            "assigned_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "expert",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="review_assignments",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "case",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="assignments",
                                to="review.reviewcase",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["case__position", "number"],
                        "indexes": [models.Index(fields=["expert", "state"], name="review_assignment_load")],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("state", "released"), _negated=True),
                                fields=("case", "number"),
                                name="review_assignment_seat",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("state", "released"), _negated=True),
                                fields=("case", "expert"),
                                name="review_assignment_person",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("number__range", (1, 9))), name="review_assignment_number"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("released_at__isnull", False),
                                        ("state", "released"),
                                        models.Q(("released_for", ""), _negated=True),
                                    ),
                                    models.Q(
                                        models.Q(("state", "released"), _negated=True),
                                        ("released_at__isnull", True),
                                        ("released_for", ""),
                                    ),
                                    _connector="OR",
                                ),
                                name="review_assignment_released_for_a_reason",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CaseRequest",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "crisis_type",
                            models.CharField(
                                choices=[
                                    ("immediate_harm", "Immediate harm"),
                                    ("self_harm", "Self-harm"),
                                    ("substance", "Substance"),
                                    ("panic", "Panic"),
                                    ("psychotic", "Psychotic"),
                                    ("passive_ideation", "Passive ideation"),
                                    ("none", "No crisis"),
                                ],
                                max_length=32,
                            ),
                        ),
                        ("severity", models.PositiveSmallIntegerField(blank=True, null=True)),
                        (
                            "edge_case_kind",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("sarcasm", "Sarcasm"),
                                    ("metaphor", "Metaphor"),
                                    ("cultural_difference", "Cultural difference"),
                                    ("ambiguous_signal", "Ambiguous signal"),
                                ],
                                max_length=32,
                            ),
                        ),
                        ("tags", models.JSONField(default=list)),
                        ("wanted", models.PositiveSmallIntegerField()),
                        ("closed_at", models.DateTimeField(blank=True, null=True)),
                        ("closed_reason", models.CharField(blank=True, max_length=500)),
                        (
                            "closed_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "feedback",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="request",
                                to="review.feedback",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("severity__isnull", True), ("severity__range", (1, 5)), _connector="OR"
                                ),
                                name="review_request_severity",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("wanted__range", (1, 500))), name="review_request_wanted"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("closed_at__isnull", True), ("closed_reason", "")),
                                    models.Q(
                                        ("closed_at__isnull", False), models.Q(("closed_reason", ""), _negated=True)
                                    ),
                                    _connector="OR",
                                ),
                                name="review_request_closed_for_a_reason",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RequestImport",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("named_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "batch",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="case_requests",
                                to="datasets_app.importbatch",
                            ),
                        ),
                        (
                            "named_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "request",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="imports",
                                to="review.caserequest",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["pk"],
                        "constraints": [
                            models.UniqueConstraint(fields=("request", "batch"), name="review_request_import_once")
                        ],
                    },
                ),
            ]
        ),
        append_only("review_signoff", what="sign-offs"),
        append_only("review_fairnessreport", what="fairness reports"),
        append_only("review_edgecasecheck", what="checks of the edge cases"),
        append_only("review_erroropening", what="openings of errors"),
        append_only("review_erroranswer", what="answers to errors"),
        append_only("review_planneddays", what="planned days"),
        append_only("review_discussionpost", what="posts of a discussion"),
        append_only("review_resolution", what="decisions on disputed cases"),
        append_only("review_signoffpolicy", what="policies of sign-off"),
    ]
