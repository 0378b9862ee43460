"""The Helm chart: rendered by Helm's engine, held against Kubernetes' schemas and against the code that it starts."""

import importlib.util
import json
import re
from typing import Any

import pytest
import yaml
from django.core.management import get_commands
from django.urls import Resolver404, resolve

from pixelhub.jobs import alive
from tests.deploy.rendered import (
    CHART,
    RELEASE,
    Manifest,
    containers,
    documented_settings,
    helm,
    of_kind,
    pod_of,
    render,
    rendered,
    served_without_pages,
    text_of,
)
from tests.monitoring.files import DASHBOARDS, RULES, dashboard
from tests.paths import PROJECT_ROOT

WHICH = ("default", "everything", "production")
#: Kinds of other projects, for which Kubernetes has no schema: tried by hand (docs/deployment.md).
CUSTOM = {"IngressRoute", "Middleware", "TLSOption", "ServiceMonitor", "PrometheusRule"}
SECRET_WORDS = re.compile(r"SECRET|PASSWORD|TOKEN|DATABASE_URL|ACCESS_KEY")


@pytest.mark.parametrize("version", ["1.28", "1.34", "1.37"])
@pytest.mark.parametrize("which", WHICH)
def test_every_manifest_fits_the_schema_of_kubernetes(which: str, version: str) -> None:
    validator = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed")
    kinds = set()
    for manifest in rendered(which):
        if manifest["kind"] not in CUSTOM:
            validator.validate(manifest, version, strict=True)
            kinds.add(manifest["kind"])
    expected = {"Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy", "Job"}
    assert expected | {"ServiceAccount"} <= kinds
    assert ("CronJob" in kinds) == (which != "default")


def test_helm_finds_nothing_to_complain_about() -> None:
    found = helm().lint(str(CHART))
    assert found["errors"] == []
    assert {message["error"] for message in found["messages"]} <= {"icon is recommended"}


def test_three_to_ten_of_each() -> None:
    manifests = rendered("default")
    scaled = {
        manifest["metadata"]["name"]: manifest["spec"] for manifest in of_kind(manifests, "HorizontalPodAutoscaler")
    }
    assert {name: (spec["minReplicas"], spec["maxReplicas"]) for name, spec in scaled.items()} == {
        f"{RELEASE}-{name}": (3, 10) for name in ("web", "worker", "inference")
    }
    deployments = {manifest["metadata"]["name"]: manifest["spec"] for manifest in of_kind(manifests, "Deployment")}
    assert {spec["scaleTargetRef"]["name"] for spec in scaled.values()} <= set(deployments)
    # a number in the deployment would fight with the autoscaler at each roll-out
    assert [name for name in scaled if "replicas" in deployments[name]] == []
    assert deployments[f"{RELEASE}-gpu-worker"]["replicas"] == 1
    fixed = render({name: {"autoscaling": {"enabled": False}} for name in ("web", "worker", "inference")})
    assert {manifest["spec"]["replicas"] for manifest in of_kind(fixed, "Deployment")} == {3, 1}
    assert of_kind(fixed, "HorizontalPodAutoscaler") == []


