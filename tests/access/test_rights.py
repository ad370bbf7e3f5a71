"""What each role may do."""

from __future__ import annotations

from qbwc_server.access.rights import RIGHTS, Right, may
from qbwc_server.store.people import ROLES


def test_every_role_stands_in_the_table() -> None:
    assert set(RIGHTS) == set(ROLES)


def test_an_owner_may_do_everything_and_a_viewer_changes_nothing_but_the_own_account() -> None:
    assert RIGHTS["owner"] == set(Right)
    assert RIGHTS["viewer"] == {Right.READ, Right.OWN_ACCOUNT}


def test_an_accountant_decides_and_sets_but_leaves_people_alone() -> None:
    assert [may("accountant", right) for right in (Right.DECIDE, Right.SETTINGS, Right.AUDIT)] == [True] * 3
    assert not may("accountant", Right.PEOPLE)
