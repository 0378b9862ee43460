# The whole chain in one step, for a database from nothing: a table a model, nothing altered afterwards. A database
# that has begun the chain goes on along it (tests/foundation/test_squashed_migrations.py).

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

from pixelhub.tables import CreateTables


class Migration(migrations.Migration):
    replaces = [
        ("annotation", "0001_initial"),
        ("annotation", "0002_rooms_of_annotation"),
        ("annotation", "0003_qualification_watched_from"),
        ("annotation", "0004_rater_models_and_digests"),
        ("annotation", "0005_drafts_returns_and_reviewed_revision"),
        ("annotation", "0006_hard_moments_keep_the_day"),
        ("annotation", "0007_reviewed_difference_has_a_severity"),
        ("annotation", "0008_slots_by_round"),
        ("annotation", "0009_label_imports_and_no_crisis_without_severity"),
        ("annotation", "0010_evidence_search"),
        ("annotation", "0011_guideline_notes"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0002_keys_rotate_and_have_quotas"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("datasets_app", "0003_decided_by_rater_model"),
    ]

    operations = [
        CreateTables(
            [
                migrations.CreateModel(
                    name="Guideline",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("version", models.PositiveIntegerField()),
                        ("title", models.CharField(max_length=200)),
                        ("markdown", models.TextField()),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("draft", "Draft"),
                                    ("approved", "Approved"),
                                    ("retired", "Retired"),
                                    ("withdrawn", "Withdrawn"),
                                ],
                                default="draft",
                                max_length=10,
                            ),
                        ),
                        ("approved_at", models.DateTimeField(blank=True, null=True)),
                        ("approval_comment", models.TextField(blank=True, max_length=2000)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "change_note",
                            models.TextField(
                                blank=True, help_text="What changed since the version before.", max_length=2000
                            ),
                        ),
                        (
                            "relabel_types",
                            models.JSONField(
                                default=list,
                                help_text="Crisis types whose labels under older versions are proposed to be made again.",
                            ),
                        ),
                        (
                            "approved_by",
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
                                related_name="guidelines",
                                to="accounts.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("-version",),
                        "constraints": [
                            models.UniqueConstraint(fields=("project", "version"), name="guideline_version_unique"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("state__in", ("draft", "withdrawn")),
                                    models.Q(("approved_by__isnull", False), ("approved_at__isnull", False)),
                                    _connector="OR",
                                ),
                                name="guideline_approved_by_someone",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("state", "draft")), fields=("project",), name="guideline_one_draft"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HardMoment",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("client_uuid", models.UUIDField(unique=True)),
                        ("wants_contact", models.BooleanField(default=False)),
                        (
                            "created_at",
                            models.DateTimeField(help_text="The day, not the minute: that would name the sample."),
                        ),
                        ("seen_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "annotator",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="hard_moments",
                                to="accounts.project",
                            ),
                        ),
                        (
                            "seen_by",
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
                        "ordering": ("-created_at",),
                    },
                ),
                migrations.CreateModel(
                    name="LabelImport",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "name",
                            models.CharField(help_text="Stands as the source of its suggestions.", max_length=100),
                        ),
                        ("file_name", models.CharField(max_length=200)),
                        ("file_sha256", models.CharField(max_length=64)),
                        ("format", models.CharField(max_length=20)),
                        ("read", models.PositiveIntegerField()),
                        ("accepted", models.PositiveIntegerField()),
                        ("duplicates", models.PositiveIntegerField()),
                        ("refused", models.PositiveIntegerField()),
                        (
                            "suggestions",
                            models.PositiveIntegerField(
                                help_text="How many were made; a conversation may have several labels."
                            ),
                        ),
                        (
                            "reasons",
                            models.JSONField(
                                default=list, help_text="Of the first refused ones: row and reason, no text."
                            ),
                        ),
                        ("refused_key", models.CharField(blank=True, max_length=500)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
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
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="label_imports",
                                to="accounts.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("-pk",),
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "read",
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                models.F("accepted"), "+", models.F("duplicates")
                                            ),
                                            "+",
                                            models.F("refused"),
                                        ),
                                    )
                                ),
                                name="label_import_adds_up",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Suggestion",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "origin",
                            models.CharField(
                                choices=[("model", "A registered model"), ("import", "An imported file")], max_length=10
                            ),
                        ),
                        ("source", models.CharField(help_text="Which model version, or which file.", max_length=200)),
                        ("crisis_type", models.CharField(max_length=32)),
                        ("severity", models.PositiveSmallIntegerField(blank=True, null=True)),
                        ("confidence", models.FloatField(blank=True, null=True)),
                        (
                            "probabilities",
                            models.JSONField(default=dict, help_text="Crisis type to probability, where there is one."),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
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
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="suggestions",
                                to="accounts.project",
                            ),
                        ),
                        (
                            "record",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="suggestions",
                                to="datasets_app.record",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("pk",),
                        "indexes": [models.Index(fields=["project", "source"], name="suggestion_source")],
                        "constraints": [
                            models.UniqueConstraint(fields=("record", "source"), name="suggestion_once_per_source"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("confidence__isnull", True),
                                    models.Q(("confidence__gte", 0), ("confidence__lte", 1)),
                                    _connector="OR",
                                ),
                                name="suggestion_confidence_0_1",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="TypeOptOut",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("crisis_type", models.CharField(max_length=32)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "annotator",
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
                                related_name="type_opt_outs",
                                to="accounts.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("crisis_type",),
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("annotator", "project", "crisis_type"), name="opt_out_once_per_type"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="WorkSession",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("started_at", models.DateTimeField()),
                        ("last_seen_at", models.DateTimeField()),
                        ("ended_at", models.DateTimeField(blank=True, null=True)),
                        ("items", models.PositiveIntegerField(default=0)),
                        ("severe_items", models.PositiveIntegerField(default=0)),
                        ("seconds", models.PositiveIntegerField(default=0)),
                        ("severe_seconds", models.PositiveIntegerField(default=0)),
                        ("points", models.FloatField(default=0.0, help_text="Exposure weighted by severity.")),
                        (
                            "annotator",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="work_sessions",
                                to="accounts.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("-started_at",),
                        "indexes": [
                            models.Index(fields=["project", "annotator", "started_at"], name="work_session_day")
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("ended_at__isnull", True)),
                                fields=("annotator", "project"),
                                name="work_session_one_open",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AnnotationPolicy",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "spans_required",
                            models.BooleanField(
                                default=False, help_text="A crisis label needs a highlighted piece of text."
                            ),
                        ),
                        ("qualification_required", models.BooleanField(default=False)),
                        (
                            "qualification_accuracy",
                            models.FloatField(default=0.85, help_text="Share of expert labels met, at least."),
                        ),
                        (
                            "qualification_kappa",
                            models.FloatField(default=0.8, help_text="Kappa with the experts, at least."),
                        ),
                        (
                            "gold_floor",
                            models.FloatField(
                                default=0.75, help_text="Falling below this on hidden expert labels pauses."
                            ),
                        ),
                        (
                            "gold_window",
                            models.PositiveSmallIntegerField(
                                default=20, help_text="How many of the last hidden ones count."
                            ),
                        ),
                        ("break_after_minutes", models.PositiveSmallIntegerField(default=25)),
                        (
                            "break_after_severe",
                            models.PositiveSmallIntegerField(default=20, help_text="Samples of severity 4 or 5."),
                        ),
                        ("break_minutes", models.PositiveSmallIntegerField(default=5)),
                        (
                            "severe_minutes_per_day",
                            models.PositiveSmallIntegerField(default=120, help_text="At severity 4 or 5: hard limit."),
                        ),
                        (
                            "soft_share",
                            models.FloatField(
                                default=0.8, help_text="From this share of a limit on, a break is offered."
                            ),
                        ),
                        (
                            "severe_in_a_row",
                            models.PositiveSmallIntegerField(
                                default=2, help_text="Calm order: at most so many in a row."
                            ),
                        ),
                        ("updated_at", models.DateTimeField(auto_now=True)),
                        (
                            "project",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="annotation_policy",
                                to="accounts.project",
                            ),
                        ),
                        (
                            "updated_by",
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
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("qualification_accuracy__gte", 0),
                                    ("qualification_accuracy__lte", 1),
                                    ("qualification_kappa__gte", 0),
                                    ("qualification_kappa__lte", 1),
                                    ("gold_floor__gte", 0),
                                    ("gold_floor__lte", 1),
                                    ("soft_share__gt", 0),
                                    ("soft_share__lte", 1),
                                ),
                                name="policy_shares_0_to_1",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("gold_window__gte", 5),
                                    ("break_after_minutes__gte", 1),
                                    ("break_after_severe__gte", 1),
                                    ("break_minutes__gte", 1),
                                    ("severe_minutes_per_day__gte", 1),
                                    ("severe_in_a_row__gte", 1),
                                ),
                                name="policy_limits_positive",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Break",
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
                                choices=[("chosen", "Chosen"), ("offered", "Offered and taken"), ("due", "Due")],
                                max_length=10,
                            ),
                        ),
                        (
                            "reason",
                            models.CharField(blank=True, help_text="Which limit: minutes, severe, day.", max_length=40),
                        ),
                        ("started_at", models.DateTimeField()),
                        ("until", models.DateTimeField()),
                        ("ended_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "annotator",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="annotator_breaks",
                                to="accounts.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("-started_at",),
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("ended_at__isnull", True)),
                                fields=("annotator", "project"),
                                name="break_one_open",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("until__gte", models.F("started_at"))),
                                name="break_ends_after_its_start",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="GoldLabel",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "use",
                            models.CharField(
                                choices=[
                                    ("practice", "Practice"),
                                    ("qualification", "Qualification"),
                                    ("hidden", "Hidden in real work"),
                                ],
                                max_length=16,
                            ),
                        ),
                        ("crisis_type", models.CharField(max_length=32)),
                        ("severity", models.PositiveSmallIntegerField(blank=True, null=True)),
                        (
                            "also_accepted",
                            models.JSONField(default=list, help_text="Other types that an expert would accept."),
                        ),
                        ("rationale", models.TextField(blank=True, max_length=2000)),
                        ("guideline_section", models.CharField(max_length=64)),
                        (
                            "simulated",
                            models.BooleanField(default=False, help_text="Made by a program, for a demonstration."),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("retired_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="gold_labels",
                                to="accounts.project",
                            ),
                        ),
                        (
                            "record",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="gold_labels",
                                to="datasets_app.record",
                            ),
                        ),
                        (
                            "set_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "guideline",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="annotation.guideline"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("pk",),
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("retired_at__isnull", True)),
                                fields=("project", "record"),
                                name="gold_once_per_record",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("crisis_type", "none"), ("severity__isnull", True)),
                                    models.Q(
                                        models.Q(("crisis_type", "none"), _negated=True),
                                        ("severity__isnull", False),
                                        ("severity__gte", 1),
                                        ("severity__lte", 5),
                                    ),
                                    _connector="OR",
                                ),
                                name="gold_severity_fits_type",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="GuidelineNote",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "section",
                            models.CharField(
                                blank=True, help_text="Code of the section; empty: the whole text.", max_length=64
                            ),
                        ),
                        ("text", models.TextField(max_length=2000)),
                        (
                            "state",
                            models.CharField(
                                choices=[("open", "Waiting"), ("taken", "Taken up"), ("dismissed", "Left")],
                                default="open",
                                max_length=10,
                            ),
                        ),
                        ("reason", models.CharField(blank=True, help_text="Why it was left.", max_length=500)),
                        ("written_at", models.DateTimeField(auto_now_add=True)),
                        ("decided_at", models.DateTimeField(blank=True, null=True)),
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
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="guideline_notes",
                                to="accounts.project",
                            ),
                        ),
                        (
                            "taken_in",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="notes_taken_up",
                                to="annotation.guideline",
                            ),
                        ),
                        (
                            "written_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("pk",),
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("decided_at__isnull", True),
                                        ("reason", ""),
                                        ("state", "open"),
                                        ("taken_in__isnull", True),
                                    ),
                                    models.Q(
                                        ("decided_at__isnull", False), ("state", "taken"), ("taken_in__isnull", False)
                                    ),
                                    models.Q(
                                        ("decided_at__isnull", False),
                                        ("state", "dismissed"),
                                        ("taken_in__isnull", True),
                                        models.Q(("reason", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="guideline_note_decided_whole",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="GuidelineReturn",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("text_sha256", models.CharField(max_length=64)),
                        ("comment", models.TextField(max_length=2000)),
                        ("returned_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "guideline",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="returns",
                                to="annotation.guideline",
                            ),
                        ),
                        (
                            "returned_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("-returned_at", "-pk"),
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("guideline", "text_sha256"), name="guideline_returned_once_per_text"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Qualification",
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
                                choices=[
                                    ("new", "Not started"),
                                    ("reading", "Has read the guideline"),
                                    ("practising", "Practising"),
                                    ("taking", "Taking the qualification"),
                                    ("qualified", "Qualified"),
                                    ("failed", "Not passed yet"),
                                    ("paused", "Paused"),
                                ],
                                default="new",
                                max_length=16,
                            ),
                        ),
                        ("paused_at", models.DateTimeField(blank=True, null=True)),
                        ("pause_reason", models.CharField(blank=True, max_length=300)),
                        ("changed_at", models.DateTimeField(auto_now=True)),
                        (
                            "watched_from",
                            models.DateTimeField(
                                blank=True,
                                help_text="Hidden expert labels met or missed before this moment don't count any more.",
                                null=True,
                            ),
                        ),
                        (
                            "annotator",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="annotator_qualifications",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "guideline_read",
                            models.ForeignKey(
                                blank=True,
                                help_text="The version read.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="annotation.guideline",
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="qualifications",
                                to="accounts.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("annotator",),
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("project", "annotator"), name="qualification_once_per_person"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Round",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.PositiveIntegerField()),
                        ("name", models.CharField(max_length=120)),
                        ("overlap", models.PositiveSmallIntegerField(default=2)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("draft", "Draft"),
                                    ("open", "Open"),
                                    ("closed", "Closed"),
                                    ("published", "Published"),
                                ],
                                default="draft",
                                max_length=10,
                            ),
                        ),
                        ("seed", models.PositiveIntegerField(default=0)),
                        ("simulated", models.BooleanField(default=False)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("opened_at", models.DateTimeField(blank=True, null=True)),
                        ("closed_at", models.DateTimeField(blank=True, null=True)),
                        ("calm", models.BooleanField(default=True, help_text="Spread difficult samples out.")),
                        (
                            "gold_share",
                            models.FloatField(
                                default=0.0, help_text="Hidden expert-labelled samples per sample, 0 to 0.2."
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("work", "Labelling"),
                                    ("practice", "Practice"),
                                    ("qualification", "Qualification"),
                                    ("relabel", "Labelling again"),
                                    ("retraining", "Retraining"),
                                ],
                                default="work",
                                max_length=16,
                            ),
                        ),
                        (
                            "ordering",
                            models.CharField(
                                choices=[
                                    ("shuffled", "Shuffled"),
                                    ("uncertainty", "What the model is unsure of first"),
                                    ("disagreement", "Where suggestions disagree first"),
                                    ("rarity", "Rare types first"),
                                ],
                                default="shuffled",
                                max_length=16,
                            ),
                        ),
                        (
                            "overlap_share",
                            models.FloatField(
                                default=1.0, help_text="Share of the samples that get `overlap` labels, 0 to 1."
                            ),
                        ),
                        (
                            "repeat_share",
                            models.FloatField(default=0.0, help_text="Hidden repeats per label, 0 to 0.2."),
                        ),
                        (
                            "suggestions_from",
                            models.CharField(
                                blank=True,
                                help_text="Whose suggestions are shown after the blind label; empty: nobody's.",
                                max_length=200,
                            ),
                        ),
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
                            "guideline",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="rounds",
                                to="annotation.guideline",
                            ),
                        ),
                        (
                            "parent",
                            models.ForeignKey(
                                blank=True,
                                help_text="The round that this one follows from: its retraining, or its samples labelled again.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="children",
                                to="annotation.round",
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="rounds",
                                to="accounts.project",
                            ),
                        ),
                        (
                            "snapshot",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="rounds",
                                to="datasets_app.labelsnapshot",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("-number",),
                        "constraints": [
                            models.UniqueConstraint(fields=("project", "number"), name="round_number_unique"),
                            models.CheckConstraint(
                                condition=models.Q(("overlap__gte", 1), ("overlap__lte", 10)),
                                name="round_overlap_1_to_10",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("overlap_share__gte", 0),
                                    ("overlap_share__lte", 1),
                                    ("gold_share__gte", 0),
                                    ("gold_share__lte", 0.2),
                                    ("repeat_share__gte", 0),
                                    ("repeat_share__lte", 0.2),
                                ),
                                name="round_shares_in_range",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Batch",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.PositiveSmallIntegerField()),
                        ("due_on", models.DateField(blank=True, null=True)),
                        (
                            "round",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="batches",
                                to="annotation.round",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("round", "number"),
                        "constraints": [
                            models.UniqueConstraint(fields=("round", "number"), name="batch_number_unique")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RaterModelFit",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "model",
                            models.CharField(choices=[("dawid_skene", "Dawid-Skene"), ("mace", "MACE")], max_length=16),
                        ),
                        ("fitted_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "figures",
                            models.JSONField(help_text="Labels, share of each type, trust in each rater by pseudonym."),
                        ),
                        (
                            "round",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="rater_model_fits",
                                to="annotation.round",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("model",),
                        "constraints": [
                            models.UniqueConstraint(fields=("round", "model"), name="rater_model_fitted_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="QualificationAttempt",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("items", models.PositiveIntegerField()),
                        ("accuracy", models.FloatField()),
                        ("kappa", models.FloatField(blank=True, null=True)),
                        ("figures", models.JSONField(default=dict, help_text="Intervals and figures per type.")),
                        ("passed", models.BooleanField()),
                        ("finished_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "qualification",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="attempts",
                                to="annotation.qualification",
                            ),
                        ),
                        (
                            "round",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="qualification_attempts",
                                to="annotation.round",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("-finished_at", "-pk"),
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("qualification", "round"), name="qualification_attempt_once_per_round"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AgreementResult",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("computed_at", models.DateTimeField(auto_now_add=True)),
                        ("figures", models.JSONField()),
                        (
                            "round",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="agreement_results",
                                to="annotation.round",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("-computed_at", "-pk"),
                    },
                ),
                migrations.CreateModel(
                    name="RoundAnnotator",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "digest_read_at",
                            models.DateTimeField(
                                blank=True,
                                help_text="When this person opened their digest of the decided round.",
                                null=True,
                            ),
                        ),
                        (
                            "annotator",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "round",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="round_annotators",
                                to="annotation.round",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("round", "annotator"), name="round_annotator_unique")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RoundItem",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("position", models.PositiveIntegerField()),
                        ("hint_severity", models.PositiveSmallIntegerField(blank=True, null=True)),
                        ("hint_type", models.CharField(blank=True, max_length=32)),
                        (
                            "labels_wanted",
                            models.PositiveSmallIntegerField(
                                default=2, help_text="How many people are asked to label it."
                            ),
                        ),
                        (
                            "purpose",
                            models.CharField(
                                choices=[("work", "Work"), ("gold", "Expert-labelled"), ("repeat", "Repeat")],
                                default="work",
                                max_length=8,
                            ),
                        ),
                        (
                            "by_chance",
                            models.BooleanField(
                                default=True,
                                help_text="Its place owes nothing to what a model or a rule says: fit for unbiased estimates.",
                            ),
                        ),
                        (
                            "batch",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="items",
                                to="annotation.batch",
                            ),
                        ),
                        (
                            "gold",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="round_items",
                                to="annotation.goldlabel",
                            ),
                        ),
                        (
                            "record",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="round_items",
                                to="datasets_app.record",
                            ),
                        ),
                        (
                            "repeat_of",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="repeats",
                                to="annotation.rounditem",
                            ),
                        ),
                        (
                            "round",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="items", to="annotation.round"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("position",),
                        "constraints": [
                            models.UniqueConstraint(fields=("round", "position"), name="round_item_position_unique"),
                            models.UniqueConstraint(
                                condition=models.Q(("purpose", "repeat"), _negated=True),
                                fields=("round", "record"),
                                name="round_item_record_unique",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("purpose", "repeat"), ("repeat_of__isnull", False)),
                                    models.Q(
                                        models.Q(("purpose", "repeat"), _negated=True), ("repeat_of__isnull", True)
                                    ),
                                    _connector="OR",
                                ),
                                name="round_item_repeat_of_something",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("purpose", "gold"), _negated=True),
                                    ("gold__isnull", False),
                                    _connector="OR",
                                ),
                                name="round_item_gold_has_a_label",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RaterModelVote",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("crisis_type", models.CharField(max_length=32)),
                        ("confidence", models.FloatField()),
                        ("against_votes", models.BooleanField(help_text="Not a type with the most votes.")),
                        (
                            "fit",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="votes",
                                to="annotation.ratermodelfit",
                            ),
                        ),
                        (
                            "item",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="rater_model_votes",
                                to="annotation.rounditem",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("pk",),
                        "constraints": [
                            models.UniqueConstraint(fields=("fit", "item"), name="rater_model_vote_once"),
                            models.CheckConstraint(
                                condition=models.Q(("confidence__gte", 0), ("confidence__lte", 1)),
                                name="rater_model_confidence_0_1",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Flag",
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
                                choices=[("clinical", "For the clinical lead"), ("pii", "Personal data in the text")],
                                max_length=10,
                            ),
                        ),
                        ("note", models.CharField(blank=True, max_length=500)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("resolution", models.CharField(blank=True, max_length=500)),
                        ("resolved_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "annotator",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "resolved_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "item",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="flags",
                                to="annotation.rounditem",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("-created_at",),
                        "constraints": [
                            models.UniqueConstraint(fields=("item", "annotator", "kind"), name="flag_once_per_kind"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("resolved_at__isnull", True), ("resolved_by__isnull", False), _connector="OR"
                                ),
                                name="flag_resolved_by_someone",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AdjudicationSeat",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("until", models.DateTimeField()),
                        (
                            "person",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "item",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="adjudication_seat",
                                to="annotation.rounditem",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="AdjudicationRevision",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("crisis_type", models.CharField(max_length=32)),
                        ("severity", models.PositiveSmallIntegerField(blank=True, null=True)),
                        ("is_edge_case", models.BooleanField(default=False)),
                        ("edge_case_kind", models.CharField(blank=True, max_length=32)),
                        ("reason", models.TextField(max_length=2000)),
                        ("guideline_section", models.CharField(max_length=64)),
                        ("decided_at", models.DateTimeField()),
                        ("version", models.PositiveIntegerField(default=1)),
                        (
                            "overrides",
                            models.BooleanField(
                                default=False,
                                help_text="By clinical authority, over agreeing annotators or over another's decision.",
                            ),
                        ),
                        (
                            "decided_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "item",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="adjudication_revisions",
                                to="annotation.rounditem",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("item", "version"),
                        "constraints": [
                            models.UniqueConstraint(fields=("item", "version"), name="adjudication_version_unique")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Adjudication",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("crisis_type", models.CharField(max_length=32)),
                        ("severity", models.PositiveSmallIntegerField(blank=True, null=True)),
                        ("is_edge_case", models.BooleanField(default=False)),
                        ("edge_case_kind", models.CharField(blank=True, max_length=32)),
                        ("reason", models.TextField(max_length=2000)),
                        ("guideline_section", models.CharField(max_length=64)),
                        ("decided_at", models.DateTimeField()),
                        ("version", models.PositiveIntegerField(default=1)),
                        (
                            "overrides",
                            models.BooleanField(
                                default=False,
                                help_text="By clinical authority, over agreeing annotators or over another's decision.",
                            ),
                        ),
                        (
                            "decided_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "item",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="adjudication",
                                to="annotation.rounditem",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("item__position",),
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("crisis_type", "none"), ("severity__isnull", True)),
                                    models.Q(
                                        models.Q(("crisis_type", "none"), _negated=True),
                                        ("severity__isnull", False),
                                        ("severity__gte", 1),
                                        ("severity__lte", 5),
                                    ),
                                    _connector="OR",
                                ),
                                name="adjudication_severity_fits_type",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Slot",
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
                                    ("free", "Free"),
                                    ("leased", "Leased"),
                                    ("done", "Done"),
                                    ("skipped", "Skipped"),
                                ],
                                default="free",
                                max_length=10,
                            ),
                        ),
                        ("lease_until", models.DateTimeField(blank=True, null=True)),
                        ("skip_reason", models.CharField(blank=True, max_length=200)),
                        ("rank", models.BigIntegerField(default=0)),
                        (
                            "claimed_at",
                            models.DateTimeField(
                                blank=True, help_text="When its holder got it: the order of reading.", null=True
                            ),
                        ),
                        (
                            "annotator",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "item",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="slots",
                                to="annotation.rounditem",
                            ),
                        ),
                        (
                            "reserved_for",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "round",
                            models.ForeignKey(
                                editable=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="slots",
                                to="annotation.round",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("item__position", "number"),
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state", "free")),
                                fields=["round", "rank", "item"],
                                name="slot_next_free",
                            ),
                            models.Index(
                                condition=models.Q(("state", "leased")),
                                fields=["round", "lease_until"],
                                name="slot_leased",
                            ),
                            models.Index(fields=["annotator", "round", "claimed_at", "state"], name="slot_of_person"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("item", "number"), name="slot_number_unique"),
                            models.UniqueConstraint(fields=("item", "annotator"), name="slot_annotator_unique"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("annotator__isnull", True), ("state", "free")),
                                    models.Q(models.Q(("state", "free"), _negated=True), ("annotator__isnull", False)),
                                    _connector="OR",
                                ),
                                name="slot_free_or_held",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Annotation",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("crisis_type", models.CharField(max_length=32)),
                        ("secondary_types", models.JSONField(default=list)),
                        ("severity", models.PositiveSmallIntegerField(blank=True, null=True)),
                        ("confidence", models.FloatField()),
                        ("is_edge_case", models.BooleanField(default=False)),
                        ("edge_case_kind", models.CharField(blank=True, max_length=32)),
                        ("spans", models.JSONField(default=list)),
                        ("about_someone_else", models.BooleanField(default=False)),
                        ("uncertain", models.BooleanField(default=False)),
                        ("note", models.TextField(blank=True, max_length=2000)),
                        ("seconds_spent", models.PositiveIntegerField(default=0)),
                        ("submitted_at", models.DateTimeField()),
                        ("revision", models.PositiveIntegerField(default=1)),
                        ("payload_sha256", models.CharField(max_length=64)),
                        ("sha256", models.CharField(max_length=64)),
                        ("prev_sha256", models.CharField(blank=True, max_length=64)),
                        ("client_uuid", models.UUIDField(unique=True)),
                        (
                            "annotator",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "guideline",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="annotation.guideline"
                            ),
                        ),
                        (
                            "item",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="annotations",
                                to="annotation.rounditem",
                            ),
                        ),
                        (
                            "slot",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="annotation",
                                to="annotation.slot",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("-submitted_at", "-pk"),
                        "indexes": [models.Index(fields=["sha256"], name="annotation_sha256")],
                        "constraints": [
                            models.UniqueConstraint(fields=("item", "annotator"), name="annotation_once_per_person"),
                            models.CheckConstraint(
                                condition=models.Q(("confidence__gte", 0), ("confidence__lte", 1)),
                                name="annotation_confidence_0_1",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("crisis_type", "none"), ("severity__isnull", True)),
                                    models.Q(
                                        models.Q(("crisis_type", "none"), _negated=True),
                                        ("severity__isnull", False),
                                        ("severity__gte", 1),
                                        ("severity__lte", 5),
                                    ),
                                    _connector="OR",
                                ),
                                name="annotation_severity_fits_type",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="QualityReview",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "verdict",
                            models.CharField(
                                choices=[
                                    ("pending", "Waiting"),
                                    ("agreed", "Agreed"),
                                    ("minor", "Small difference"),
                                    ("major", "Different judgement"),
                                ],
                                default="pending",
                                max_length=10,
                            ),
                        ),
                        (
                            "crisis_type",
                            models.CharField(blank=True, help_text="What the reviewer would choose.", max_length=32),
                        ),
                        ("severity", models.PositiveSmallIntegerField(blank=True, null=True)),
                        ("guideline_section", models.CharField(blank=True, max_length=64)),
                        ("comment", models.TextField(blank=True, max_length=2000)),
                        ("drawn_at", models.DateTimeField(auto_now_add=True)),
                        ("reviewed_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "read_at",
                            models.DateTimeField(blank=True, help_text="When the annotator opened it.", null=True),
                        ),
                        (
                            "answer",
                            models.TextField(blank=True, help_text="What the annotator says to it.", max_length=2000),
                        ),
                        (
                            "revision",
                            models.PositiveIntegerField(
                                blank=True,
                                help_text="Which revision of the label was judged; a label of an open round may change.",
                                null=True,
                            ),
                        ),
                        (
                            "annotation",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="quality_review",
                                to="annotation.annotation",
                            ),
                        ),
                        (
                            "batch",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="quality_reviews",
                                to="annotation.batch",
                            ),
                        ),
                        (
                            "drawn_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "reviewer",
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
                        "ordering": ("drawn_at", "pk"),
                        "indexes": [models.Index(fields=["verdict"], name="quality_review_verdict")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("reviewer__isnull", True), ("verdict", "pending")),
                                    models.Q(
                                        models.Q(("verdict", "pending"), _negated=True),
                                        ("reviewer__isnull", False),
                                        ("reviewed_at__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="quality_review_by_someone",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("verdict__in", ("minor", "major")), _negated=True),
                                    models.Q(("crisis_type", "none"), ("severity__isnull", True)),
                                    models.Q(
                                        models.Q(("crisis_type__in", ("", "none")), _negated=True),
                                        ("severity__gte", 1),
                                        ("severity__isnull", False),
                                        ("severity__lte", 5),
                                    ),
                                    _connector="OR",
                                ),
                                name="quality_difference_says_what_else",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RelabelProposal",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("section", models.CharField(max_length=64)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("proposed", "Proposed"),
                                    ("accepted", "In a round"),
                                    ("dismissed", "Dismissed"),
                                ],
                                default="proposed",
                                max_length=10,
                            ),
                        ),
                        ("decided_at", models.DateTimeField(blank=True, null=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("reason", models.CharField(blank=True, help_text="Why it was dismissed.", max_length=500)),
                        (
                            "annotation",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="relabel_proposals",
                                to="annotation.annotation",
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
                            "guideline",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="relabel_proposals",
                                to="annotation.guideline",
                            ),
                        ),
                        (
                            "round",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="relabel_proposals",
                                to="annotation.round",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("pk",),
                        "indexes": [models.Index(fields=["guideline", "state"], name="relabel_state")],
                        "constraints": [
                            models.UniqueConstraint(fields=("guideline", "annotation"), name="relabel_proposed_once"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "dismissed"), _negated=True),
                                    models.Q(("reason", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="relabel_dismissed_for_a_reason",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SuggestionView",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("agreed_before", models.BooleanField(help_text="The blind label named the suggested type.")),
                        (
                            "switched",
                            models.BooleanField(
                                default=False, help_text="The type was changed after seeing the suggestion."
                            ),
                        ),
                        ("shown_at", models.DateTimeField()),
                        (
                            "annotation",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="suggestion_view",
                                to="annotation.annotation",
                            ),
                        ),
                        (
                            "suggestion",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="views",
                                to="annotation.suggestion",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("pk",),
                    },
                ),
                migrations.CreateModel(
                    name="AnnotationRevision",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("crisis_type", models.CharField(max_length=32)),
                        ("secondary_types", models.JSONField(default=list)),
                        ("severity", models.PositiveSmallIntegerField(blank=True, null=True)),
                        ("confidence", models.FloatField()),
                        ("is_edge_case", models.BooleanField(default=False)),
                        ("edge_case_kind", models.CharField(blank=True, max_length=32)),
                        ("spans", models.JSONField(default=list)),
                        ("about_someone_else", models.BooleanField(default=False)),
                        ("uncertain", models.BooleanField(default=False)),
                        ("note", models.TextField(blank=True, max_length=2000)),
                        ("seconds_spent", models.PositiveIntegerField(default=0)),
                        ("submitted_at", models.DateTimeField()),
                        ("revision", models.PositiveIntegerField(default=1)),
                        ("payload_sha256", models.CharField(max_length=64)),
                        ("sha256", models.CharField(max_length=64)),
                        ("prev_sha256", models.CharField(blank=True, max_length=64)),
                        ("client_uuid", models.UUIDField(unique=True)),
                        (
                            "after_suggestion",
                            models.BooleanField(default=False, help_text="Changed after a suggestion was shown."),
                        ),
                        (
                            "annotation",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="revisions",
                                to="annotation.annotation",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("annotation", "revision"),
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("annotation", "revision"), name="annotation_revision_unique"
                            )
                        ],
                    },
                ),
            ]
        ),
    ]
