from __future__ import annotations

from django.db import migrations

HOSTS = {"shop.localhost": "The bookshop", "club.localhost": "The reading club"}


def name_hosts(apps, schema_editor):
    site = apps.get_model("sites", "Site")
    for domain, name in HOSTS.items():
        site.objects.create(domain=domain, name=name)


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0001_initial"),
        ("sites", "0002_alter_domain_unique"),
    ]
    operations = [migrations.RunPython(name_hosts, migrations.RunPython.noop)]
