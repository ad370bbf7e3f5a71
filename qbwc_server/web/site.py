"""What every page needs: the database, the door, the clock, and the right that a page asks of whoever opens it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar, cast

from flask import Flask, current_app

from qbwc_server.access.passwords import Passwords
from qbwc_server.access.rights import Right
from qbwc_server.access.sealing import Sealing
from qbwc_server.access.second_factor import SecondFactor
from qbwc_server.store.database import Database
from qbwc_server.store.tables import Person

_EXTENSION = "connex"
_View = TypeVar("_View", bound=Callable[..., Any])


class SignInDoor(Protocol):
    """Tells who a name and a password belong to."""

    def person(self, name: str, password: str, remote_address: str, /) -> Person | None:
        """The person, or None whether it is the name or the password that is wrong."""
        ...


@dataclass(frozen=True)
class Site:
    """What the pages stand on."""

    database: Database
    sign_in: SignInDoor
    passwords: Passwords
    second_factor: SecondFactor
    sealing: Sealing
    clock: Callable[[], datetime]
    server_zone: str = "UTC"  # of connections that have no zone of their own
    first_owner_code: str = ""  # what makes the first owner's account; empty: no page makes it


def install(app: Flask, site: Site) -> None:
    """Gives the application its site."""
    app.extensions[_EXTENSION] = site


def site() -> Site:
    """The site of the application that answers now."""
    return cast("Site", current_app.extensions[_EXTENSION])


def needs(right: Right) -> Callable[[_View], _View]:
    """Marks a view with the right that a person must have to open it; a view without a mark opens for nobody."""

    def mark(view: _View) -> _View:
        view.needs_right = right  # type: ignore[attr-defined]
        return view

    return mark


def right_of(view: Callable[..., Any]) -> Right | None:
    """The right that a view asks for; None where it names none."""
    found: Right | None = getattr(view, "needs_right", None)
    return found


def open_to_everybody(view: _View) -> _View:
    """Marks a view that needs no login."""
    view.is_open_to_everybody = True  # type: ignore[attr-defined]
    return view


def is_open_to_everybody(view: Callable[..., Any]) -> bool:
    """Whether a view needs no login."""
    return getattr(view, "is_open_to_everybody", False)
