# The whole chain in one step, for a database from nothing: a table a model, nothing altered afterwards. A database
# that has begun the chain goes on along it (tests/foundation/test_squashed_migrations.py).

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from pixelhub.audit.append_only import append_only
from pixelhub.tables import CreateTables


class Migration(migrations.Migration):

    replaces = [('training_app', '0001_initial'), ('training_app', '0002_studies_points_and_kinds'), ('training_app', '0003_append_only_registry'), ('training_app', '0004_run_samples')]

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('audit', '0002_append_only'),
        ('datasets_app', '0003_decided_by_rater_model'),
        ('jobs', '0001_initial'),
    ]

    operations = [
        CreateTables([
        migrations.CreateModel(
            name='Study',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120)),
                ('method', models.CharField(choices=[('grid', 'Grid'), ('tpe', 'Bayesian (TPE)')], default='grid', max_length=8)),
                ('base_config', models.JSONField()),
                ('space', models.JSONField(help_text='Dotted configuration names and the values or the range that each may take.')),
                ('max_trials', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('succeeded', 'Succeeded'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='queued', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('started_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('job', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='study', to='jobs.job')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='studies', to='accounts.project')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='studies', to='datasets_app.release')),
                ('started_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'studies',
                'ordering': ('-id',),
            },
        ),
        migrations.CreateModel(
            name='Trial',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('params', models.JSONField()),
                ('config_sha256', models.CharField(max_length=64)),
                ('state', models.CharField(choices=[('running', 'Running'), ('complete', 'Complete'), ('pruned', 'Pruned'), ('failed', 'Failed')], default='running', max_length=10)),
                ('value', models.FloatField(null=True)),
                ('curve', models.JSONField(default=list)),
                ('validation', models.JSONField(default=dict)),
                ('seconds', models.FloatField(null=True)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('study', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='trials', to='training_app.study')),
            ],
            options={
                'ordering': ('study_id', 'number'),
                'constraints': [models.UniqueConstraint(fields=('study', 'number'), name='trial_number_once')],
            },
        ),
        migrations.CreateModel(
            name='ModelVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.CharField(max_length=20)),
                ('state', models.CharField(choices=[('candidate', 'Candidate'), ('validated', 'Validated'), ('in_review', 'In review'), ('approved', 'Approved'), ('production', 'In production'), ('retired', 'Retired'), ('rejected', 'Rejected')], default='candidate', max_length=12)),
                ('bundle_sha256', models.CharField(max_length=64)),
                ('object_prefix', models.CharField(max_length=120)),
                ('files', models.JSONField(default=dict)),
                ('lineage', models.JSONField(default=dict)),
                ('threshold', models.FloatField()),
                ('temperature', models.FloatField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('kind', models.CharField(choices=[('trained', 'Trained'), ('student', 'Student'), ('int8', 'INT8 export')], default='trained', max_length=8)),
                ('derived_from', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='derived', to='training_app.modelversion')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='model_versions', to='accounts.project')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='model_versions', to='datasets_app.release')),
                ('trainer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('run', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='model_version', to='training_app.trainingrun')),
            ],
            options={
                'ordering': ('-id',),
                'constraints': [models.UniqueConstraint(fields=('project', 'version'), name='model_version_number_once'), models.UniqueConstraint(fields=('project', 'bundle_sha256'), name='model_version_bundle_once'), models.CheckConstraint(condition=models.Q(('threshold__gte', 0), ('threshold__lte', 1)), name='model_version_threshold_share'), models.CheckConstraint(condition=models.Q(('temperature__gt', 0)), name='model_version_temperature_positive'), models.UniqueConstraint(condition=models.Q(('state', 'production')), fields=('project',), name='model_version_one_in_production'), models.CheckConstraint(condition=models.Q(models.Q(('derived_from', None), ('kind', 'trained')), models.Q(models.Q(('kind', 'trained'), _negated=True), ('derived_from__isnull', False)), _connector='OR'), name='model_version_origin_by_kind')],
            },
        ),
        migrations.CreateModel(
            name='FileEvaluation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120)),
                ('file_sha256', models.CharField(max_length=64)),
                ('label_kind', models.CharField(max_length=12)),
                ('overlap', models.PositiveIntegerField(help_text='Rows that were left out because the release holds them too.')),
                ('metrics', models.JSONField()),
                ('sha256', models.CharField(max_length=64)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('model_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='file_evaluations', to='training_app.modelversion')),
            ],
            options={
                'ordering': ('name', '-id'),
            },
        ),
        migrations.CreateModel(
            name='TestSetUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('model_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='test_set_uses', to='training_app.modelversion')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='test_set_uses', to='accounts.project')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='test_set_uses', to='datasets_app.release')),
            ],
            options={
                'ordering': ('-id',),
            },
        ),
        migrations.CreateModel(
            name='TrainingRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120)),
                ('config', models.JSONField()),
                ('config_sha256', models.CharField(max_length=64)),
                ('state', models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('succeeded', 'Succeeded'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='queued', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('started_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('best_epoch', models.PositiveIntegerField(null=True)),
                ('validation', models.JSONField(default=dict)),
                ('kind', models.CharField(choices=[('train', 'Training'), ('distil', 'Distillation of a student'), ('export', 'Export as INT8')], default='train', max_length=8)),
                ('cloned_from', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='clones', to='training_app.trainingrun')),
                ('job', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='training_run', to='jobs.job')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='training_runs', to='accounts.project')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='training_runs', to='datasets_app.release')),
                ('reproduced', models.ForeignKey(help_text='The version that this run made again, byte for byte; it then has none of its own.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='training_app.modelversion')),
                ('source_version', models.ForeignKey(help_text='The teacher of a distillation, or the version that is exported.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='derived_runs', to='training_app.modelversion')),
                ('started_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('study', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='training_app.study')),
            ],
            options={
                'ordering': ('-id',),
                'indexes': [models.Index(fields=['project', '-id'], name='training_run_project')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('kind', 'train'), ('source_version', None)), models.Q(models.Q(('kind', 'train'), _negated=True), ('source_version__isnull', False)), _connector='OR'), name='training_run_source_by_kind')],
            },
        ),
        migrations.CreateModel(
            name='VersionTransition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('before', models.CharField(blank=True, choices=[('candidate', 'Candidate'), ('validated', 'Validated'), ('in_review', 'In review'), ('approved', 'Approved'), ('production', 'In production'), ('retired', 'Retired'), ('rejected', 'Rejected')], max_length=12)),
                ('after', models.CharField(choices=[('candidate', 'Candidate'), ('validated', 'Validated'), ('in_review', 'In review'), ('approved', 'Approved'), ('production', 'In production'), ('retired', 'Retired'), ('rejected', 'Rejected')], max_length=12)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('model_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='transitions', to='training_app.modelversion')),
            ],
            options={
                'ordering': ('-id',),
                'indexes': [models.Index(fields=['after', '-at'], name='version_transition_after')],
            },
        ),
        migrations.CreateModel(
            name='Evaluation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('split', models.CharField(default='test', max_length=12)),
                ('metrics', models.JSONField()),
                ('sha256', models.CharField(max_length=64)),
                ('test_set_sha256', models.CharField(max_length=64)),
                ('use_number', models.PositiveIntegerField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('model_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evaluations', to='training_app.modelversion')),
            ],
            options={
                'ordering': ('-id',),
                'constraints': [models.UniqueConstraint(fields=('model_version', 'split', 'use_number'), name='evaluation_use_once')],
            },
        ),
        migrations.CreateModel(
            name='CardSection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(choices=[('intended_use', 'Notes on intended use'), ('limits', 'Known limits'), ('ethics', 'Ethical considerations'), ('caveats', 'Caveats and recommendations')], max_length=16)),
                ('revision', models.PositiveIntegerField()),
                ('text', models.TextField(max_length=8000)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('model_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='card_sections', to='training_app.modelversion')),
            ],
            options={
                'ordering': ('model_version_id', 'name', '-revision'),
                'constraints': [models.UniqueConstraint(fields=('model_version', 'name', 'revision'), name='card_section_revision_once')],
            },
        ),
        migrations.CreateModel(
            name='RunSample',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('cpu_percent', models.FloatField(null=True)),
                ('rss_mb', models.FloatField()),
                ('gpu_percent', models.FloatField(null=True)),
                ('gpu_mb', models.FloatField(null=True)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='samples', to='training_app.trainingrun')),
            ],
            options={
                'ordering': ('run_id', 'id'),
            },
        ),
        migrations.CreateModel(
            name='RunPoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('step', models.PositiveIntegerField()),
                ('at', models.DateTimeField()),
                ('values', models.JSONField()),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='points', to='training_app.trainingrun')),
            ],
            options={
                'ordering': ('run_id', 'step'),
                'constraints': [models.UniqueConstraint(fields=('run', 'step'), name='run_point_once')],
            },
        ),
        migrations.CreateModel(
            name='RunMetric',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('epoch', models.PositiveIntegerField()),
                ('name', models.CharField(max_length=40)),
                ('value', models.FloatField()),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='metrics', to='training_app.trainingrun')),
            ],
            options={
                'ordering': ('run_id', 'epoch', 'name'),
                'constraints': [models.UniqueConstraint(fields=('run', 'epoch', 'name'), name='run_metric_once')],
            },
        ),
        ]),
        append_only("training_app_versiontransition", what="state changes of versions"),
        append_only("training_app_fileevaluation", what="evaluations on files"),
        append_only("training_app_cardsection", what="card sections"),
    ]
