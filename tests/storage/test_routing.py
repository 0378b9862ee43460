"""Which family a path belongs to: a table in a file, refused where it is unclear."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.checks import routing_table_is_clear, sync_sources_name_source_and_target
from datasets_app.corpus.routing import RoutingInvalid, load_routing, parse_routing
from datasets_app.corpus.taxonomy import FAMILIES, STAGES
from datasets_app.services.inventory import current_routing


def test_our_table_knows_every_family_and_the_layout() -> None:
    routing = load_routing()
    for family in FAMILIES:
        route = routing.of(f"gdrive/processed/{family}/part/x.jsonl")
        assert route is not None and (route.name, route.is_family) == (family, True)
        assert routing.stage_of(family) in STAGES
    for key, name in {
        "voice/x.jsonl": "voice_persona",
        "final_dataset/manifest.json": "final_dataset",
        "final_dataset/shards/train/0.jsonl": "final_dataset",
        "exports/releases/v1/manifest.json": "exports",
        "daily/days/x": "daily_snapshots",
        "imports/alpha/x": "hub",
    }.items():
        route = routing.of(key)
        assert route is not None and route.name == name
    for key in ("gdrive/x", "gdrive/processed/cptsd", "gdrive/processed/cptsd2/x", "xvoice/x", ""):
        assert routing.of(key) is None, key


def table(**changes: Any) -> dict[str, Any]:
    families = [{"name": name, "stage": 1, "paths": [f"{name}/"]} for name in FAMILIES]
    return {"family": families, **changes}


def test_the_longest_path_decides() -> None:
    extra = {"name": "sarcasm", "stage": 1, "paths": ["cptsd/wit/"], "expected_objects": 3}
    routing = parse_routing(table(family=[*table()["family"], extra]))
    names = [route.name for key in ("cptsd/wit/x", "cptsd/w", "cptsd/with/x") if (route := routing.of(key))]
    assert names == ["sarcasm", "cptsd", "cptsd"]
    assert routing.paths_of("sarcasm") == ["cptsd/wit/", "sarcasm/"] and routing.expected == {"sarcasm": 3}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"family": table()["family"][1:]}, "mental_health_datasets"),
        ({"families": []}, "families"),
        ({"family": {"name": "cptsd"}}, r"\[\[family\]\]"),
        ({"area": [{"name": "cptsd", "paths": ["x/"]}]}, "is a family"),
        ({"area": [{"name": "x", "paths": []}]}, "no paths"),
        ({"area": [{"name": "x", "paths": ["/x/"]}]}, "folder/folder/"),
        ({"area": [{"name": "x", "paths": ["x"]}]}, "folder/folder/"),
        ({"area": [{"name": "x", "paths": ["x/"], "stage": 1}]}, "unknown fields: stage"),
        ({"area": [{"name": "x", "paths": ["cptsd/"]}]}, "twice"),
        ({"area": [{"paths": ["x/"]}]}, "no name"),
        ({"family": [*table()["family"], {"name": "poetry", "stage": 1, "paths": ["p/"]}]}, "none of the families"),
        ({"family": [*table()["family"], {"name": "cptsd", "stage": 2, "paths": ["p/"]}]}, "two stages"),
        ({"family": [*table()["family"], {"name": "cptsd", "stage": 5, "paths": ["p/"]}]}, "1, 2, 3 or 4"),
        ({"family": [*table()["family"], {"name": "cptsd", "stage": True, "paths": ["p/"]}]}, "1, 2, 3 or 4"),
        (
            {"family": [*table()["family"], {"name": "cptsd", "stage": 1, "paths": ["p/"], "expected_objects": 0}]},
            "above 0",
        ),
    ],
)
def test_an_unclear_table_is_refused_by_name(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(RoutingInvalid, match=told):
        parse_routing(table(**wrong))


@given(st.dictionaries(st.sampled_from(["family", "area", "x"]), st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "paths", "stage"]), inner),
    max_leaves=10,
)))  # fmt: skip
def test_no_table_breaks_the_reader(anything: dict[str, Any]) -> None:
    with pytest.raises(RoutingInvalid):
        parse_routing(anything)


def test_the_operators_own_file_replaces_ours(settings: Any, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text("\n".join(f'[[family]]\nname = "{name}"\nstage = 2\npaths = ["mine/{name}/"]' for name in FAMILIES))
    settings.ROUTING_FILE = str(own)
    assert current_routing().of("mine/cptsd/x") and current_routing().of("voice/x") is None
    for broken in ("not toml [", "\x00"):
        own.write_text(broken)
        with pytest.raises(RoutingInvalid, match=r"own\.toml cannot be read"):
            current_routing()
    settings.ROUTING_FILE = str(tmp_path / "gone.toml")
    with pytest.raises(RoutingInvalid, match="FileNotFoundError"):
        current_routing()


def test_a_wrong_configuration_is_named_before_the_hub_starts(settings: Any, tmp_path: Path) -> None:
    assert routing_table_is_clear(None) == [] == sync_sources_name_source_and_target(None)
    settings.ROUTING_FILE = str(tmp_path / "gone.toml")
    settings.SYNC_SOURCES = {"good": {"source": "x:y", "target": "gdrive/"}, "bad": {"source": "x:y"}, "worse": "x:y"}
    [routing] = routing_table_is_clear(None)
    assert (routing.id, "gone.toml" in routing.msg) == ("datasets_app.E002", True)
    assert ["'bad'" in m.msg or "'worse'" in m.msg for m in sync_sources_name_source_and_target(None)] == [True, True]
