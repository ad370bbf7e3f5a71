"""A simulated QuickBooks and Web Connector against a running server, for trying an installation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from qbsim import Company, CompanyFileError, QuickBooks
from qbsim.clock import real_time
from qbsim.companies import UnknownCompanyError, make_company
from qbsim.web_connector import SessionResult, WebConnector
from qbwc_server.demo.world import make_world

DEMO_REFUNDS, DEMO_SEED = 24, 1  # of the company that is written where there is none, as `connex demo` makes it
TIMEOUT_SECONDS = 100.0
SOAP_PATH = "/qbwc"  # of every Connex server
GOOD_OUTCOMES = frozenset({"completed", "nothing_to_do"})


class SimulationError(ValueError):
    """A simulation that can't begin; says why and what to do."""


@dataclass(frozen=True)
class Simulation:
    """What the simulated Web Connector did."""

    sessions: int = 0
    round_trips: int = 0
    outcomes: tuple[str, ...] = ()
    problem: str = ""  # why it ended badly; empty where it did not
    log: tuple[str, ...] = field(default=(), repr=False)

    def as_dict(self) -> dict[str, Any]:
        """For --json."""
        return {
            "sessions": self.sessions,
            "round_trips": self.round_trips,
            "outcomes": list(self.outcomes),
            "problem": self.problem or None,
        }


def simulate(
    url: str,
    username: str,
    password: str,
    company_file: Path,
    sessions: int,
    say: Callable[[str], Any] | None,
    like: str | None = None,
) -> Simulation:
    """Runs sessions until there is nothing to do, one fails, or their number is reached.

    The company is saved after every message set. Where there is no such file it becomes the ready company of the name
    `like`, or the demo's. Raises SimulationError where the file, the name or the address can't be used.
    """
    url = _soap_address(url)
    company = _company(company_file, like, say)
    connector = WebConnector(
        url,
        username,
        password,
        QuickBooks(company),
        company_path=str(company_file.resolve()),
        timeout_seconds=TIMEOUT_SECONDS,
        after_set=lambda: company.save(company_file),
        log=say,
    )
    done: list[SessionResult] = []
    for _ in range(sessions):
        result = connector.run_session()
        done.append(result)
        if result.outcome != "completed":
            break
    last = done[-1]
    problem = "" if last.outcome in GOOD_OUTCOMES else f"The last session ended as {last.outcome}: {last.last_error}"
    return Simulation(
        sessions=len(done),
        round_trips=sum(result.round_trips for result in done),
        outcomes=tuple(result.outcome for result in done),
        problem=problem,
    )


def _soap_address(url: str) -> str:
    """The address of the SOAP endpoint; the server's own will do."""
    example = "is not an address such as http://localhost:8080/qbwc"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise SimulationError(f"{url!r} {example}: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SimulationError(f"{url!r} {example}")
    return parts._replace(path=SOAP_PATH).geturl() if parts.path in ("", "/") else url


def _company(path: Path, like: str | None, say: Callable[[str], Any] | None) -> Company:
    if path.exists():
        try:
            return Company.load(path)
        except (CompanyFileError, OSError) as error:
            raise SimulationError(f"the company file {path} can't be read: {error}") from None
    company = _new_company(like)
    try:
        company.save(path)
    except OSError as error:
        raise SimulationError(f"the company file {path} can't be written: {error.strerror}") from None
    if say is not None:
        say(f"Wrote the company of {like or 'the demo'} to {path}.")
    return company


def _new_company(like: str | None) -> Company:
    if like is None:
        return make_world(refunds=DEMO_REFUNDS, seed=DEMO_SEED, now=datetime.now(timezone.utc)).company
    try:
        company = make_company(like)
    except UnknownCompanyError as error:
        raise SimulationError(str(error)) from None
    company.clock = real_time
    return company
