"""The systemd units: verified by systemd itself, hardened, and naming only what exists."""

import importlib.util
import re
import shutil
from pathlib import Path

import environ
import pytest
from django.core.management import get_commands

from tests.deploy.programs import program, said_by
from tests.deploy.rendered import documented_settings, text_of
from tests.deploy.units import FOLDER, PROGRAMS, UNITS, commands_of, environment_of, settings_of

SYSTEM_UNITS = Path("/usr/lib/systemd/system")


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file system with our units, the system's own, and programs where ours are looked for."""
    if not SYSTEM_UNITS.is_dir():
        pytest.skip("systemd's own units are not at hand (Debian: systemd)")
    root = tmp_path_factory.mktemp("machine")
    shutil.copytree(SYSTEM_UNITS, root / "usr" / "lib" / "systemd" / "system", symlinks=True)
    ours, programs = root / "etc" / "systemd" / "system", root / PROGRAMS.lstrip("/")
    ours.mkdir(parents=True)
    programs.mkdir(parents=True)
    for path in FOLDER.glob("pixelhub*"):
        shutil.copy(path, ours)
    for name in ("python", "uvicorn"):
        (programs / name).write_text("#!/bin/sh\n", encoding="utf-8")
        (programs / name).chmod(0o755)
    return root


def _verified(root: Path, name: str) -> tuple[int, str]:
    unit = root / "etc" / "systemd" / "system" / name
    options = ["--man=no", "--generators=no", "--recursive-errors=one"]
    done = said_by([program("systemd-analyze"), "verify", f"--root={root}", *options, str(unit)])
    return done.returncode, "\n".join(line for line in done.stderr.splitlines() if "pixelhub" in line)


@pytest.mark.parametrize("name", [*UNITS, "pixelhub.target"])
def test_systemd_finds_nothing(machine: Path, name: str) -> None:
    assert _verified(machine, name) == (0, "")


def test_systemd_would_find_something(machine: Path) -> None:
    broken = machine / "etc" / "systemd" / "system" / "pixelhub-broken.service"
    broken.write_text("[Service]\nExecStart=/opt/pixelhub/.venv/bin/nothing\nProtectSystem=perhaps\n", encoding="utf-8")
    status, said = _verified(machine, broken.name)
    assert status != 0 or "perhaps" in said
    broken.unlink()


@pytest.mark.parametrize("name", UNITS)
def test_little_is_exposed(machine: Path, name: str) -> None:
    # systemd's own scale, in tenths: 0 is nothing, 100 everything; a plain service has 96
    options = [f"--root={machine}", "--offline=true", "--threshold=20"]
    done = said_by([program("systemd-analyze"), "security", *options, name])
    assert done.returncode == 0, done.stdout[-300:]


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_is_hardened_and_runs_as_its_own_user(name: str) -> None:
    unit = settings_of(FOLDER / name)
    assert (unit["User"], unit["Group"]) == (["pixelhub"], ["pixelhub"])
    assert unit["NoNewPrivileges"] == unit["PrivateTmp"] == unit["ProtectHome"] == ["yes"]
    assert unit["ProtectSystem"] == ["strict"]
    assert unit["CapabilityBoundingSet"] == unit["AmbientCapabilities"] == [""]
    assert unit["StateDirectory"] == ["pixelhub"]
    # a GPU is a device; nothing else needs one
    assert unit["PrivateDevices"] == ([] if "gpu" in name else ["yes"])
    if name != "pixelhub-migrate.service":
        assert unit["Restart"] == ["always"]
        assert unit["Requires"] == ["pixelhub-migrate.service"]
        assert "pixelhub-migrate.service" in unit["After"][0].split()
        assert name in settings_of(FOLDER / "pixelhub.target")["Wants"][0].split()


def test_every_command_exists() -> None:
    for name in UNITS:
        for arguments in commands_of(name):
            if arguments[:2] == ["python", "manage.py"]:
                assert arguments[2] in get_commands()
            else:
                assert arguments[0] == "uvicorn"
                assert "--no-access-log" in arguments
                assert importlib.util.find_spec(arguments[1].split(":")[0]) is not None


def test_every_setting_exists_and_the_state_is_where_systemd_makes_it() -> None:
    settings = environment_of(FOLDER / "pixelhub.env.example")
    assert sorted(set(settings) - documented_settings()) == []
    assert settings["SECRET_KEY"] == ""
    assert settings["PIXELHUB_VAR_DIR"] == "/var/lib/pixelhub"
    assert settings["OBJECT_STORE_URL"].startswith("file:///var/lib/pixelhub/")
    # over PostgreSQL's socket, where the system says who asks: no password
    database = environ.Env.db_url_config(settings["DATABASE_URL"])
    assert (database["NAME"], database["USER"], database["PASSWORD"]) == ("pixelhub", "pixelhub", "")
    assert not database["HOST"] and database["OPTIONS"] == {"host": "/run/postgresql"}


def test_only_loopback_is_listened_on() -> None:
    hosts = [re.findall(r"--host (\S+)", text_of(FOLDER / name)) for name in UNITS]
    assert {host for several in hosts for host in several} == {"127.0.0.1"}
