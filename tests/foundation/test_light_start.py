"""What every process of the hub imports when it starts, and what it must not: seconds, several hundred times a run."""

import subprocess
import sys

from tests.paths import PROJECT_ROOT

# A worker, a job's process and a management command: services, job handlers, no page and no scoring.
START = """
import django, sys
django.setup()
import annotation.services, datasets_app.services, training_app.services, review.services
import datasets_app.jobs, annotation.jobs, training_app.jobs, review.jobs
print(*sys.modules)
"""
HEAVY = {"torch", "transformers", "scipy.stats", "sklearn", "statsmodels", "pandas", "onnxruntime"}
RULES = "datasets_app.corpus.screening.assessment"  # a second of compiling patterns


def test_heavy_libraries_come_when_they_are_used() -> None:
    environment = {"DJANGO_SETTINGS_MODULE": "tests.settings", "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", START], cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert sorted((HEAVY | {RULES}) & set(done.stdout.split())) == []
