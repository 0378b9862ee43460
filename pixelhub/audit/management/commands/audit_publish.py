"""`manage.py audit_publish`: sign the head of the audit chain and put it into the object store."""

from typing import Any

from django.core.management.base import BaseCommand

from pixelhub.audit.verification import audit_publish_head


class Command(BaseCommand):
    help = "Sign the head of the audit chain and store it under a name that is written once."

    def handle(self, *args: Any, **options: Any) -> None:
        head = audit_publish_head()
        self.stdout.write(f"published {head.key}" if head else "The head is published already, or there is none.")
