# The whole chain in one step, for a database from nothing: a table a model, nothing altered afterwards. A database
# that has begun the chain goes on along it (tests/foundation/test_squashed_migrations.py).

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

from pixelhub.tables import CreateTables


class Migration(migrations.Migration):
    replaces = [
        ("datasets_app", "0001_initial"),
        ("datasets_app", "0002_data_rooms"),
        ("datasets_app", "0003_decided_by_rater_model"),
        ("datasets_app", "0004_who_made_the_labels"),
        ("datasets_app", "0005_evidence_search"),
        ("datasets_app", "0006_held_out"),
        ("datasets_app", "0007_scores_of_releases"),
        ("datasets_app", "0008_reserved_conversations"),
        ("datasets_app", "0009_stage_ladder"),
        ("datasets_app", "0010_made_up_conversations"),
        ("datasets_app", "0011_augmentation"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0002_keys_rotate_and_have_quotas"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("jobs", "0001_initial"),
    ]

    operations = [
        CreateTables(
            [
                migrations.CreateModel(
                    name="InventoryEntry",
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
                                    ("family", "Family"),
                                    ("area", "Other part"),
                                    ("unrouted", "Without a family"),
                                ],
                                default="family",
                                max_length=16,
                            ),
                        ),
                        (
                            "family",
                            models.CharField(
                                help_text="Its name: a family, or a part of the store.", max_length=64, unique=True
                            ),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[("missing", "Missing"), ("present", "Present"), ("incomplete", "Incomplete")],
                                default="missing",
                                max_length=16,
                            ),
                        ),
                        ("objects_count", models.PositiveBigIntegerField(default=0)),
                        ("bytes_total", models.PositiveBigIntegerField(default=0)),
                        (
                            "records_count",
                            models.PositiveBigIntegerField(
                                blank=True, help_text="Empty where nobody counted yet.", null=True
                            ),
                        ),
                        ("newest", models.DateTimeField(blank=True, null=True)),
                        ("refreshed_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "detail",
                            models.JSONField(
                                default=dict, help_text="Why it is incomplete; examples of what has no family."
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["family"],
                    },
                ),
                migrations.CreateModel(
                    name="DuplicateSearch",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "threshold",
                            models.FloatField(
                                help_text="Estimated Jaccard similarity from which two records are near-duplicates."
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("queued", "Queued"),
                                    ("running", "Running"),
                                    ("done", "Done"),
                                    ("failed", "Failed"),
                                ],
                                default="queued",
                                max_length=16,
                            ),
                        ),
                        ("counts", models.JSONField(default=dict)),
                        ("error", models.TextField(blank=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "confirmed_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "job",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="jobs.job",
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="duplicate_searches",
                                to="accounts.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-pk"],
                    },
                ),
                migrations.CreateModel(
                    name="ImportBatch",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "source",
                            models.CharField(
                                choices=[("real", "real"), ("synthetic", "synthetic"), ("augmented", "augmented")],
                                max_length=16,
                            ),
                        ),
                        (
                            "family",
                            models.CharField(
                                choices=[
                                    ("mental_health_datasets", "mental_health_datasets"),
                                    ("professional_therapeutic", "professional_therapeutic"),
                                    ("priority_datasets", "priority_datasets"),
                                    ("cot_reasoning", "cot_reasoning"),
                                    ("edge_case_generator", "edge_case_generator"),
                                    ("edge_case_resulting_chats", "edge_case_resulting_chats"),
                                    ("edge_case_synthetic", "edge_case_synthetic"),
                                    ("safety_guardrails_annihilator", "safety_guardrails_annihilator"),
                                    ("voice_persona", "voice_persona"),
                                    ("video_transcripts", "video_transcripts"),
                                    ("cptsd", "cptsd"),
                                    ("addiction", "addiction"),
                                    ("long_running_therapy", "long_running_therapy"),
                                    ("sarcasm", "sarcasm"),
                                ],
                                max_length=64,
                            ),
                        ),
                        (
                            "stage",
                            models.PositiveSmallIntegerField(
                                choices=[
                                    (1, "Foundation and rapport"),
                                    (2, "Expertise and reasoning"),
                                    (3, "Edge stress test"),
                                    (4, "Voice and persona"),
                                ],
                                default=1,
                            ),
                        ),
                        ("licence", models.CharField(blank=True, max_length=200)),
                        ("consent_basis", models.CharField(blank=True, max_length=500)),
                        ("file_name", models.CharField(max_length=255)),
                        ("object_key", models.CharField(max_length=500)),
                        ("file_sha256", models.CharField(max_length=64)),
                        ("file_bytes", models.BigIntegerField(default=0)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("queued", "Queued"),
                                    ("running", "Running"),
                                    ("done", "Done"),
                                    ("failed", "Failed"),
                                ],
                                default="queued",
                                max_length=16,
                            ),
                        ),
                        ("read", models.PositiveIntegerField(default=0)),
                        ("accepted", models.PositiveIntegerField(default=0)),
                        ("duplicates", models.PositiveIntegerField(default=0)),
                        ("quarantined", models.PositiveIntegerField(default=0)),
                        ("quarantine_key", models.CharField(blank=True, max_length=500)),
                        ("formats", models.JSONField(default=dict, help_text="Accepted rows by detected format.")),
                        ("error", models.TextField(blank=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("options", models.JSONField(default=dict, help_text="Switches of the structure rules.")),
                        (
                            "origin",
                            models.CharField(
                                choices=[
                                    ("upload", "Upload"),
                                    ("api", "API"),
                                    ("command", "Command line"),
                                    ("store", "Object store"),
                                    ("augmentation", "Augmentation"),
                                ],
                                default="upload",
                                max_length=16,
                            ),
                        ),
                        (
                            "origin_address",
                            models.CharField(
                                blank=True, help_text="Where it was read from, if not sent.", max_length=500
                            ),
                        ),
                        (
                            "original_purged_at",
                            models.DateTimeField(
                                blank=True, help_text="When the file as it came was deleted.", null=True
                            ),
                        ),
                        (
                            "request_key",
                            models.CharField(blank=True, help_text="The client's Idempotency-Key.", max_length=200),
                        ),
                        ("request_part", models.PositiveSmallIntegerField(default=0)),
                        (
                            "request_sha256",
                            models.CharField(
                                blank=True, help_text="Of what was asked for under that key.", max_length=64
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "job",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="jobs.job",
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="import_batches",
                                to="accounts.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-pk"],
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
                                            models.F("quarantined"),
                                        ),
                                    )
                                ),
                                name="importbatch_adds_up",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("request_key", ""), _negated=True),
                                fields=("project", "request_key", "request_part"),
                                name="importbatch_request_once",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="LabelSnapshot",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=200)),
                        ("number", models.PositiveIntegerField()),
                        ("sha256", models.CharField(max_length=64)),
                        ("object_key", models.CharField(max_length=500)),
                        ("labels_count", models.PositiveIntegerField()),
                        ("origin", models.JSONField(default=dict)),
                        (
                            "simulated",
                            models.BooleanField(
                                default=False, help_text="Labels of simulated annotators, not of people."
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "made_by",
                            models.CharField(
                                choices=[
                                    ("annotators", "Annotators"),
                                    ("rules", "Rules (weak labels)"),
                                    ("generator", "The generator of the conversations"),
                                    ("augmentation", "Augmentation (the parents' labels)"),
                                ],
                                default="annotators",
                                max_length=12,
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="label_snapshots",
                                to="accounts.project",
                            ),
                        ),
                        (
                            "published_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-number"],
                        "constraints": [
                            models.UniqueConstraint(fields=("project", "number"), name="labelsnapshot_number_unique")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ReservedConversation",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("content_hash", models.CharField(max_length=71)),
                        ("reason", models.CharField(max_length=200)),
                        ("reserved_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="reserved_conversations",
                                to="accounts.project",
                            ),
                        ),
                        (
                            "reserved_by",
                            models.ForeignKey(
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
                            models.UniqueConstraint(fields=("project", "content_hash"), name="reserved_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="StoreWork",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("kind", models.CharField(choices=[("sync", "Sync"), ("snapshot", "Snapshot")], max_length=16)),
                        (
                            "name",
                            models.CharField(help_text="The day of a snapshot, the name of a sync.", max_length=100),
                        ),
                        ("source", models.CharField(max_length=500)),
                        ("target", models.CharField(max_length=500)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("queued", "Queued"),
                                    ("running", "Running"),
                                    ("done", "Done"),
                                    ("failed", "Failed"),
                                    ("expired", "Expired"),
                                ],
                                default="queued",
                                max_length=16,
                            ),
                        ),
                        (
                            "report",
                            models.JSONField(
                                default=dict, help_text="Objects and bytes on both sides, and what differs."
                            ),
                        ),
                        ("manifest_sha256", models.CharField(blank=True, max_length=64)),
                        ("error", models.TextField(blank=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "job",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="jobs.job",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-pk"],
                    },
                ),
                migrations.CreateModel(
                    name="Record",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("content_hash", models.CharField(max_length=71)),
                        ("record_hash", models.CharField(max_length=40)),
                        ("external_id", models.CharField(max_length=200)),
                        ("group_key", models.CharField(help_text="The first of group_keys.", max_length=255)),
                        (
                            "group_keys",
                            models.JSONField(
                                default=list, help_text="What must stay in one split: author, conversation, parent."
                            ),
                        ),
                        ("messages", models.JSONField()),
                        ("turns", models.PositiveIntegerField()),
                        (
                            "source",
                            models.CharField(
                                choices=[("real", "real"), ("synthetic", "synthetic"), ("augmented", "augmented")],
                                max_length=16,
                            ),
                        ),
                        (
                            "family",
                            models.CharField(
                                choices=[
                                    ("mental_health_datasets", "mental_health_datasets"),
                                    ("professional_therapeutic", "professional_therapeutic"),
                                    ("priority_datasets", "priority_datasets"),
                                    ("cot_reasoning", "cot_reasoning"),
                                    ("edge_case_generator", "edge_case_generator"),
                                    ("edge_case_resulting_chats", "edge_case_resulting_chats"),
                                    ("edge_case_synthetic", "edge_case_synthetic"),
                                    ("safety_guardrails_annihilator", "safety_guardrails_annihilator"),
                                    ("voice_persona", "voice_persona"),
                                    ("video_transcripts", "video_transcripts"),
                                    ("cptsd", "cptsd"),
                                    ("addiction", "addiction"),
                                    ("long_running_therapy", "long_running_therapy"),
                                    ("sarcasm", "sarcasm"),
                                ],
                                max_length=64,
                            ),
                        ),
                        (
                            "stage",
                            models.PositiveSmallIntegerField(
                                choices=[
                                    (1, "Foundation and rapport"),
                                    (2, "Expertise and reasoning"),
                                    (3, "Edge stress test"),
                                    (4, "Voice and persona"),
                                ],
                                default=1,
                            ),
                        ),
                        ("is_edge_case", models.BooleanField(default=False)),
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
                        ("metadata", models.JSONField(default=dict)),
                        ("line", models.PositiveIntegerField()),
                        ("byte_offset", models.BigIntegerField(default=0)),
                        (
                            "proposed_type",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("immediate_harm", "Immediate harm"),
                                    ("self_harm", "Self-harm"),
                                    ("substance", "Substance"),
                                    ("panic", "Panic"),
                                    ("psychotic", "Psychotic"),
                                    ("passive_ideation", "Passive ideation"),
                                    ("none", "No crisis"),
                                ],
                                help_text="Came with the input; not a human label.",
                                max_length=32,
                            ),
                        ),
                        ("proposed_severity", models.PositiveSmallIntegerField(blank=True, null=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "findings",
                            models.JSONField(
                                default=list, help_text="Structure, risk and content gates; no words of the record."
                            ),
                        ),
                        (
                            "intake_hash",
                            models.CharField(
                                blank=True,
                                db_index=True,
                                help_text="Keyed digest of the text as it came: finds a copy again.",
                                max_length=64,
                            ),
                        ),
                        (
                            "pii_state",
                            models.CharField(
                                choices=[
                                    ("unscanned", "Not scanned yet"),
                                    ("clean", "Nothing found"),
                                    ("pending", "Waiting for review"),
                                    ("reviewed", "Reviewed by a person"),
                                    ("checked", "Synthetic, checked"),
                                ],
                                default="unscanned",
                                max_length=16,
                            ),
                        ),
                        ("risk_score", models.FloatField(blank=True, help_text="Of the rules, 0 to 1.", null=True)),
                        ("risk_severity", models.PositiveSmallIntegerField(blank=True, null=True)),
                        (
                            "state",
                            models.CharField(
                                choices=[("active", "Active"), ("withdrawn", "Withdrawn")],
                                default="active",
                                max_length=16,
                            ),
                        ),
                        ("withdrawn_reason", models.CharField(blank=True, max_length=200)),
                        (
                            "import_batch",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.RESTRICT,
                                related_name="records",
                                to="datasets_app.importbatch",
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="records",
                                to="accounts.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["pk"],
                        "indexes": [
                            models.Index(fields=["project", "source", "proposed_type"], name="record_filter"),
                            models.Index(fields=["project", "group_key"], name="record_group"),
                            models.Index(fields=["project", "state", "pii_state"], name="record_use"),
                            models.Index(fields=["project", "record_hash"], name="record_short_hash"),
                            models.Index(fields=["project", "external_id"], name="record_external_id"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("project", "content_hash"), name="record_content_unique"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("proposed_severity__isnull", True),
                                    models.Q(("proposed_severity__gte", 1), ("proposed_severity__lte", 5)),
                                    _connector="OR",
                                ),
                                name="record_proposed_severity_range",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="QuarantinedRow",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("line", models.PositiveIntegerField()),
                        ("byte_offset", models.BigIntegerField()),
                        ("reason", models.CharField(max_length=64)),
                        ("detail", models.CharField(blank=True, max_length=300)),
                        (
                            "batch",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="quarantined_rows",
                                to="datasets_app.importbatch",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["line", "pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("batch", "line", "byte_offset"), name="quarantinedrow_unique"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Release",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("version", models.CharField(max_length=40)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("draft", "Draft"),
                                    ("compiling", "Compiling"),
                                    ("published", "Published"),
                                    ("failed", "Failed"),
                                ],
                                default="draft",
                                max_length=16,
                            ),
                        ),
                        ("manifest_sha256", models.CharField(blank=True, max_length=64)),
                        ("object_prefix", models.CharField(max_length=300)),
                        ("counts", models.JSONField(default=dict)),
                        ("params", models.JSONField(default=dict)),
                        ("gates", models.JSONField(default=list)),
                        ("error", models.TextField(blank=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "export_prefix",
                            models.CharField(
                                blank=True, help_text="Where it was exported to, once it landed.", max_length=300
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[("labels", "Labelled"), ("corpus", "Corpus"), ("foreign", "Brought in")],
                                default="labels",
                                max_length=16,
                            ),
                        ),
                        ("quality", models.JSONField(default=dict, help_text="The QA report (D12).")),
                        (
                            "compiled_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "job",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="jobs.job",
                            ),
                        ),
                        (
                            "parent",
                            models.ForeignKey(
                                blank=True,
                                help_text="The release whose placement in splits this one keeps.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="children",
                                to="datasets_app.release",
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="releases",
                                to="accounts.project",
                            ),
                        ),
                        ("snapshots", models.ManyToManyField(related_name="releases", to="datasets_app.labelsnapshot")),
                    ],
                    options={
                        "ordering": ["-pk"],
                        "constraints": [
                            models.UniqueConstraint(fields=("project", "version"), name="release_version_unique"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "published"), _negated=True),
                                    models.Q(("manifest_sha256", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="release_published_has_manifest",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SynthesisBatch",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "backend",
                            models.CharField(
                                choices=[
                                    ("templates", "Templates"),
                                    ("endpoint", "Language model"),
                                    ("designer", "NeMo Data Designer"),
                                ],
                                max_length=16,
                            ),
                        ),
                        ("plan", models.JSONField(help_text="What was asked for (corpus.synthesis.plan.Plan).")),
                        ("count", models.PositiveIntegerField()),
                        (
                            "review",
                            models.CharField(
                                choices=[("all", "Every conversation"), ("sample", "A sample, drawn by chance")],
                                default="all",
                                max_length=8,
                            ),
                        ),
                        (
                            "sample_size",
                            models.PositiveIntegerField(
                                default=0, help_text="Rows that people look at, where it is a sample."
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("queued", "Queued"),
                                    ("running", "Running"),
                                    ("done", "Done"),
                                    ("failed", "Failed"),
                                ],
                                default="queued",
                                max_length=16,
                            ),
                        ),
                        ("made", models.PositiveIntegerField(default=0)),
                        (
                            "broken",
                            models.PositiveIntegerField(default=0, help_text="Answers that were no conversation."),
                        ),
                        ("remembered", models.TextField(blank=True, help_text="What the backend keeps over a kill.")),
                        ("error", models.TextField(blank=True)),
                        (
                            "request_key",
                            models.CharField(help_text="The form that asked for it, known again.", max_length=64),
                        ),
                        ("taken_at", models.DateTimeField(blank=True, null=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "import_batch",
                            models.OneToOneField(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="synthesis",
                                to="datasets_app.importbatch",
                            ),
                        ),
                        (
                            "job",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="jobs.job",
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="synthesis_batches",
                                to="accounts.project",
                            ),
                        ),
                        (
                            "taken_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("project", "request_key"), name="synthesisbatch_request_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Enrichment",
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
                                    ("queued", "Queued"),
                                    ("running", "Running"),
                                    ("done", "Done"),
                                    ("failed", "Failed"),
                                ],
                                default="queued",
                                max_length=16,
                            ),
                        ),
                        ("document", models.JSONField(default=dict)),
                        (
                            "object_prefix",
                            models.CharField(blank=True, help_text="Where the lines of scores lie.", max_length=300),
                        ),
                        (
                            "matched",
                            models.PositiveIntegerField(
                                default=0, help_text="Records of the project that got these scores."
                            ),
                        ),
                        ("error", models.TextField(blank=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("finished_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "job",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="jobs.job",
                            ),
                        ),
                        (
                            "started_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "release",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="enrichments",
                                to="datasets_app.release",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "done"), _negated=True),
                                    models.Q(("object_prefix", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="enrichment_done_has_scores",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PiiLease",
                    fields=[
                        (
                            "record",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="pii_lease",
                                serialize=False,
                                to="datasets_app.record",
                            ),
                        ),
                        ("until", models.DateTimeField()),
                        (
                            "holder",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="PiiFinding",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("turn", models.PositiveIntegerField(help_text="Index of the message, from 0.")),
                        ("start", models.PositiveIntegerField(help_text="Characters from the start of the message.")),
                        ("end", models.PositiveIntegerField()),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("email", "email"),
                                    ("phone", "phone"),
                                    ("ssn", "ssn"),
                                    ("credit_card", "credit_card"),
                                    ("postal_address", "postal_address"),
                                    ("personal_name", "personal_name"),
                                    ("date_of_birth", "date_of_birth"),
                                    ("ip_address", "ip_address"),
                                    ("url", "url"),
                                ],
                                max_length=24,
                            ),
                        ),
                        ("confidence", models.FloatField()),
                        ("placeholder", models.CharField(max_length=40)),
                        (
                            "origin",
                            models.CharField(
                                choices=[("rules", "Rules"), ("presidio", "Presidio"), ("person", "A reviewer")],
                                default="rules",
                                max_length=16,
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("pending", "Pending"),
                                    ("accepted", "Replaced"),
                                    ("edited", "Edited and replaced"),
                                    ("rejected", "No identifier"),
                                ],
                                default="pending",
                                max_length=16,
                            ),
                        ),
                        ("decided_at", models.DateTimeField(blank=True, null=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "decided_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "record",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="pii_findings",
                                to="datasets_app.record",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["record_id", "turn", "start"],
                        "indexes": [models.Index(fields=["state", "kind"], name="piifinding_queue")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("start__lt", models.F("end"))), name="piifinding_span"
                            ),
                            models.UniqueConstraint(
                                fields=("record", "turn", "start", "end", "kind"), name="piifinding_unique"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HeldOut",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("reason", models.CharField(max_length=200)),
                        ("held_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "held_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "record",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.RESTRICT,
                                related_name="held_out",
                                to="datasets_app.record",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["pk"],
                    },
                ),
                migrations.CreateModel(
                    name="DuplicatePair",
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
                                choices=[("record_hash", "Same record hash"), ("near", "Near-duplicate")], max_length=16
                            ),
                        ),
                        (
                            "similarity",
                            models.FloatField(help_text="Jaccard similarity of the texts' shingles, 0 to 1."),
                        ),
                        (
                            "decision",
                            models.CharField(
                                choices=[("open", "Open"), ("withdraw", "A copy"), ("keep", "Both stay")],
                                default="open",
                                max_length=16,
                            ),
                        ),
                        (
                            "decided_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "search",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="pairs",
                                to="datasets_app.duplicatesearch",
                            ),
                        ),
                        (
                            "copy",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="datasets_app.record"
                            ),
                        ),
                        (
                            "kept",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="datasets_app.record"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-similarity", "pk"],
                        "constraints": [
                            models.UniqueConstraint(fields=("search", "copy"), name="duplicatepair_copy_unique"),
                            models.CheckConstraint(
                                condition=models.Q(("kept", models.F("copy")), _negated=True),
                                name="duplicatepair_two_records",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Augmentation",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "counts",
                            models.JSONField(default=dict, help_text="How many children of each strategy are wanted."),
                        ),
                        ("seed", models.PositiveIntegerField(default=42)),
                        (
                            "max_ratio",
                            models.FloatField(
                                default=0.5, help_text="Children to each original, those of earlier runs included."
                            ),
                        ),
                        (
                            "use_model",
                            models.BooleanField(
                                default=True, help_text="The project's own model reads every child, if it has one."
                            ),
                        ),
                        (
                            "use_endpoint",
                            models.BooleanField(
                                default=False, help_text="Paraphrases by the configured language model."
                            ),
                        ),
                        (
                            "reader",
                            models.CharField(
                                blank=True, help_text="The model that read the children; blank: rules.", max_length=120
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("queued", "Queued"),
                                    ("running", "Running"),
                                    ("done", "Done"),
                                    ("failed", "Failed"),
                                ],
                                default="queued",
                                max_length=16,
                            ),
                        ),
                        ("report", models.JSONField(default=dict, help_text="Figures only; no words.")),
                        ("quarantine_key", models.CharField(blank=True, max_length=500)),
                        ("error", models.TextField(blank=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "job",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="jobs.job",
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="augmentations",
                                to="accounts.project",
                            ),
                        ),
                        (
                            "batches",
                            models.ManyToManyField(related_name="augmentations", to="datasets_app.importbatch"),
                        ),
                        (
                            "snapshots",
                            models.ManyToManyField(related_name="augmentations", to="datasets_app.labelsnapshot"),
                        ),
                        (
                            "release",
                            models.ForeignKey(
                                blank=True,
                                help_text="Its training split has the parents; else the labelled records of the project.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="augmentations",
                                to="datasets_app.release",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-pk"],
                    },
                ),
                migrations.CreateModel(
                    name="SnapshotLabel",
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
                        ("severity", models.PositiveSmallIntegerField(null=True)),
                        ("confidence", models.FloatField()),
                        ("is_edge_case", models.BooleanField(default=False)),
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
                        (
                            "decided_by",
                            models.CharField(
                                choices=[
                                    ("unanimous", "Unanimous"),
                                    ("majority", "Majority"),
                                    ("adjudicated", "Adjudicated"),
                                    ("rater_model", "Rater model"),
                                    ("rule", "Rule (weak)"),
                                    ("generator", "Generator"),
                                    ("parent", "Its parent's label"),
                                    ("reviewer", "Review of the augmented"),
                                ],
                                max_length=16,
                            ),
                        ),
                        ("annotators", models.JSONField(default=list)),
                        ("annotations", models.JSONField(default=list)),
                        ("label_sha256", models.CharField(max_length=64)),
                        (
                            "record",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.RESTRICT,
                                related_name="snapshot_labels",
                                to="datasets_app.record",
                            ),
                        ),
                        (
                            "snapshot",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="labels",
                                to="datasets_app.labelsnapshot",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["pk"],
                        "indexes": [models.Index(fields=["label_sha256"], name="snapshotlabel_sha256")],
                        "constraints": [
                            models.UniqueConstraint(fields=("snapshot", "record"), name="snapshotlabel_record_unique"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("crisis_type", "none"), ("severity__isnull", True)),
                                    models.Q(
                                        models.Q(("crisis_type", "none"), _negated=True),
                                        ("severity__gte", 1),
                                        ("severity__isnull", False),
                                        ("severity__lte", 5),
                                    ),
                                    _connector="OR",
                                ),
                                name="snapshotlabel_severity_with_type",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="StageLadder",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "recipe",
                            models.CharField(
                                choices=[("four", "The four-stage ladder"), ("seven", "The seven-stage curriculum")],
                                default="four",
                                max_length=8,
                            ),
                        ),
                        (
                            "wanted",
                            models.PositiveIntegerField(
                                default=0, help_text="Records asked for; 0 is the most whose shares hold."
                            ),
                        ),
                        ("seed", models.PositiveIntegerField(default=0)),
                        (
                            "without_empty_stages",
                            models.BooleanField(
                                default=False, help_text="Share the records among the stages that have any."
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[("building", "Building"), ("published", "Published"), ("failed", "Failed")],
                                default="building",
                                max_length=16,
                            ),
                        ),
                        ("object_prefix", models.CharField(blank=True, max_length=300)),
                        ("manifest_sha256", models.CharField(blank=True, max_length=64)),
                        (
                            "manifest",
                            models.JSONField(
                                default=dict, help_text="FINAL_TRAINING_DATA_MANIFEST.json; it holds no text."
                            ),
                        ),
                        ("error", models.TextField(blank=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "job",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="jobs.job",
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="ladders",
                                to="accounts.project",
                            ),
                        ),
                        (
                            "release",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="ladders",
                                to="datasets_app.release",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "published"), _negated=True),
                                    models.Q(("manifest_sha256", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="ladder_published_has_manifest",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SynthesisRow",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.PositiveIntegerField()),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("waiting", "To read"),
                                    ("not_drawn", "Not drawn"),
                                    ("kept", "Kept"),
                                    ("corrected", "Kept, other label"),
                                    ("rejected", "Rejected"),
                                    ("broken", "No conversation"),
                                ],
                                max_length=16,
                            ),
                        ),
                        (
                            "sample",
                            models.JSONField(
                                default=dict, help_text="The annotated sample as it was made; {} for no conversation."
                            ),
                        ),
                        ("raw", models.TextField(blank=True, help_text="What came instead of a conversation.")),
                        (
                            "crisis_type",
                            models.CharField(
                                blank=True,
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
                            "difficulty",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("overt", "overt"),
                                    ("hedged", "hedged"),
                                    ("veiled", "veiled"),
                                    ("adversarial", "adversarial"),
                                ],
                                max_length=16,
                            ),
                        ),
                        ("family", models.CharField(blank=True, max_length=32)),
                        ("category", models.CharField(blank=True, max_length=32)),
                        ("style", models.CharField(blank=True, max_length=32)),
                        ("is_edge_case", models.BooleanField(default=False)),
                        ("near_copy", models.BooleanField(default=False)),
                        ("rules_type", models.CharField(blank=True, max_length=32)),
                        ("rules_severity", models.PositiveSmallIntegerField(blank=True, null=True)),
                        (
                            "rules_agree",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("same", "The rules hear the same"),
                                    ("other_type", "The rules hear another type"),
                                    ("missed", "The rules hear no crisis"),
                                    ("raised", "The rules hear a crisis"),
                                ],
                                max_length=16,
                            ),
                        ),
                        (
                            "reason",
                            models.CharField(
                                blank=True, help_text="Why it was rejected, or is no conversation.", max_length=32
                            ),
                        ),
                        ("note", models.CharField(blank=True, max_length=300)),
                        (
                            "corrected_type",
                            models.CharField(
                                blank=True,
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
                        ("corrected_severity", models.PositiveSmallIntegerField(blank=True, null=True)),
                        ("decided_at", models.DateTimeField(blank=True, null=True)),
                        ("held_until", models.DateTimeField(blank=True, null=True)),
                        (
                            "batch",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="rows",
                                to="datasets_app.synthesisbatch",
                            ),
                        ),
                        (
                            "decided_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "held_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["batch_id", "number"],
                        "indexes": [models.Index(fields=["batch", "state"], name="synthesisrow_queue")],
                        "constraints": [
                            models.UniqueConstraint(fields=("batch", "number"), name="synthesisrow_once"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "rejected"), _negated=True),
                                    models.Q(("reason", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="synthesisrow_rejected_why",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "corrected"), _negated=True),
                                    models.Q(("corrected_type", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="synthesisrow_corrected_to",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RecordScores",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("content_hash", models.CharField(max_length=71)),
                        (
                            "emotion",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("joy", "Joy"),
                                    ("trust", "Trust"),
                                    ("fear", "Fear"),
                                    ("surprise", "Surprise"),
                                    ("sadness", "Sadness"),
                                    ("disgust", "Disgust"),
                                    ("anger", "Anger"),
                                    ("anticipation", "Anticipation"),
                                    ("shame", "Shame"),
                                    ("neutral", "Neutral"),
                                ],
                                max_length=16,
                            ),
                        ),
                        ("valence", models.FloatField(blank=True, help_text="-1 to 1.", null=True)),
                        ("arousal", models.FloatField(blank=True, help_text="-1 to 1.", null=True)),
                        (
                            "bias",
                            models.FloatField(
                                blank=True, help_text="Gravest sign of bias in a reply, 0 (none) to 1.", null=True
                            ),
                        ),
                        ("effectiveness", models.FloatField(blank=True, null=True)),
                        ("safety", models.FloatField(blank=True, null=True)),
                        ("cultural", models.FloatField(blank=True, null=True)),
                        ("coherence", models.FloatField(blank=True, null=True)),
                        ("empathy", models.FloatField(blank=True, null=True)),
                        (
                            "enrichment",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="scores",
                                to="datasets_app.enrichment",
                            ),
                        ),
                        (
                            "record",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="scores",
                                to="datasets_app.record",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "record scores",
                        "indexes": [models.Index(fields=["emotion", "valence"], name="recordscores_emotion")],
                    },
                ),
                migrations.CreateModel(
                    name="Variation",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "parent_content_hash",
                            models.CharField(help_text="Of the parent's words when the child was made.", max_length=71),
                        ),
                        ("name", models.CharField(help_text="The id that the child carries.", max_length=40)),
                        ("row", models.JSONField(help_text="The child, in the form that imports read.")),
                        (
                            "strategy",
                            models.CharField(
                                choices=[
                                    ("paraphrase", "Paraphrase"),
                                    ("edge_case", "Edge-case variation"),
                                    ("context_expansion", "Context expansion"),
                                    ("crisis_scenarios", "Crisis scenario"),
                                    ("dialogue_variation", "Dialogue variation"),
                                    ("demographic_injection", "Demographic injection"),
                                ],
                                max_length=32,
                            ),
                        ),
                        (
                            "kind",
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
                            "state",
                            models.CharField(
                                choices=[
                                    ("waiting", "Waits for a person"),
                                    ("holds", "The label holds"),
                                    ("changed", "The label changes"),
                                    ("refused", "Not usable"),
                                ],
                                default="waiting",
                                max_length=16,
                            ),
                        ),
                        (
                            "decided_type",
                            models.CharField(
                                blank=True,
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
                        ("decided_severity", models.PositiveSmallIntegerField(blank=True, null=True)),
                        (
                            "reason",
                            models.CharField(
                                blank=True, help_text="Why it is not usable, or why the label changes.", max_length=500
                            ),
                        ),
                        ("decided_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "held_until",
                            models.DateTimeField(
                                blank=True, help_text="Until then nobody else is shown it.", null=True
                            ),
                        ),
                        (
                            "augmentation",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="variations",
                                to="datasets_app.augmentation",
                            ),
                        ),
                        (
                            "batch",
                            models.ForeignKey(
                                blank=True,
                                help_text="The import that took an approved child into the project.",
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="datasets_app.importbatch",
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
                            "holder",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "parent",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.RESTRICT,
                                related_name="variations",
                                to="datasets_app.record",
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="variations",
                                to="accounts.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["pk"],
                        "indexes": [models.Index(fields=["project", "state", "strategy"], name="variation_queue")],
                        "constraints": [
                            models.UniqueConstraint(fields=("augmentation", "name"), name="variation_once"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("decided_at__isnull", True), ("decided_by__isnull", True), ("state", "waiting")
                                    ),
                                    models.Q(
                                        models.Q(("state", "waiting"), _negated=True),
                                        ("decided_at__isnull", False),
                                        ("decided_by__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="variation_decided_by_somebody",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state__in", ["refused", "changed"]), _negated=True),
                                    models.Q(("reason", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="variation_refused_with_reason",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "changed"), _negated=True),
                                    models.Q(("decided_severity__isnull", True), ("decided_type", "none")),
                                    models.Q(
                                        models.Q(("decided_type__in", ["", "none"]), _negated=True),
                                        ("decided_severity__gte", 1),
                                        ("decided_severity__lte", 5),
                                    ),
                                    _connector="OR",
                                ),
                                name="variation_changed_to_a_label",
                            ),
                        ],
                    },
                ),
            ]
        ),
    ]