@pytest.mark.parametrize("which", WHICH)
def test_no_container_may_do_more_than_it_must(which: str) -> None:
    found = list(containers(rendered(which)))
    assert len(found) >= 6
    for name, pod, container in found:
        context, everybody = container["securityContext"], pod["securityContext"]
        assert context["readOnlyRootFilesystem"] is True, name
        assert context["allowPrivilegeEscalation"] is False, name
        assert context["capabilities"] == {"drop": ["ALL"]}, name
        assert (everybody["runAsNonRoot"], everybody["runAsUser"]) == (True, 10001), name
        assert everybody["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert pod["automountServiceAccountToken"] is False, name
        assert set(container["resources"]) == {"requests", "limits"}, name
        assert all("memory" in container["resources"][part] for part in ("requests", "limits")), name
        # what is written has a place, and nothing else has
        mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
        assert {"/tmp", "/var/lib/pixelhub", "/keys"} <= set(mounts), name
        assert mounts["/keys"]["readOnly"] is True, name
        assert {mount["name"] for mount in mounts.values()} <= {volume["name"] for volume in pod["volumes"]}, name
        assert not any("hostPath" in volume for volume in pod["volumes"]), name
        assert not container["image"].endswith(":latest"), name


@pytest.mark.parametrize("which", WHICH)
def test_every_setting_exists_and_no_secret_is_written_down(which: str) -> None:
    known, seen = documented_settings(), set()
    for name, _, container in containers(rendered(which)):
        for entry in container["env"]:
            seen.add(entry["name"])
            assert entry["name"] in known, f"{name}: {entry['name']}"
            if SECRET_WORDS.search(entry["name"]):
                assert set(entry) == {"name", "valueFrom"}, f"{name}: {entry['name']}"
        assert len({entry["name"] for entry in container["env"]}) == len(container["env"]), name
    assert {"SECRET_KEY", "DATABASE_URL", "OBJECT_STORE_URL", "PIXELHUB_HTTPS", "BEHIND_TLS_PROXY"} <= seen


def test_what_is_configured_wins_over_what_is_derived() -> None:
    changed = render({"host": "hub.clinic.example", "config": {"ALLOWED_HOSTS": "hub.clinic.example,10.1.2.3"}})
    _, _, web = next(found for found in containers(changed) if found[0] == f"{RELEASE}-web")
    values = {entry["name"]: entry.get("value") for entry in web["env"]}
    assert values["ALLOWED_HOSTS"] == "hub.clinic.example,10.1.2.3"
    assert (values["HUB_URL"], values["CSRF_TRUSTED_ORIGINS"]) == ("https://hub.clinic.example",) * 2


@pytest.mark.parametrize("which", WHICH)
def test_every_probe_asks_something_that_answers(which: str) -> None:
    asked: set[str] = set()
    for name, _, container in containers(of_kind(rendered(which), "Deployment")):
        probes = [probe for kind, probe in container.items() if kind.endswith("Probe")]
        assert {kind for kind in container if kind.endswith("Probe")} >= {"startupProbe", "livenessProbe"}, name
        for probe in probes:
            if "httpGet" in probe:
                asked.add(probe["httpGet"]["path"])
                assert probe["httpGet"]["port"] in {port["name"] for port in container["ports"]}, name
            else:
                assert probe["exec"]["command"] == ["python", "-m", alive.__name__], name
            # both may wait some seconds for models that are loading
            assert probe["timeoutSeconds"] >= 5, name
    assert asked == {"/healthz", "/readyz"}
    assert asked <= served_without_pages()


@pytest.mark.parametrize("which", WHICH)
def test_every_command_exists(which: str) -> None:
    commands = []
    for _, _, container in containers(rendered(which)):
        arguments = container["args"]
        if arguments[:2] == ["python", "manage.py"]:
            commands.append(arguments[2])
            # the scoring image has no packages for pages, and so none for Django's command line
            assert "pixelhub-inference" not in container["image"]
            assert arguments[2] in get_commands()
        else:
            assert arguments[0] == "uvicorn"
            # addresses of pages hold what people search for, and logs are read by others
            assert "--no-access-log" in arguments
            module, attribute = arguments[1].split(":")
            assert importlib.util.find_spec(module) is not None
            assert attribute == "application"
    assert {"worker", "migrate", "check"} <= set(commands)


def test_what_the_page_says_of_metrics_is_so() -> None:
    try:
        served = resolve("/metrics") is not None
    except Resolver404:
        served = "/metrics" in served_without_pages()
    page = text_of(PROJECT_ROOT / "docs" / "deployment.md")
    assert served
    assert "ask `/metrics`\nof web and inference ([metrics.md](metrics.md))" in page
    (monitor,) = of_kind(rendered("everything"), "ServiceMonitor")
    assert [endpoint["path"] for endpoint in monitor["spec"]["endpoints"]] == ["/metrics"]
    assert of_kind(rendered("production"), "ServiceMonitor") == []


def test_rules_and_dashboards_are_those_of_the_folder() -> None:
    manifests = rendered("everything")
    (rules,) = of_kind(manifests, "PrometheusRule")
    assert rules["spec"] == yaml.safe_load(text_of(RULES))
    assert rules["metadata"]["labels"]["release"] == "prometheus"
    boards = of_kind(manifests, "ConfigMap")
    assert {name: json.loads(text) for board in boards for name, text in board["data"].items()} == {
        path.name: dashboard(path) for path in DASHBOARDS
    }
    assert [board["metadata"]["labels"]["grafana_dashboard"] for board in boards] == ["1"] * len(DASHBOARDS)
    assert len({board["metadata"]["name"] for board in boards}) == len(DASHBOARDS)
    assert of_kind(rendered("default"), "PrometheusRule", "ConfigMap") == []
    # the names by which the rules see that a process is gone
    (monitor,) = of_kind(manifests, "ServiceMonitor")
    (rename,) = monitor["spec"]["endpoints"][0]["relabelings"]
    assert (rename["targetLabel"], rename["replacement"]) == ("job", "pixelhub-$1")
    services = [service["metadata"]["labels"] for service in of_kind(manifests, "Service")]
    assert {labels["app.kubernetes.io/component"] for labels in services} == {"web", "inference"}
    assert rename["sourceLabels"] == ["__meta_kubernetes_service_label_app_kubernetes_io_component"]


def test_the_database_is_migrated_before_anything_is_rolled_out() -> None:
    (job,) = of_kind(rendered("default"), "Job")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    pod = job["spec"]["template"]["spec"]
    assert pod["initContainers"][0]["args"] == ["python", "manage.py", "check", "--deploy"]
    assert pod["containers"][0]["args"] == ["python", "manage.py", "migrate", "--no-input"]
    # nothing of the chart exists yet when it runs first
    assert pod["serviceAccountName"] == "default"
    assert job["spec"]["backoffLimit"] == 0


def test_the_scoring_service_never_holds_the_key_that_signs() -> None:
    held = {}
    for manifest in of_kind(rendered("default"), "Deployment"):
        pod = pod_of(manifest)
        assert pod is not None
        (keys,) = [volume["secret"] for volume in pod["spec"]["volumes"] if volume["name"] == "keys"]
        held[manifest["metadata"]["name"]] = {item["key"] for item in keys["items"]}
        # group-readable for the process's group, nobody else
        assert keys["defaultMode"] == 0o440
    assert held[f"{RELEASE}-inference"] == {"signing.pub", "session_text"}
    assert held[f"{RELEASE}-web"] == {"signing.pem", "signing.pub", "session_text"}


def test_backbones_lie_at_the_same_place_for_every_process() -> None:
    for which, there in (("default", False), ("everything", True)):
        for name, pod, container in containers(rendered(which)):
            values = {entry["name"]: entry.get("value") for entry in container["env"]}
            assert (values.get("PIXELHUB_MODEL_DIRS") == "/models") is there, name
            assert ({"name": "models", "mountPath": "/models", "readOnly": True} in container["volumeMounts"]) is there
            assert any(volume["name"] == "models" for volume in pod["volumes"]) is there, name


def test_services_budgets_and_policies_find_their_pods() -> None:
    manifests = rendered("everything")
    pods = [pod["metadata"]["labels"] for manifest in manifests if (pod := pod_of(manifest)) is not None]

    def chosen(labels: dict[str, str]) -> int:
        return sum(labels.items() <= pod.items() for pod in pods)

    for service in of_kind(manifests, "Service"):
        assert chosen(service["spec"]["selector"]) == 1
    for budget in of_kind(manifests, "PodDisruptionBudget"):
        assert chosen(budget["spec"]["selector"]["matchLabels"]) == 1
        assert budget["spec"]["maxUnavailable"] == 1
    for deployment in of_kind(manifests, "Deployment"):
        assert chosen(deployment["spec"]["selector"]["matchLabels"]) == 1
    (deny,) = [m for m in of_kind(manifests, "NetworkPolicy") if m["metadata"]["name"].endswith("-default-deny")]
    assert chosen(deny["spec"]["podSelector"]["matchLabels"]) == len(pods)
    assert deny["spec"] == {"podSelector": deny["spec"]["podSelector"], "policyTypes": ["Ingress", "Egress"]}


def test_nobody_reaches_a_pod_but_who_is_named() -> None:
    came_from: dict[str, set[str]] = {}
    for policy in of_kind(rendered("everything"), "NetworkPolicy"):
        for rule in policy["spec"].get("ingress", []):
            assert rule["from"] and rule["ports"] == [{"port": "http", "protocol": "TCP"}]
            names = {peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for peer in rule["from"]}
            came_from[policy["metadata"]["name"]] = names
    assert came_from == {
        f"{RELEASE}-web": {"traefik", "monitoring"},
        f"{RELEASE}-inference": {"traefik", "monitoring", "chat"},
    }


def test_what_goes_outside_goes_to_public_addresses_and_never_from_the_scoring_service() -> None:
    (outside,) = [
        policy
        for policy in of_kind(rendered("default"), "NetworkPolicy")
        if policy["metadata"]["name"].endswith("-outside")
    ]
    (components,) = outside["spec"]["podSelector"]["matchExpressions"]
    assert set(components["values"]) == {"web", "worker", "gpu-worker"}
    blocks = [peer["ipBlock"] for rule in outside["spec"]["egress"] for peer in rule.get("to", [])]
    assert {"10.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8"} <= set(
        blocks[0]["except"]
    )
    # in production every store is named: no rule is left that goes anywhere
    for policy in of_kind(rendered("production"), "NetworkPolicy"):
        assert all(rule.get("to") for rule in policy["spec"].get("egress", []))


def _matches(rule: str, path: str) -> bool:
    """Traefik's Path and PathPrefix of a rule; a rule without either takes every path."""
    paths, prefixes = re.findall(r"\bPath\(`([^`]+)`\)", rule), re.findall(r"\bPathPrefix\(`([^`]+)`\)", rule)
    return not (paths or prefixes) or path in paths or any(path.startswith(prefix) for prefix in prefixes)


def _service_for(route: Manifest, path: str) -> Any:
    rules = sorted(route["spec"]["routes"], key=lambda rule: -rule["priority"])
    return next(rule for rule in rules if _matches(rule["match"], path))["services"][0]["name"]


def test_scores_go_to_the_scoring_service_and_pages_to_the_pages() -> None:
    routes = of_kind(rendered("default"), "IngressRoute")
    (secure,) = [route for route in routes if route["spec"]["entryPoints"] == ["websecure"]]
    # Each pod answers these for itself; Prometheus asks the pods and not the door.
    own = {"/healthz", "/health", "/readyz", "/ready", "/metrics"}
    for path in served_without_pages() - own:
        assert _service_for(secure, path) == f"{RELEASE}-inference", path
    for path in ("/api/v1/conversations/socket", "/api/v1/conversations/0190-uuid/turns"):
        assert _service_for(secure, path) == f"{RELEASE}-inference", path
    pages = {"/", "/accounts/login/", "/ws/live/", "/ws/conversations/", "/api/v1/datasets/imports", "/static/ui/x.css"}
    for path in pages | own:
        assert _service_for(secure, path) == f"{RELEASE}-web", path
    assert secure["spec"]["tls"] == {"secretName": "pixelhub-tls", "options": {"name": RELEASE}}
    services = {manifest["metadata"]["name"] for manifest in of_kind(rendered("default"), "Service")}
    middlewares = {manifest["metadata"]["name"] for manifest in of_kind(rendered("default"), "Middleware")}
    for route in routes:
        for rule in route["spec"]["routes"]:
            assert {service["name"] for service in rule["services"]} <= services
            assert {middleware["name"] for middleware in rule["middlewares"]} <= middlewares
    (plain,) = [route for route in routes if route["spec"]["entryPoints"] == ["web"]]
    assert [m["name"] for m in plain["spec"]["routes"][0]["middlewares"]] == [f"{RELEASE}-to-https"]
    (option,) = of_kind(rendered("default"), "TLSOption")
    assert option["spec"]["minVersion"] == "VersionTLS12"


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"trustedProxies": "*"}, "trustedProxies"),
        ({"ingress": {"tls": {"secretName": "", "certResolver": ""}}}, "tls"),
        ({"host": "https://hub.example.org"}, "host"),
        ({"web": {"replicas": 0}}, "replicas"),
        ({"config": {"allowed_hosts": "x"}}, "allowed_hosts"),
        ({"inferense": {}}, "inferense"),
        ({"secret": {"existing": ""}}, "existing"),
    ],
)
def test_values_that_can_not_be_meant_are_refused(values: dict[str, Any], word: str) -> None:
    with pytest.raises(helm().HelmError, match=word):
        render(values)
