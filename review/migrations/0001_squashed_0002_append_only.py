# The whole chain in one step, for a database from nothing: a table a model, nothing altered afterwards. A database
# that has begun the chain goes on along it (tests/foundation/test_squashed_migrations.py).

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from pixelhub.audit.append_only import append_only


class Migration(migrations.Migration):

    replaces = [('review', '0001_initial'), ('review', '0002_append_only')]

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('datasets_app', '0001_initial'),
        ('training_app', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Campaign',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('open', 'open'), ('closed', 'closed')], default='open', max_length=10)),
                ('seed', models.PositiveBigIntegerField()),
                ('minimum_judged', models.PositiveIntegerField()),
                ('bundle_sha256', models.CharField(max_length=64)),
                ('predictions_sha256', models.CharField(max_length=64)),
                ('population', models.JSONField(default=dict)),
                ('figures', models.JSONField(default=dict)),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('closed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('evaluation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='campaigns', to='training_app.evaluation')),
                ('model_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='campaigns', to='training_app.modelversion')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='campaigns', to='accounts.project')),
            ],
            options={
                'ordering': ['-created_at', '-pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('model_version',), name='review_one_open_campaign'), models.CheckConstraint(condition=models.Q(('state', 'open'), models.Q(('sha256', ''), _negated=True), _connector='OR'), name='review_closed_campaign_has_digest')],
            },
        ),
        migrations.CreateModel(
            name='ReviewCase',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('prediction', models.JSONField()),
                ('stratum', models.CharField(max_length=80)),
                ('weight', models.FloatField()),
                ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cases', to='review.campaign')),
                ('record', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='review_cases', to='datasets_app.record')),
                ('reviewer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='review_cases', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['position'],
                'constraints': [models.UniqueConstraint(fields=('campaign', 'record'), name='review_case_once'), models.UniqueConstraint(fields=('campaign', 'position'), name='review_case_position'), models.CheckConstraint(condition=models.Q(('weight__gte', 1.0)), name='review_case_weight')],
            },
        ),
        migrations.CreateModel(
            name='Judgement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('correct_type', models.CharField(max_length=32)),
                ('correct_severity', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('blind_at', models.DateTimeField(auto_now_add=True)),
                ('verdict', models.CharField(blank=True, choices=[('agree', 'agree'), ('should_escalate', 'should escalate'), ('should_not_escalate', 'should not escalate')], max_length=24)),
                ('comment', models.TextField(blank=True)),
                ('judged_at', models.DateTimeField(blank=True, null=True)),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('expert', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='judgements', to=settings.AUTH_USER_MODEL)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='judgements', to='review.reviewcase')),
            ],
            options={
                'ordering': ['case_id', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('case', 'expert'), name='review_judgement_once'), models.CheckConstraint(condition=models.Q(models.Q(('judged_at__isnull', True), ('sha256', ''), ('verdict', '')), models.Q(models.Q(('verdict', ''), _negated=True), ('judged_at__isnull', False), models.Q(('sha256', ''), _negated=True)), _connector='OR'), name='review_judgement_whole'), models.CheckConstraint(condition=models.Q(('correct_severity__isnull', True), ('correct_severity__range', (1, 5)), _connector='OR'), name='review_judgement_severity')],
            },
        ),
        migrations.CreateModel(
            name='SignOff',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('bundle_sha256', models.CharField(max_length=64)),
                ('decision', models.CharField(choices=[('approved', 'approved'), ('rejected', 'rejected')], max_length=10)),
                ('reason', models.TextField()),
                ('document', models.JSONField()),
                ('signature', models.JSONField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='signoffs', to='review.campaign')),
                ('model_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='signoffs', to='training_app.modelversion')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='signoffs', to='accounts.project')),
                ('signer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='signoffs', to=settings.AUTH_USER_MODEL)),
                ('trainer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-created_at', '-pk'],
                'constraints': [models.UniqueConstraint(fields=('model_version', 'signer'), name='review_signoff_once'), models.CheckConstraint(condition=models.Q(('signer', models.F('trainer')), _negated=True), name='review_signer_not_trainer')],
            },
        ),
        migrations.CreateModel(
            name='TaskTick',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('task', models.CharField(max_length=40)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('done_at', models.DateTimeField(auto_now_add=True)),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
                ('done_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='task_ticks', to='accounts.project')),
                ('undone_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('undone_at__isnull', True)), fields=('project', 'task'), name='review_tick_once')],
            },
        ),
        append_only("review_signoff", what="sign-offs"),
    ]
