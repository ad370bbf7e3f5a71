"""The configuration of a server, read once from the environment (the variables are those of the manual's list)."""

from __future__ import annotations

import os
import secrets
import tempfile
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs
from sqlalchemy import make_url

from qbwc_server.store.database import URL_ADVICE, Database, DatabaseURLError, sqlite_url

DATABASE_URL = "CONNEX_DATABASE_URL"
DATA_DIR = "CONNEX_DATA_DIR"
SECRET_KEY = "CONNEX_SECRET_KEY"  # noqa: S105  the variable's name
IN_FLIGHT_SECONDS = "CONNEX_IN_FLIGHT_SECONDS"

MIN_SECRET_CHARACTERS = 32
DEFAULT_IN_FLIGHT_SECONDS, MIN_IN_FLIGHT_SECONDS, MAX_IN_FLIGHT_SECONDS = 120, 1, 3600
DATABASE_FILE = "connex.sqlite3"
SECRET_FILE = "secret_key"  # noqa: S105  a file's name
LOCAL_TIME = Path("/etc/localtime")


class ConfigError(ValueError):
    """A variable that can't be used; the sentence names it, says why, and what to do."""

    def __init__(self, variable: str, reason: str, advice: str) -> None:
        self.variable = variable
        self.reason = reason
        self.advice = advice
        super().__init__(f"{variable} {reason}; {advice}")


@dataclass(frozen=True)
class Config:
    """How this server runs. Secrets are left out of its repr."""

    database_url: str = field(repr=False)
    data_dir: Path
    secret_key: bytes = field(repr=False)
    in_flight_seconds: int  # see Sessions in the manual: how long a set that writes may be on its way
    time_zone: str  # of this machine, a zoneinfo name; connections without a zone of their own use it

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Config:
        """The configuration that `environ` asks for; an empty variable counts as absent.

        Makes the data folder, and in it the secret key, where they are needed and not there. Raises ConfigError.
        """
        data_dir = _data_dir(environ)
        return cls(
            database_url=_database_url(environ, data_dir),
            data_dir=data_dir,
            secret_key=_secret_key(environ, data_dir),
            in_flight_seconds=_in_flight_seconds(environ),
            time_zone=machine_time_zone(environ),
        )


def machine_time_zone(environ: Mapping[str, str], local_time: Path = LOCAL_TIME) -> str:
    """The zoneinfo name of this machine's zone: TZ, else where the link /etc/localtime leads, else UTC.

    Raises ConfigError for a TZ that names no zone: refunds would be dated by the wrong days.
    """
    named = environ.get("TZ", "").lstrip(":")
    if named:
        zone = _zone_name(named)
        if not _is_zone(zone):
            raise ConfigError("TZ", f"is {named!r}, which is no time zone", "set a name such as America/New_York")
        return zone
    zone = _zone_name(os.path.realpath(local_time)) if local_time.is_symlink() else ""
    return zone if _is_zone(zone) else "UTC"


def _data_dir(environ: Mapping[str, str]) -> Path:
    chosen = environ.get(DATA_DIR, "")
    folder = Path(chosen).expanduser() if chosen else platformdirs.user_data_path("connex", appauthor=False)
    return folder.absolute()


def _database_url(environ: Mapping[str, str], data_dir: Path) -> str:
    url = environ.get(DATABASE_URL, "")
    if not url:
        _make_folder(data_dir)
        return sqlite_url(data_dir / DATABASE_FILE)
    try:
        Database(url).close()  # opens nothing yet
        in_memory = make_url(url).database in (None, "", ":memory:")
    except DatabaseURLError as error:
        raise ConfigError(DATABASE_URL, f"can't be used ({error.reason})", URL_ADVICE) from None
    if in_memory:
        raise ConfigError(DATABASE_URL, "names no database", URL_ADVICE)
    return url


def _secret_key(environ: Mapping[str, str], data_dir: Path) -> bytes:
    given = environ.get(SECRET_KEY, "")
    if given:
        return _long_enough(given, SECRET_KEY, f"give at least {MIN_SECRET_CHARACTERS} random characters")
    _make_folder(data_dir)
    path = data_dir / SECRET_FILE
    try:
        if not path.exists():
            _make_secret(path)
        kept = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        advice = f"give the key in {SECRET_KEY}, or make the file readable and writable for this user alone"
        raise ConfigError(str(path), f"can't be used ({error})", advice) from error
    return _long_enough(kept, str(path), "remove the file, and a new key is made; people then sign in again")


def _long_enough(key: str, place: str, advice: str) -> bytes:
    if len(key) < MIN_SECRET_CHARACTERS:
        raise ConfigError(place, f"has {len(key)} characters, too few for a secret key", advice)
    return key.encode()


def _make_secret(path: Path) -> None:
    """Writes a new key beside `path` and links it there: whole or not at all, and the first of several makers wins."""
    handle, written = tempfile.mkstemp(dir=path.parent, prefix=".secret_key-")  # made with mode 0600
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(written, path)
    except FileExistsError:
        return  # another process was first; its key is the one
    finally:
        os.unlink(written)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        advice = "name a folder that this user may write to"
        raise ConfigError(
            DATA_DIR, f"is the folder {folder}, which can't be made ({error.strerror})", advice
        ) from error


def _in_flight_seconds(environ: Mapping[str, str]) -> int:
    text = environ.get(IN_FLIGHT_SECONDS, "").strip()
    if not text:
        return DEFAULT_IN_FLIGHT_SECONDS
    advice = f"give a whole number of seconds from {MIN_IN_FLIGHT_SECONDS} to {MAX_IN_FLIGHT_SECONDS}"
    if not (text.isascii() and text.isdecimal()):
        raise ConfigError(IN_FLIGHT_SECONDS, f"is {text!r}, which is no whole number", advice)
    seconds = int(text) if len(text) < 10 else MAX_IN_FLIGHT_SECONDS + 1
    if not MIN_IN_FLIGHT_SECONDS <= seconds <= MAX_IN_FLIGHT_SECONDS:
        raise ConfigError(IN_FLIGHT_SECONDS, f"is {text}, out of range", advice)
    return seconds


def _zone_name(path: str) -> str:
    """The part of a path below the zoneinfo folder; a name as it is."""
    name = path.rpartition("zoneinfo/")[2]
    return name.removeprefix("posix/").removeprefix("right/")


def _is_zone(name: str) -> bool:
    try:
        return bool(name) and zoneinfo.ZoneInfo(name).key == name
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
