"""What each role may do on the pages: one table, which every page's right is looked up in."""

from __future__ import annotations

from enum import Enum

from qbwc_server.store.people import ACCOUNTANT, OWNER, VIEWER


class Right(Enum):
    """Something that a page lets a person do; the value says it in words."""

    READ = "read refunds, connections and sessions"
    OWN_ACCOUNT = "keep an account: password, second factor, language"
    DECIDE = "decide on refunds: approve, decline, try again"
    SETTINGS = "change a connection's settings and download its .qwc file"
    AUDIT = "read who did what"
    PEOPLE = "add people, change their roles, end their sign-ins, remove them"


RIGHTS: dict[str, frozenset[Right]] = {
    OWNER: frozenset(Right),
    ACCOUNTANT: frozenset({Right.READ, Right.OWN_ACCOUNT, Right.DECIDE, Right.SETTINGS, Right.AUDIT}),
    VIEWER: frozenset({Right.READ, Right.OWN_ACCOUNT}),
}


def may(role: str, right: Right) -> bool:
    """Whether a role has a right; an unknown role has none.

    >>> may("accountant", Right.SETTINGS), may("viewer", Right.SETTINGS), may("stranger", Right.READ)
    (True, False, False)
    """
    return right in RIGHTS.get(role, frozenset())
