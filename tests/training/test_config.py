"""The configuration file: typed, complete, refusing what it does not know."""

from pathlib import Path

import pytest

from training_app.learn.config import TrainingConfig, config_from, config_read, config_sha256, config_write
from training_app.learn.errors import ConfigInvalid


def test_config_survives_a_round_trip(tmp_path: Path) -> None:
    config = config_from({"optimisation": {"epochs": 3}, "loss": {"alpha": [1.0] * 7}})
    config_write(config, tmp_path / "config.json")
    assert config_read(tmp_path / "config.json") == config


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        ({"optimisation": {"epochs": 0}}, "optimisation.epochs"),
        ({"optimisation": {"learning_rate": "fast"}}, "learning_rate"),
        ({"optimisation": {"lr": 1e-3}}, "lr"),
        ({"loss": {"alpha": [1.0, 2.0]}}, "7 weights"),
        ({"loss": {"alpha": 0.25}}, "alpha"),
        ({"model": {"backbone": ""}}, "backbone"),
        ({"colour": "blue"}, "colour"),
        ({"data": {"max_length": 100_000}}, "max_length"),
    ],
)
def test_config_refuses_and_names_the_field(bad: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigInvalid, match=named):
        config_from(bad)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b'{"data": NaN}', b"\xff\xfe", b"[" * 100_000])
def test_config_refuses_what_is_no_json_object(raw: bytes) -> None:
    with pytest.raises(ConfigInvalid):
        config_from(raw)


def test_fingerprint_ignores_folders_and_threads_only() -> None:
    base = config_sha256(TrainingConfig())
    assert config_sha256(config_from({"compute": {"threads": 4}, "output": {"out_dir": "elsewhere"}})) == base
    assert config_sha256(config_from({"optimisation": {"seed": 1}})) != base
