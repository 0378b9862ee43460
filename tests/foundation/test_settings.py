"""Configuration: defaults that start, mistakes that are named."""

import os
import subprocess
import sys

import pytest
from django.conf import settings as live_settings
from django.core.checks import run_checks
from django.db import connection

from tests.paths import PROJECT_ROOT


def check_with(environment: dict[str, str], tmp_path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=PROJECT_ROOT,
        env={"PATH": os.environ["PATH"], "PIXELHUB_VAR_DIR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
    )


def test_a_bare_machine_passes_the_checks(tmp_path) -> None:
    answer = check_with({}, tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert "ERRORS" not in answer.stderr


@pytest.mark.parametrize(
    ("environment", "word"),
    [
        ({"OBJECT_STORE_URL": "ftp://somewhere"}, "pixelhub.E001"),
        ({"PIXELHUB_DEMO": "1", "ALLOWED_HOSTS": "hub.example.org"}, "pixelhub.W002"),
        ({"PIXELHUB_HTTPS": "1"}, "pixelhub.W001"),
    ],
)
def test_a_mistake_is_named_with_a_hint(environment: dict[str, str], word: str, tmp_path) -> None:
    answer = check_with(environment, tmp_path)
    assert word in answer.stdout + answer.stderr
    assert "HINT" in answer.stdout + answer.stderr


def test_no_check_fails_in_the_test_configuration() -> None:
    assert [message for message in run_checks() if message.is_serious()] == []


@pytest.mark.django_db
def test_sqlite_runs_with_the_settings_that_lose_nothing() -> None:
    if connection.vendor != "sqlite":
        assert live_settings.DATABASES["default"]["CONN_HEALTH_CHECKS"] is True
        return
    options = live_settings.DATABASES["default"]["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA synchronous").fetchone()[0] == 2
        assert cursor.execute("PRAGMA busy_timeout").fetchone()[0] == 30_000


def test_the_policy_allows_nothing_inline() -> None:
    directives = live_settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert directives["script-src"] == ["'self'"]
    assert not [value for values in directives.values() for value in values if "unsafe" in value]
