"""The Compose file: valid by the Compose specification, hardened, and naming only what exists."""

import importlib.util
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

from tests.deploy.programs import program, said_by
from tests.deploy.rendered import DEPLOY, documented_settings, text_of
from tests.deploy.test_container import stages
from tests.deploy.units import environment_of
from tests.monitoring.files import DASHBOARDS, RULES
from tests.paths import PROJECT_ROOT

FILE = DEPLOY / "compose" / "compose.yml"
OWN = {"setup", "web", "worker", "gpu-worker", "inference"}
OTHERS = {"database", "redis", "objects", "bucket", "keys-place", "prometheus", "grafana"}


@cache
def services() -> dict[str, dict[str, Any]]:
    return yaml.safe_load(text_of(FILE))["services"]  # type: ignore[no-any-return]


def test_it_is_valid_by_the_specification() -> None:
    done = said_by([program("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(FILE)])
    assert done.returncode == 0, done.stdout
    assert set(services()) == OWN | OTHERS


def test_every_setting_exists() -> None:
    for name in OWN:
        assert sorted(set(services()[name]["environment"]) - documented_settings()) == [], name


@pytest.mark.parametrize("name", sorted(OWN))
def test_our_containers_are_hardened(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert any(volume.endswith(":/var/lib/pixelhub") for volume in service["volumes"])
    assert f"keys:/keys{'' if name == 'setup' else ':ro'}" in service["volumes"]
    assert service["build"]["target"] in stages()
    assert (FILE.parent / service["build"]["context"]).resolve() == PROJECT_ROOT
    assert service["image"].startswith(f"pixelhub-{service['build']['target']}:")


def test_commands_exist() -> None:
    named = re.findall(r"manage\.py (\w+)", text_of(FILE))
    assert {"make_keys", "migrate", "worker"} <= set(named)
    assert sorted(set(named) - set(get_commands())) == []
    assert importlib.util.find_spec("pixelhub.asgi") is not None


def test_nothing_but_loopback_is_opened_and_stores_reach_nowhere() -> None:
    for name, service in services().items():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
    for name in ("database", "redis", "objects", "bucket"):
        assert services()[name]["networks"] == ["inside"]
    assert yaml.safe_load(text_of(FILE))["networks"]["inside"] == {"internal": True}


def test_images_of_others_have_versions() -> None:
    for name in OTHERS:
        assert re.fullmatch(r"[\w./-]+:(v?\d[\w.-]*|RELEASE\.[\w-]+)", services()[name]["image"]), name


def test_everything_waits_for_what_it_needs() -> None:
    for name in OWN - {"setup"}:
        assert services()[name]["depends_on"]["setup"] == {"condition": "service_completed_successfully"}
    assert services()["setup"]["depends_on"]["database"] == {"condition": "service_healthy"}
    for service in services().values():
        assert set(service.get("depends_on", {})) <= set(services())


def test_no_secret_has_a_default_and_the_example_names_each() -> None:
    text = text_of(FILE)
    needed = set(re.findall(r"\$\{([A-Z_]+):\?", text))
    example = environment_of(FILE.with_name("compose.env.example"))
    assert needed == {name for name, value in example.items() if value == ""}
    assert {"SECRET_KEY", "POSTGRES_PASSWORD", "OBJECT_STORE_PASSWORD", "GRAFANA_PASSWORD"} == needed
    assert not re.findall(r"\$\{\w*(?:SECRET|PASSWORD)\w*:-", text)


def mounted(service: str) -> dict[str, Path]:
    """Place in the container -> place here, of what is mounted from this folder."""
    pairs = [volume.split(":") for volume in services()[service]["volumes"] if volume.startswith(".")]
    assert all(pair[2:] == ["ro"] for pair in pairs)
    return {pair[1]: (FILE.parent / pair[0]).resolve() for pair in pairs}


def test_prometheus_asks_services_that_are_there() -> None:
    configuration = yaml.safe_load(text_of(FILE.with_name("prometheus.yml")))
    asked = {
        job["job_name"]: target
        for job in configuration["scrape_configs"]
        for config in job["static_configs"]
        for target in config["targets"]
    }
    listening = {"web": "8000", "inference": "8001"}
    assert asked == {f"pixelhub-{name}": f"{name}:{port}" for name, port in listening.items()}
    for name, port in listening.items():
        assert f"EXPOSE {port}" in stages()[services()[name]["build"]["target"]]
    places = mounted("prometheus")
    assert [places[file] for file in configuration["rule_files"]] == [RULES]
    assert f"--config.file={next(iter(places))}" in services()["prometheus"]["command"]


def test_promtool_accepts_the_configuration(tmp_path: Path) -> None:
    for place, here in mounted("prometheus").items():
        text = text_of(here).replace("/etc/prometheus/", "").replace("/run/secrets/", "")
        (tmp_path / Path(place).name).write_text(text, encoding="utf-8")
    (secret,) = services()["prometheus"]["secrets"]
    (tmp_path / secret).write_text("shown at /metrics", encoding="utf-8")
    done = said_by([program("promtool"), "check", "config", str(tmp_path / "prometheus.yml")])
    assert done.returncode == 0, done.stderr
    assert "1 rule files found" in done.stdout


def test_grafana_finds_its_source_and_every_dashboard() -> None:
    places = mounted("grafana")
    (source,) = yaml.safe_load(text_of(places["/etc/grafana/provisioning/datasources"] / "prometheus.yml"))[
        "datasources"
    ]
    assert source["url"] == "http://prometheus:9090"
    provisioned = places["/etc/grafana/provisioning/dashboards"] / "pixelhub.yml"
    (provider,) = yaml.safe_load(text_of(provisioned))["providers"]
    assert sorted(places[provider["options"]["path"]].glob("*.json")) == DASHBOARDS
