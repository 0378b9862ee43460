"""`manage.py run_cluster`: a q2 cluster none of whose processes outlives its parent. Started by `worker`."""

from __future__ import annotations

import os
import signal
from typing import Any

from django.core.management.base import BaseCommand
from django_q.cluster import Cluster

from pixelhub.jobs.guard import die_with_parent
from pixelhub.jobs.registry import handlers


class Command(BaseCommand):
    help = "Run one q2 cluster for the queue in Q_CLUSTER_NAME (started by `worker`, not by hand)."
    # The worker has checked; a child must start quickly and not fail for what is no concern of its job.
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        # Their imports take seconds: after a delivery's claim nobody would renew its lease meanwhile.
        handlers()
        # q2 leaves orphans when a parent is killed: every process it forks asks to die with the one that forked it.
        os.register_at_fork(after_in_child=lambda: die_with_parent(signal.SIGKILL))
        Cluster().start()
