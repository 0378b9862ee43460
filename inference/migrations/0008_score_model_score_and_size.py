from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('inference', '0007_contact_checks'),
    ]

    operations = [
        migrations.AddField(
            model_name='scorelog',
            name='model_score',
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name='scorelog',
            name='messages',
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='scorelog',
            name='characters',
            field=models.PositiveIntegerField(null=True),
        ),
    ]
