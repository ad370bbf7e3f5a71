"""The environment decides how a server runs; what can't be used is refused with what to do."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from qbwc_server.config import Config, ConfigError, machine_time_zone
from tests.shared import PROJECT

SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "connex"


def test_without_variables_all_is_kept_in_the_data_folder(folder: Path) -> None:
    config = Config.from_environment({"CONNEX_DATA_DIR": str(folder)})
    assert config.data_dir == folder
    assert config.database_url == f"sqlite:///{folder / 'connex.sqlite3'}"
    assert config.in_flight_seconds == 120
    assert len(config.secret_key) >= 32
    assert folder.is_dir()


def test_without_a_data_folder_it_is_the_platforms_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("platformdirs.user_data_path", lambda name, **_: tmp_path / name)
    assert Config.from_environment({"CONNEX_DATA_DIR": ""}).data_dir == tmp_path / "connex"


def test_given_variables_are_taken_and_no_folder_is_made(folder: Path) -> None:
    config = Config.from_environment(
        {
            "CONNEX_DATA_DIR": str(folder),
            "CONNEX_DATABASE_URL": "postgresql://anna:geheim@db.example/connex",
            "CONNEX_SECRET_KEY": SECRET,
            "CONNEX_IN_FLIGHT_SECONDS": " 1 ",
            "TZ": "America/New_York",
        }
    )
    assert config.database_url == "postgresql://anna:geheim@db.example/connex"
    assert config.secret_key == SECRET.encode()
    assert config.in_flight_seconds == 1
    assert config.time_zone == "America/New_York"
    assert not folder.exists()


def test_secrets_are_not_in_what_a_log_would_show(folder: Path) -> None:
    config = Config.from_environment(
        {
            "CONNEX_DATA_DIR": str(folder),
            "CONNEX_DATABASE_URL": "postgresql://anna:geheim@db.example/connex",
            "CONNEX_SECRET_KEY": SECRET,
        }
    )
    assert "geheim" not in repr(config)
    assert SECRET not in repr(config)


def test_the_secret_key_is_made_once_and_readable_by_its_owner_alone(folder: Path) -> None:
    first, second = (Config.from_environment({"CONNEX_DATA_DIR": str(folder)}).secret_key for _ in range(2))
    assert first == second
    assert stat.S_IMODE((folder / "secret_key").stat().st_mode) == 0o600
    assert [file.name for file in folder.iterdir()] == ["secret_key"]


def test_two_folders_have_two_keys(folder: Path) -> None:
    keys = {Config.from_environment({"CONNEX_DATA_DIR": str(folder / name)}).secret_key for name in ("a", "b")}
    assert len(keys) == 2


def test_processes_that_start_together_end_with_one_key(folder: Path) -> None:
    program = (
        "import sys; from qbwc_server.config import Config; sys.stdin.readline();"
        "print(Config.from_environment({'CONNEX_DATA_DIR': sys.argv[1]}).secret_key.decode())"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(folder)],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    keys = {process.communicate(timeout=60)[0] for process in processes}
    assert len(keys) == 1
    assert len(keys.pop().strip()) >= 32
    assert [file.name for file in folder.iterdir()] == ["secret_key"]


def test_a_key_that_another_process_made_meanwhile_is_the_one_that_counts(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.mkdir(parents=True)
    (folder / "secret_key").write_text(SECRET + "\n")
    monkeypatch.setattr(Path, "exists", lambda _: False)  # what it saw just before the other one wrote
    assert Config.from_environment({"CONNEX_DATA_DIR": str(folder)}).secret_key == SECRET.encode()
    assert [file.name for file in folder.iterdir()] == ["secret_key"]


def test_a_key_file_that_was_cut_off_is_refused(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "secret_key").write_text("abc\n")
    with pytest.raises(ConfigError, match=r"secret_key has 3 characters.*remove the file"):
        Config.from_environment({"CONNEX_DATA_DIR": str(folder)})


def test_a_data_folder_that_can_not_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"CONNEX_DATA_DIR.*name a folder"):
        Config.from_environment({"CONNEX_DATA_DIR": str(tmp_path / "file" / "connex")})


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("CONNEX_SECRET_KEY", "too short", "at least 32 random characters"),
        ("CONNEX_IN_FLIGHT_SECONDS", "0", "from 1 to 3600"),
        ("CONNEX_IN_FLIGHT_SECONDS", "3601", "from 1 to 3600"),
        ("CONNEX_IN_FLIGHT_SECONDS", "9" * 10_000, "from 1 to 3600"),
        ("CONNEX_IN_FLIGHT_SECONDS", "-5", "from 1 to 3600"),
        ("CONNEX_IN_FLIGHT_SECONDS", "2 minutes", "whole number"),
        ("CONNEX_DATABASE_URL", "mysql://db.example/connex", "postgresql://"),
        ("CONNEX_DATABASE_URL", "connex.sqlite3", "sqlite:///FILE"),
        ("CONNEX_DATABASE_URL", "sqlite://", "sqlite:///FILE"),
        ("CONNEX_DATABASE_URL", "sqlite:///:memory:", "sqlite:///FILE"),
        ("CONNEX_DATABASE_URL", "postgresql://db.example:port/connex", "postgresql://"),
        ("TZ", "Mars/Olympus", "America/New_York"),
    ],
)
def test_what_can_not_be_used_is_refused_by_name_with_what_to_do(
    folder: Path, variable: str, value: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message) as refusal:
        Config.from_environment({"CONNEX_DATA_DIR": str(folder), variable: value})
    assert refusal.value.variable == variable
    assert str(refusal.value).startswith(variable)


@pytest.mark.parametrize(
    ("value", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (":Europe/Berlin", "Europe/Berlin"),
        ("/usr/share/zoneinfo/Europe/Berlin", "Europe/Berlin"),
        ("UTC", "UTC"),
    ],
)
def test_the_machines_zone_is_that_of_tz(value: str, zone: str) -> None:
    assert machine_time_zone({"TZ": value}) == zone


@pytest.mark.parametrize(
    ("target", "zone"),
    [
        ("zoneinfo/America/Denver", "America/Denver"),
        ("zoneinfo/posix/America/Denver", "America/Denver"),
        ("zoneinfo/Mars/Olympus", "UTC"),
        ("somewhere", "UTC"),
    ],
)
def test_without_tz_it_is_where_etc_localtime_leads_else_utc(tmp_path: Path, target: str, zone: str) -> None:
    (tmp_path / "localtime").symlink_to(tmp_path / target)
    assert machine_time_zone({}, tmp_path / "localtime") == zone


def test_without_any_sign_the_machines_zone_is_utc(tmp_path: Path) -> None:
    assert machine_time_zone({"TZ": ""}, tmp_path / "localtime") == "UTC"
