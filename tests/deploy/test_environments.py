"""What each way of deploying tells a process is read by the settings as it was meant."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.deploy.rendered import DEPLOY, containers, rendered, text_of
from tests.deploy.units import FOLDER, environment_of
from tests.paths import PROJECT_ROOT

_READ = """
import json, pixelhub.settings as s
names = ["ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "HUB_URL", "HTTPS", "SECURE_PROXY_SSL_HEADER", "OBJECT_STORE_URL",
         "OBJECT_STORE_ENDPOINT", "WHITENOISE_USE_FINDERS", "LIVE_PUSH", "EMAIL_USE_TLS", "EMAIL_PORT", "DEBUG", "DEMO"]
print(json.dumps({name: getattr(s, name) for name in names}
    | {"engine": s.DATABASES["default"]["ENGINE"], "host": s.DATABASES["default"]["HOST"]}))
"""


def settings_with(environment: dict[str, str], folder: Path) -> dict[str, object]:
    """The settings of a process that gets this environment and nothing else."""
    environment = {name: value for name, value in environment.items() if name != "PIXELHUB_VAR_DIR"}
    needed = {"PATH": os.environ["PATH"], "PIXELHUB_VAR_DIR": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", _READ], cwd=PROJECT_ROOT, env=environment | needed, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def of_compose(filled_in: dict[str, str]) -> dict[str, str]:
    """The environment of `web`, with Compose's rules for ${NAME:-default} and ${NAME:?message}."""
    environment = yaml.safe_load(text_of(DEPLOY / "compose" / "compose.yml"))["services"]["web"]["environment"]

    def value(found: "re.Match[str]") -> str:
        given = filled_in.get(found[1], "")
        assert given or found[2] == ":-", f"{found[1]} has to be filled in"
        return given or found[3]

    return {name: re.sub(r"\$\{(\w+)(:[-?])([^}]*)\}", value, str(text)) for name, text in environment.items()}


def of_chart(which: str, secrets: dict[str, str]) -> dict[str, str]:
    """The environment of `web` in the cluster; secrets that the Secret does not hold are not there."""
    (entries,) = [container["env"] for name, _, container in containers(rendered(which)) if name == "hub-web"]
    named = {entry["name"]: entry.get("value", secrets.get(entry["name"])) for entry in entries}
    required = {
        entry["name"]
        for entry in entries
        if "valueFrom" in entry and not entry["valueFrom"]["secretKeyRef"].get("optional")
    }
    assert required <= set(secrets)
    return {name: value for name, value in named.items() if value is not None}


SECRETS = {"SECRET_KEY": "k" * 64, "DATABASE_URL": "postgres://pixelhub:pw@database.example.org/pixelhub"}


@pytest.mark.parametrize("which", ["default", "production"])
def test_in_the_cluster(which: str, tmp_path: Path) -> None:
    read = settings_with(of_chart(which, SECRETS), tmp_path)
    assert (read["ALLOWED_HOSTS"], read["HUB_URL"]) == (["hub.example.org"], "https://hub.example.org")
    assert read["CSRF_TRUSTED_ORIGINS"] == ["https://hub.example.org"]
    assert (read["HTTPS"], read["SECURE_PROXY_SSL_HEADER"]) == (True, ["HTTP_X_FORWARDED_PROTO", "https"])
    assert (read["engine"], read["host"]) == ("django.db.backends.postgresql", "database.example.org")
    assert str(read["OBJECT_STORE_URL"]).startswith("s3://pixelhub")
    assert (read["EMAIL_USE_TLS"], read["EMAIL_PORT"]) == ((True, 587) if which == "production" else (False, 25))
    assert (read["DEBUG"], read["DEMO"]) == (False, False)


def test_in_compose(tmp_path: Path) -> None:
    secrets = {"SECRET_KEY": "k" * 64, "POSTGRES_PASSWORD": "p", "OBJECT_STORE_PASSWORD": "o"}
    read = settings_with(of_compose(secrets), tmp_path)
    assert (read["HTTPS"], read["SECURE_PROXY_SSL_HEADER"], read["CSRF_TRUSTED_ORIGINS"]) == (False, None, [])
    assert (read["host"], read["OBJECT_STORE_ENDPOINT"], read["LIVE_PUSH"]) == ("database", "http://objects:9000", True)
    assert read["ALLOWED_HOSTS"] == ["127.0.0.1", "localhost", "web"]
    behind = _commented_out(DEPLOY / "compose" / "compose.env.example")
    read = settings_with(of_compose(secrets | behind), tmp_path)
    assert (read["HTTPS"], read["ALLOWED_HOSTS"]) == (True, ["hub.example.org", "web"])
    assert read["CSRF_TRUSTED_ORIGINS"] == ["https://hub.example.org"]


def test_on_one_machine(tmp_path: Path) -> None:
    read = settings_with(environment_of(FOLDER / "pixelhub.env.example") | {"SECRET_KEY": "k" * 64}, tmp_path)
    assert (read["HTTPS"], read["WHITENOISE_USE_FINDERS"]) == (True, False)
    assert (read["engine"], read["host"]) == ("django.db.backends.postgresql", "")


def _commented_out(path: Path) -> dict[str, str]:
    """What an example shows behind a # for those who need it."""
    return dict(re.findall(r"^# ([A-Z_]+)=(\S+)$", text_of(path), flags=re.MULTILINE))
