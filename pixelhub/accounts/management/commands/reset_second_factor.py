"""`manage.py reset_second_factor USERNAME`: for somebody who lost phone and recovery codes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from pixelhub.accounts.models import User
from pixelhub.accounts.services import second_factor_withdraw


class Command(BaseCommand):
    help = "Take away a person's second factor and sign them out everywhere. Make sure first that it is them who ask."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"Nobody is called {options['username']}.")
        if not second_factor_withdraw(user=user):
            raise CommandError(f"{user.username} has no second factor.")
        self.stdout.write(f"{user.username} signs in by password now, and sets a new one up where a role asks for it.")
