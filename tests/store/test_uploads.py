"""Files that wait to be taken in: bounded, theirs who sent them, and tried without a trace."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import select

from qbwc_server.store import uploads
from qbwc_server.store.connections import add_connection, connection_named
from qbwc_server.store.database import Database
from qbwc_server.store.refunds import Imported, take_in
from qbwc_server.store.tables import Event, Refund, Upload
from qbwc_server.store.uploads import KEPT_FOR, MAX_UPLOADS, UploadProblem
from tests.web.builders import refund_payload

NOW = datetime(2024, 3, 1, 12, tzinfo=timezone.utc)


@pytest.fixture(autouse=True)
def connection(database: Database) -> None:
    """A connection called main."""
    with database.transaction() as session:
        add_connection(session, "main", "", "x", {}, NOW, "test")


def keep(database: Database, content: bytes = b"x", now: datetime = NOW) -> int:
    with database.transaction() as session:
        main = connection_named(session, "main")
        return uploads.keep(session, main, content, file_name="a", file_format="", who="Ada", now=now).id


def found(database: Database, upload_id: int, who: str = "Ada", now: datetime = NOW) -> bytes | None:
    with database.reading() as session:
        both = uploads.find(session, connection_named(session, "main"), upload_id, who=who, now=now)
        return both[1] if both else None


def test_a_file_is_theirs_who_sent_it_for_a_while(database: Database) -> None:
    upload_id = keep(database, b"orders")
    assert found(database, upload_id) == b"orders"
    assert found(database, upload_id, who="Bob") is None
    assert found(database, upload_id, now=NOW + KEPT_FOR + timedelta(seconds=1)) is None


def test_only_so_many_files_wait_and_old_ones_go(database: Database) -> None:
    ids = [keep(database) for _ in range(MAX_UPLOADS + 1)]
    assert [found(database, each) is not None for each in ids] == [False] + [True] * MAX_UPLOADS
    last = keep(database, now=NOW + KEPT_FOR * 2)
    with database.reading() as session:
        assert list(session.scalars(select(Upload.id))) == [last]


def test_an_empty_file_is_refused(database: Database) -> None:
    with pytest.raises(UploadProblem, match="is empty"):
        keep(database, b"")


def test_trying_tells_what_taking_in_does_and_leaves_no_trace(database: Database) -> None:
    known, changed, new = (refund_payload("#1001", each) for each in ("1", "2", "3"))
    with database.transaction() as session:
        take_in(session, connection_named(session, "main"), [known, refund_payload("#1001", "2", title="Old")], NOW)
    with database.transaction() as session:
        main = connection_named(session, "main")
        tried = uploads.attempt(session, main, [known, changed, new], NOW)
    with database.reading() as session:
        assert session.query(Refund).count() == 2
        assert session.query(Event).count() == 2
    with database.transaction() as session:
        done = take_in(session, connection_named(session, "main"), [known, changed, new], NOW)
    assert tried.each == ("known", "changed", "new")
    assert tried.counts == done
    assert isinstance(done, Imported)
