"""`manage.py sweep_jobs`: what a worker does every few seconds, once and by hand."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from pixelhub.jobs.sweep import clear_leftovers, sweep


class Command(BaseCommand):
    help = "Give back jobs whose worker is silent, deliver what is due, clear leftovers."

    def handle(self, *args: Any, **options: Any) -> None:
        report = sweep()
        clear_leftovers()
        self.stdout.write(f"lapsed {report.lapsed}, delivered {report.delivered}")
