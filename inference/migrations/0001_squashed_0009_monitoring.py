# The whole chain in one step, for a database from nothing: a table a model, nothing altered afterwards. A database
# that has begun the chain goes on along it (tests/foundation/test_squashed_migrations.py).

import uuid

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import inference.models.webhooks
from pixelhub.audit.append_only import append_only
from pixelhub.tables import CreateTables


class Migration(migrations.Migration):
    replaces = [
        ("inference", "0001_initial"),
        ("inference", "0002_idempotent_answers"),
        ("inference", "0003_crisis_cases"),
        ("inference", "0004_sessions"),
        ("inference", "0005_integration_runs"),
        ("inference", "0006_signoff_voids"),
        ("inference", "0007_contact_checks"),
        ("inference", "0008_score_model_score_and_size"),
        ("inference", "0009_monitoring"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0002_keys_rotate_and_have_quotas"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("jobs", "0001_initial"),
        ("training_app", "0001_initial"),
    ]

    operations = [
        CreateTables(
            [
                migrations.CreateModel(
                    name="CaseWatch",
                    fields=[
                        ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                        ("looked_at", models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name="MonitorWatch",
                    fields=[
                        ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                        ("counted_at", models.DateTimeField(null=True)),
                        ("judged_at", models.DateTimeField(null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="CasePolicy",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("version", models.PositiveIntegerField(default=0)),
                        ("opens_urgent", models.BooleanField(default=True)),
                        ("opens_severe", models.BooleanField(default=True)),
                        ("opens_unread", models.BooleanField(default=True)),
                        ("opens_console", models.BooleanField(default=True)),
                        (
                            "emergency_acknowledge",
                            models.PositiveSmallIntegerField(
                                default=5,
                                validators=[
                                    django.core.validators.MinValueValidator(1),
                                    django.core.validators.MaxValueValidator(10080),
                                ],
                            ),
                        ),
                        (
                            "emergency_verify",
                            models.PositiveSmallIntegerField(
                                default=15,
                                validators=[
                                    django.core.validators.MinValueValidator(1),
                                    django.core.validators.MaxValueValidator(10080),
                                ],
                            ),
                        ),
                        (
                            "urgent_acknowledge",
                            models.PositiveSmallIntegerField(
                                default=15,
                                validators=[
                                    django.core.validators.MinValueValidator(1),
                                    django.core.validators.MaxValueValidator(10080),
                                ],
                            ),
                        ),
                        (
                            "urgent_verify",
                            models.PositiveSmallIntegerField(
                                default=60,
                                validators=[
                                    django.core.validators.MinValueValidator(1),
                                    django.core.validators.MaxValueValidator(10080),
                                ],
                            ),
                        ),
                        (
                            "severe_acknowledge",
                            models.PositiveSmallIntegerField(
                                default=60,
                                validators=[
                                    django.core.validators.MinValueValidator(1),
                                    django.core.validators.MaxValueValidator(10080),
                                ],
                            ),
                        ),
                        (
                            "severe_verify",
                            models.PositiveSmallIntegerField(
                                default=240,
                                validators=[
                                    django.core.validators.MinValueValidator(1),
                                    django.core.validators.MaxValueValidator(10080),
                                ],
                            ),
                        ),
                        (
                            "unread_acknowledge",
                            models.PositiveSmallIntegerField(
                                default=60,
                                validators=[
                                    django.core.validators.MinValueValidator(1),
                                    django.core.validators.MaxValueValidator(10080),
                                ],
                            ),
                        ),
                        (
                            "unread_verify",
                            models.PositiveSmallIntegerField(
                                default=240,
                                validators=[
                                    django.core.validators.MinValueValidator(1),
                                    django.core.validators.MaxValueValidator(10080),
                                ],
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                        (
                            "created_by",
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
                                related_name="case_policies",
                                to="accounts.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["project", "-version"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("project", "version"), name="inference_case_policy_versions"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("emergency_acknowledge__gte", 1),
                                    ("emergency_acknowledge__lte", models.F("emergency_verify")),
                                ),
                                name="inference_case_policy_emergency_in_order",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("urgent_acknowledge__gte", 1),
                                    ("urgent_acknowledge__lte", models.F("urgent_verify")),
                                ),
                                name="inference_case_policy_urgent_in_order",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("severe_acknowledge__gte", 1),
                                    ("severe_acknowledge__lte", models.F("severe_verify")),
                                ),
                                name="inference_case_policy_severe_in_order",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("unread_acknowledge__gte", 1),
                                    ("unread_acknowledge__lte", models.F("unread_verify")),
                                ),
                                name="inference_case_policy_unread_in_order",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ContactCheck",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("entry", models.CharField(max_length=16)),
                        ("country", models.CharField(blank=True, max_length=2)),
                        ("kind", models.CharField(max_length=32)),
                        ("name", models.CharField(max_length=200)),
                        ("contact", models.CharField(max_length=200)),
                        (
                            "result",
                            models.CharField(
                                choices=[
                                    ("right", "It is right"),
                                    ("wrong", "It is wrong: nobody may be told to call it"),
                                ],
                                max_length=8,
                            ),
                        ),
                        (
                            "how",
                            models.CharField(
                                choices=[("source", "Looked up at its source"), ("call", "Called")], max_length=8
                            ),
                        ),
                        ("checked_on", models.DateField()),
                        ("note", models.CharField(blank=True, max_length=500)),
                        ("recorded_at", models.DateTimeField(default=django.utils.timezone.now)),
                        (
                            "checked_by",
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
                                related_name="contact_checks",
                                to="accounts.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["project", "recorded_at", "pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("result", "right"), models.Q(("note", ""), _negated=True), _connector="OR"
                                ),
                                name="inference_contact_check_says_what_is_wrong",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("result__in", ["right", "wrong"]), ("how__in", ["source", "call"])),
                                name="inference_contact_check_choices",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ConversationSession",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("conversation_id", models.CharField(blank=True, max_length=64)),
                        ("locale", models.CharField(blank=True, max_length=40)),
                        (
                            "retention",
                            models.CharField(
                                choices=[
                                    ("none", "nothing"),
                                    ("window", "the last ten messages while open"),
                                    ("transcript", "all messages, by policy"),
                                ],
                                max_length=10,
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[("open", "Open"), ("ended", "Ended")], default="open", max_length=10
                            ),
                        ),
                        ("end_reason", models.CharField(blank=True, max_length=20)),
                        ("turns", models.PositiveIntegerField(default=0)),
                        ("alert_level", models.CharField(default="none", max_length=16)),
                        ("peak_level", models.CharField(default="none", max_length=16)),
                        ("resolved_through", models.PositiveIntegerField(default=0)),
                        ("started_at", models.DateTimeField(default=django.utils.timezone.now)),
                        ("last_turn_at", models.DateTimeField(null=True)),
                        ("expires_at", models.DateTimeField()),
                        ("ended_at", models.DateTimeField(null=True)),
                        ("text_until", models.DateTimeField(null=True)),
                        (
                            "api_key",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="sessions",
                                to="accounts.apikey",
                            ),
                        ),
                        (
                            "opened_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="sessions_tried",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="sessions",
                                to="accounts.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-started_at", "-id"],
                        "indexes": [
                            models.Index(fields=["project", "-started_at"], name="inference_session_started"),
                            models.Index(fields=["state", "expires_at"], name="inference_session_expires"),
                            models.Index(fields=["text_until"], name="inference_session_text_until"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(
                                    ("opened_by", None),
                                    ("state", "open"),
                                    models.Q(("conversation_id", ""), _negated=True),
                                ),
                                fields=("project", "conversation_id"),
                                name="inference_session_one_open_per_reference",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("ended_at", None), ("state", "open")),
                                    models.Q(("ended_at__isnull", False), ("state", "ended")),
                                    _connector="OR",
                                ),
                                name="inference_session_ended_with_time",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("resolved_through__lte", models.F("turns"))),
                                name="inference_session_resolved_what_was",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Deployment",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("bundle_sha256", models.CharField(max_length=64)),
                        ("signoff", models.JSONField()),
                        ("activated_at", models.DateTimeField(default=django.utils.timezone.now)),
                        ("retired_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "activated_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="deployments_activated",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "model_version",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="deployments",
                                to="training_app.modelversion",
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="deployments",
                                to="accounts.project",
                            ),
                        ),
                        (
                            "retired_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="deployments_retired",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-activated_at", "-pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("retired_at__isnull", True)),
                                fields=("project",),
                                name="inference_one_active_per_project",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("retired_at__isnull", True),
                                    ("retired_at__gte", models.F("activated_at")),
                                    _connector="OR",
                                ),
                                name="inference_deployment_retired_after_activation",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="IdempotentAnswer",
                    fields=[
                        ("key_hash", models.CharField(max_length=64, primary_key=True, serialize=False)),
                        ("fingerprint", models.CharField(max_length=64)),
                        ("body", models.BinaryField()),
                        ("at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                        (
                            "api_key",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.apikey"
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="LoadSlot",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "seconds",
                            models.PositiveSmallIntegerField(choices=[(300, "Five minutes"), (3600, "An hour")]),
                        ),
                        ("start", models.DateTimeField()),
                        ("items", models.PositiveIntegerField(default=0)),
                        ("batch_times", models.JSONField(default=dict)),
                        ("most_waiting", models.PositiveIntegerField(default=0)),
                        ("longest_wait_ms", models.FloatField(default=0)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("seconds", "start"), name="inference_one_slot_of_load")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RefusalSlot",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "seconds",
                            models.PositiveSmallIntegerField(choices=[(300, "Five minutes"), (3600, "An hour")]),
                        ),
                        ("start", models.DateTimeField()),
                        ("status", models.PositiveSmallIntegerField()),
                        ("code", models.CharField(max_length=32)),
                        ("count", models.PositiveIntegerField(default=0)),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="refusal_slots",
                                to="accounts.project",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["seconds", "start"], name="inference_refusal_slot_age")],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("project", "seconds", "start", "status", "code"),
                                name="inference_one_slot_of_refusals",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ScoreBatch",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("count", models.PositiveIntegerField()),
                        ("digest", models.CharField(max_length=64)),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                        (
                            "counted",
                            models.BooleanField(default=False, help_text="Its rows are in the figures (AnswerSlot)."),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="score_batches",
                                to="accounts.project",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("counted", False)),
                                fields=["created_at"],
                                name="inference_batch_to_count",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SessionPolicy",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "window_allowed",
                            models.BooleanField(
                                default=True, help_text="Keep the last ten messages, sealed, while a session is open."
                            ),
                        ),
                        (
                            "idle_minutes",
                            models.PositiveIntegerField(
                                default=30, help_text="A session without a turn for this long ends, and its words go."
                            ),
                        ),
                        (
                            "transcripts_until",
                            models.DateTimeField(
                                blank=True,
                                help_text="Until then, sessions may be opened that keep all their words.",
                                null=True,
                            ),
                        ),
                        (
                            "transcripts_keep_days",
                            models.PositiveIntegerField(
                                default=7, help_text="Days after a session's end for which its words stay."
                            ),
                        ),
                        ("transcripts_reason", models.CharField(blank=True, max_length=300)),
                        ("decided_at", models.DateTimeField(default=django.utils.timezone.now)),
                        (
                            "decided_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "project",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="session_policy",
                                to="accounts.project",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("idle_minutes__gte", 1), ("idle_minutes__lte", 1440)),
                                name="inference_session_policy_idle",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("transcripts_keep_days__gte", 1), ("transcripts_keep_days__lte", 90)
                                ),
                                name="inference_session_policy_keep",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("transcripts_until__isnull", True),
                                    models.Q(("transcripts_reason", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="inference_session_policy_reason",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SignoffVoid",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("evidence_sha256", models.CharField(max_length=64)),
                        ("bundle_sha256", models.CharField(max_length=64)),
                        ("reason", models.TextField()),
                        ("voided_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="signoff_voids",
                                to="accounts.project",
                            ),
                        ),
                        (
                            "voided_by",
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
                        "ordering": ["-voided_at", "-pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("project", "evidence_sha256"), name="inference_signoff_void_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("evidence_sha256", ""), _negated=True),
                                    models.Q(("reason", ""), _negated=True),
                                ),
                                name="inference_signoff_void_whole",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Webhook",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("url", models.CharField(max_length=500)),
                        ("salt", models.CharField(default=inference.models.webhooks.new_salt, max_length=32)),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                        ("failures", models.PositiveIntegerField(default=0, help_text="Deliveries given up in a row.")),
                        ("disabled_at", models.DateTimeField(blank=True, null=True)),
                        ("removed_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "created_by",
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
                                related_name="webhooks",
                                to="accounts.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["project", "-pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("removed_at__isnull", True)),
                                fields=("project",),
                                name="inference_one_webhook_per_project",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Alert",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("rule", models.CharField(max_length=40)),
                        (
                            "level",
                            models.CharField(choices=[("warning", "Warning"), ("critical", "Critical")], max_length=8),
                        ),
                        ("value", models.FloatField(help_text="Where it was found.")),
                        ("worst", models.FloatField(help_text="The furthest that it went.")),
                        ("latest", models.FloatField(help_text="At the last look.")),
                        ("limit", models.FloatField()),
                        ("opened_at", models.DateTimeField(default=django.utils.timezone.now)),
                        ("seen_at", models.DateTimeField(help_text="When the figure was last past its limit.")),
                        ("well_since", models.DateTimeField(null=True)),
                        ("acknowledged_at", models.DateTimeField(null=True)),
                        ("note", models.CharField(blank=True, max_length=500)),
                        ("ended_at", models.DateTimeField(null=True)),
                        (
                            "ended",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("well", "Well again"),
                                    ("raised", "Became critical"),
                                    ("no_data", "Nothing to judge for a day"),
                                ],
                                max_length=8,
                            ),
                        ),
                        (
                            "acknowledged_by",
                            models.ForeignKey(
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
                                related_name="alerts",
                                to="accounts.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-opened_at", "-pk"],
                        "indexes": [models.Index(fields=["project", "-opened_at"], name="inference_alert_project")],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("ended_at", None)),
                                fields=("project", "rule"),
                                name="inference_one_open_alert_per_rule",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("acknowledged_at", None), ("acknowledged_by", None), ("note", "")),
                                    models.Q(
                                        ("acknowledged_at__isnull", False),
                                        ("acknowledged_by__isnull", False),
                                        models.Q(("note", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="inference_alert_acknowledged_with_a_note",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("ended", ""), ("ended_at", None)),
                                    models.Q(
                                        ("ended_at__gte", models.F("opened_at")), models.Q(("ended", ""), _negated=True)
                                    ),
                                    _connector="OR",
                                ),
                                name="inference_alert_ends_for_a_reason",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("level__in", ["warning", "critical"])),
                                name="inference_alert_level_known",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AlertLimits",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("version", models.PositiveIntegerField()),
                        ("limits", models.JSONField()),
                        ("reason", models.CharField(max_length=500)),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                        (
                            "created_by",
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
                                related_name="alert_limits",
                                to="accounts.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["project", "-version"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("project", "version"), name="inference_alert_limits_versions"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("reason", ""), _negated=True),
                                name="inference_alert_limits_have_a_reason",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AnswerSlot",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "seconds",
                            models.PositiveSmallIntegerField(choices=[(300, "Five minutes"), (3600, "An hour")]),
                        ),
                        ("start", models.DateTimeField()),
                        ("model_version", models.CharField(max_length=64)),
                        ("answers", models.PositiveIntegerField(default=0)),
                        ("degraded", models.PositiveIntegerField(default=0)),
                        ("raised_by_rules", models.PositiveIntegerField(default=0)),
                        ("gate_violations", models.PositiveIntegerField(default=0)),
                        ("bias_findings", models.PositiveIntegerField(default=0)),
                        ("verdicts", models.JSONField(default=dict)),
                        ("levels", models.JSONField(default=dict)),
                        ("reasons", models.JSONField(default=dict)),
                        ("latencies", models.JSONField(default=dict)),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="answer_slots",
                                to="accounts.project",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["seconds", "start"], name="inference_answer_slot_age")],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("project", "seconds", "start", "model_version"),
                                name="inference_one_slot_of_answers",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ConversationTurn",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.PositiveIntegerField()),
                        ("turn_id", models.UUIDField(null=True)),
                        ("role", models.CharField(max_length=10)),
                        ("fingerprint", models.CharField(max_length=64)),
                        ("text", models.BinaryField(null=True)),
                        ("evidence_id", models.UUIDField()),
                        ("score", models.FloatField(null=True)),
                        ("crisis", models.BooleanField(null=True)),
                        ("crisis_type", models.CharField(max_length=32)),
                        ("severity", models.PositiveSmallIntegerField(null=True)),
                        ("band", models.CharField(max_length=16)),
                        ("alert_level", models.CharField(max_length=16)),
                        ("raised_by_trend", models.BooleanField(default=False)),
                        ("degraded", models.BooleanField(default=False)),
                        ("reason", models.CharField(blank=True, max_length=200)),
                        ("risk_slope", models.FloatField(null=True)),
                        ("risk_direction", models.CharField(max_length=10)),
                        ("eq", models.JSONField(null=True)),
                        ("eq_direction", models.CharField(max_length=10)),
                        ("bias", models.JSONField(default=list)),
                        ("safety", models.FloatField(null=True)),
                        ("analysis", models.JSONField(default=dict)),
                        ("at", models.DateTimeField(default=django.utils.timezone.now)),
                        (
                            "session",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="turn_rows",
                                to="inference.conversationsession",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["session", "number"],
                        "constraints": [
                            models.UniqueConstraint(fields=("session", "number"), name="inference_turn_number_once"),
                            models.UniqueConstraint(fields=("session", "turn_id"), name="inference_turn_id_once"),
                            models.CheckConstraint(
                                condition=models.Q(("number__gte", 1)), name="inference_turn_number_from_one"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("role__in", ("user", "assistant"))), name="inference_turn_role"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="IntegrationRun",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("passed", models.PositiveSmallIntegerField()),
                        ("total", models.PositiveSmallIntegerField()),
                        ("clients", models.PositiveIntegerField(default=0)),
                        ("report", models.JSONField()),
                        ("sha256", models.CharField(max_length=64)),
                        ("at", models.DateTimeField(default=django.utils.timezone.now)),
                        (
                            "deployment",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="integration_runs",
                                to="inference.deployment",
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="integration_runs",
                                to="accounts.project",
                            ),
                        ),
                        (
                            "run_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="integration_runs",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-at", "-pk"],
                    },
                ),
                migrations.CreateModel(
                    name="ScoreLog",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("model_version", models.CharField(max_length=64)),
                        ("bundle_sha256", models.CharField(blank=True, max_length=64)),
                        ("content_hash", models.CharField(db_index=True, max_length=71)),
                        ("score", models.FloatField(null=True)),
                        ("crisis", models.BooleanField(null=True)),
                        ("crisis_type", models.CharField(max_length=32)),
                        ("severity", models.PositiveSmallIntegerField(null=True)),
                        ("band", models.CharField(max_length=16)),
                        ("alert_level", models.CharField(max_length=16)),
                        ("raised_by_rules", models.BooleanField(default=False)),
                        ("degraded", models.BooleanField(default=False)),
                        ("reason", models.CharField(blank=True, max_length=200)),
                        ("latency_ms", models.FloatField()),
                        ("at", models.DateTimeField()),
                        ("sha256", models.CharField(max_length=64)),
                        ("conversation_id", models.CharField(blank=True, default="", max_length=64)),
                        ("locale", models.CharField(blank=True, default="", max_length=32)),
                        (
                            "signals",
                            models.JSONField(default=list, help_text="Kinds of signals, without text and places."),
                        ),
                        ("model_score", models.FloatField(null=True)),
                        ("messages", models.PositiveSmallIntegerField(null=True)),
                        ("characters", models.PositiveIntegerField(null=True)),
                        ("bias_found", models.BooleanField(default=False, help_text="A reply shows bias.")),
                        (
                            "gate_violation",
                            models.BooleanField(default=False, help_text="A reply breaks a safety gate."),
                        ),
                        (
                            "api_key",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="scores",
                                to="accounts.apikey",
                            ),
                        ),
                        (
                            "batch",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="scores",
                                to="inference.scorebatch",
                            ),
                        ),
                        (
                            "deployment",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="scores",
                                to="inference.deployment",
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="scores",
                                to="accounts.project",
                            ),
                        ),
                        (
                            "scored_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="console_scores",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-at", "-id"],
                        "indexes": [models.Index(fields=["project", "-at"], name="inference_score_project_at")],
                    },
                ),
                migrations.CreateModel(
                    name="MissedCase",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("happened_on", models.DateField()),
                        (
                            "crisis_type",
                            models.CharField(
                                choices=[
                                    ("immediate_harm", "immediate_harm"),
                                    ("self_harm", "self_harm"),
                                    ("substance", "substance"),
                                    ("panic", "panic"),
                                    ("psychotic", "psychotic"),
                                    ("passive_ideation", "passive_ideation"),
                                ],
                                max_length=32,
                            ),
                        ),
                        (
                            "level",
                            models.CharField(
                                choices=[("emergency", "emergency"), ("urgent", "urgent"), ("severe", "severe")],
                                max_length=16,
                            ),
                        ),
                        (
                            "found_by",
                            models.CharField(
                                choices=[
                                    ("client", "The client told us"),
                                    ("review", "A review of conversations"),
                                    ("incident", "An incident"),
                                    ("other", "Another way"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("note", models.TextField(blank=True)),
                        ("reported_at", models.DateTimeField(default=django.utils.timezone.now)),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="missed_cases",
                                to="accounts.project",
                            ),
                        ),
                        (
                            "reported_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "score",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="missed_cases",
                                to="inference.scorelog",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-reported_at", "-pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("score__isnull", False)),
                                fields=("score",),
                                name="inference_a_score_is_missed_once",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Case",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("key", models.CharField(max_length=80)),
                        ("conversation_id", models.CharField(blank=True, max_length=64)),
                        (
                            "kind",
                            models.CharField(choices=[("alarm", "Alarm"), ("unread", "Must be read")], max_length=12),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("open", "Open"),
                                    ("acknowledged", "Acknowledged"),
                                    ("verified", "Verified"),
                                    ("overridden", "Overridden"),
                                    ("closed", "Closed"),
                                ],
                                default="open",
                                max_length=12,
                            ),
                        ),
                        ("level", models.CharField(max_length=16)),
                        (
                            "rank",
                            models.PositiveSmallIntegerField(
                                help_text="Place of the level in the taxonomy, 0 the most urgent."
                            ),
                        ),
                        ("crisis_type", models.CharField(max_length=32)),
                        ("severity", models.PositiveSmallIntegerField(null=True)),
                        ("locale", models.CharField(blank=True, max_length=32)),
                        (
                            "from_console",
                            models.BooleanField(default=False, help_text="Typed by a colleague in the console."),
                        ),
                        ("scores", models.PositiveIntegerField(default=0)),
                        ("last_seq", models.PositiveIntegerField(default=0)),
                        ("alarm_seq", models.PositiveIntegerField(default=0)),
                        ("opened_at", models.DateTimeField(default=django.utils.timezone.now)),
                        ("last_score_at", models.DateTimeField()),
                        ("acknowledge_due", models.DateTimeField(null=True)),
                        ("verify_due", models.DateTimeField(null=True)),
                        ("escalate_at", models.DateTimeField(null=True)),
                        (
                            "tier",
                            models.PositiveSmallIntegerField(
                                choices=[(0, "On-call responders"), (1, "Clinical lead"), (2, "Administrators")],
                                default=0,
                            ),
                        ),
                        ("held_since", models.DateTimeField(null=True)),
                        ("acknowledged_at", models.DateTimeField(null=True)),
                        ("acknowledged_in_time", models.BooleanField(null=True)),
                        (
                            "outcome",
                            models.CharField(
                                blank=True,
                                choices=[("true_alarm", "True alarm"), ("false_alarm", "False alarm")],
                                max_length=12,
                            ),
                        ),
                        (
                            "override_reason",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("idiom", "Idiom, joke or exaggeration"),
                                    ("fiction", "Fiction, lyrics or a quotation"),
                                    ("third_person", "About somebody else, who is safe"),
                                    ("past", "About the past; safe now"),
                                    ("professional", "Clinical or professional talk"),
                                    ("no_danger", "Read: no danger"),
                                    ("test", "A test"),
                                    ("other", "Something else"),
                                ],
                                max_length=16,
                            ),
                        ),
                        ("decided_at", models.DateTimeField(null=True)),
                        ("first_decided_at", models.DateTimeField(null=True)),
                        ("decided_in_time", models.BooleanField(null=True)),
                        ("closed_at", models.DateTimeField(null=True)),
                        ("reopened", models.PositiveSmallIntegerField(default=0)),
                        (
                            "closed_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "decided_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "holder",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="cases_held",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="cases", to="accounts.project"
                            ),
                        ),
                        (
                            "closing_note",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inference.casenote",
                            ),
                        ),
                        (
                            "override_note",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inference.casenote",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["rank", "opened_at"],
                        "indexes": [
                            models.Index(fields=["project", "state", "rank"], name="inference_case_board"),
                            models.Index(fields=["project", "opened_at"], name="inference_case_opened"),
                            models.Index(
                                condition=models.Q(("escalate_at__isnull", False)),
                                fields=["escalate_at"],
                                name="inference_case_escalate",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("state", "closed"), _negated=True),
                                fields=("project", "key"),
                                name="inference_one_open_case_per_conversation",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("state__in", ["open", "acknowledged", "verified", "overridden", "closed"])
                                ),
                                name="inference_case_state_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("kind__in", ["alarm", "unread"])), name="inference_case_kind_known"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("level", "emergency"), ("rank", 0)),
                                    models.Q(("level", "urgent"), ("rank", 1)),
                                    models.Q(("level", "severe"), ("rank", 2)),
                                    models.Q(("level", "concern"), ("rank", 3)),
                                    models.Q(("level", "none"), ("rank", 4)),
                                    _connector="OR",
                                ),
                                name="inference_case_level_has_its_rank",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("holder__isnull", True), ("state", "open")),
                                    models.Q(("holder__isnull", False), ("state", "acknowledged")),
                                    ("state__in", ["verified", "overridden", "closed"]),
                                    _connector="OR",
                                ),
                                name="inference_case_open_has_no_holder",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("acknowledge_due__isnull", False),
                                        ("state__in", ["open", "acknowledged"]),
                                        ("verify_due__isnull", False),
                                    ),
                                    models.Q(
                                        ("acknowledge_due__isnull", True),
                                        ("escalate_at__isnull", True),
                                        ("state__in", ["verified", "overridden", "closed"]),
                                        ("verify_due__isnull", True),
                                    ),
                                    _connector="OR",
                                ),
                                name="inference_case_deadlines_while_waiting",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state__in", ["verified", "overridden"]), _negated=True),
                                    models.Q(
                                        ("decided_at__isnull", False),
                                        ("decided_by__isnull", False),
                                        models.Q(("outcome", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="inference_case_decision_has_its_person",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("outcome", "false_alarm"), _negated=True),
                                    models.Q(
                                        ("override_note__isnull", False),
                                        models.Q(("override_reason", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="inference_case_override_has_its_reason",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("closed_at__isnull", False),
                                        ("closed_by__isnull", False),
                                        ("closing_note__isnull", False),
                                        ("state", "closed"),
                                        models.Q(("outcome", ""), _negated=True),
                                    ),
                                    models.Q(
                                        models.Q(("state", "closed"), _negated=True),
                                        ("closed_at__isnull", True),
                                        ("closing_note__isnull", True),
                                    ),
                                    _connector="OR",
                                ),
                                name="inference_case_closing_has_its_note",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("alarm_seq__lte", models.F("last_seq"))),
                                name="inference_case_alarm_is_one_of_its_events",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CaseNote",
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
                                    ("general", "Note"),
                                    ("override", "Reason of the override"),
                                    ("closing", "Closing note"),
                                    ("reopening", "Reason to reopen"),
                                ],
                                default="general",
                                max_length=12,
                            ),
                        ),
                        ("text", models.TextField()),
                        ("at", models.DateTimeField(default=django.utils.timezone.now)),
                        (
                            "round",
                            models.PositiveSmallIntegerField(
                                default=0, help_text="How often the case had been reopened."
                            ),
                        ),
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
                                on_delete=django.db.models.deletion.PROTECT, related_name="notes", to="inference.case"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["case", "at", "pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("text", ""), _negated=True),
                                name="inference_case_note_says_something",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("kind", "closing")),
                                fields=("case", "round"),
                                name="inference_one_closing_per_round",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HandOver",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "receiver",
                            models.CharField(
                                choices=[
                                    ("emergency_services", "Emergency services"),
                                    ("crisis_team", "Crisis team or crisis line"),
                                    ("clinician", "The person's own clinician"),
                                    ("colleague", "A colleague"),
                                    ("trusted_person", "Somebody the person trusts"),
                                    ("other", "Somebody else"),
                                ],
                                max_length=20,
                            ),
                        ),
                        ("receiver_name", models.CharField(blank=True, max_length=200)),
                        ("handed_at", models.DateTimeField(default=django.utils.timezone.now)),
                        ("accepted_at", models.DateTimeField(blank=True, null=True)),
                        ("contact_confirmed_at", models.DateTimeField(blank=True, null=True)),
                        ("follow_up_due", models.DateTimeField(blank=True, null=True)),
                        ("follow_up_done_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "case",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="handovers",
                                to="inference.case",
                            ),
                        ),
                        (
                            "follow_up_done_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "handed_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["case", "handed_at", "pk"],
                        "indexes": [models.Index(fields=["follow_up_due"], name="inference_follow_up_due")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("follow_up_due__isnull", True),
                                    ("follow_up_due__gte", models.F("handed_at")),
                                    _connector="OR",
                                ),
                                name="inference_follow_up_after_hand_over",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("follow_up_done_at__isnull", True),
                                    ("follow_up_done_by__isnull", False),
                                    _connector="OR",
                                ),
                                name="inference_follow_up_done_by_somebody",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CaseEvent",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("seq", models.PositiveIntegerField()),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("opened", "Opened"),
                                    ("score", "Another score"),
                                    ("raised", "Level raised"),
                                    ("alarm_again", "A new alarm after the override"),
                                    ("acknowledged", "Acknowledged"),
                                    ("taken_over", "Taken over"),
                                    ("released", "Released"),
                                    ("verified", "Verified: a true alarm"),
                                    ("overridden", "Overridden: a false alarm"),
                                    ("closed", "Closed"),
                                    ("reopened", "Reopened"),
                                    ("escalated", "Escalated"),
                                    ("noted", "Clinical note"),
                                    ("handed_over", "Handed over"),
                                    ("handover_updated", "Hand-over updated"),
                                ],
                                max_length=20,
                            ),
                        ),
                        ("at", models.DateTimeField(default=django.utils.timezone.now)),
                        ("level", models.CharField(max_length=16)),
                        ("payload", models.JSONField(default=dict)),
                        (
                            "actor",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "case",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="events", to="inference.case"
                            ),
                        ),
                        (
                            "score",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="case_events",
                                to="inference.scorelog",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["case", "seq"],
                        "indexes": [models.Index(fields=["at"], name="inference_case_event_at")],
                        "constraints": [
                            models.UniqueConstraint(fields=("case", "seq"), name="inference_case_events_in_order"),
                            models.UniqueConstraint(
                                condition=models.Q(("kind__in", ["opened", "score"])),
                                fields=("score",),
                                name="inference_a_score_joins_one_case_once",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="WebhookDelivery",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("event", models.CharField(max_length=30)),
                        ("payload_json", models.TextField()),
                        (
                            "state",
                            models.CharField(
                                choices=[("waiting", "Waiting"), ("sent", "Delivered"), ("given_up", "Given up")],
                                default="waiting",
                                max_length=10,
                            ),
                        ),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        ("status", models.PositiveSmallIntegerField(null=True)),
                        ("problem", models.CharField(blank=True, max_length=80)),
                        ("milliseconds", models.PositiveIntegerField(null=True)),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                        ("finished_at", models.DateTimeField(null=True)),
                        (
                            "case",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="deliveries",
                                to="inference.case",
                            ),
                        ),
                        (
                            "job",
                            models.ForeignKey(
                                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="jobs.job"
                            ),
                        ),
                        (
                            "webhook",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="deliveries",
                                to="inference.webhook",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-created_at", "-id"],
                        "indexes": [
                            models.Index(fields=["webhook", "-created_at"], name="inference_deliveries_newest"),
                            models.Index(
                                condition=models.Q(("state", "waiting")),
                                fields=["state"],
                                name="inference_deliveries_due",
                            ),
                        ],
                    },
                ),
            ]
        ),
        append_only("inference_caseevent", what="events of cases"),
        append_only("inference_casenote", what="clinical notes"),
        append_only("inference_casepolicy", what="versions of a case policy"),
        append_only("inference_signoffvoid", what="voids of sign-offs"),
        append_only("inference_alertlimits", what="versions of limits"),
    ]
