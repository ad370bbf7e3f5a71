"""Refunds in the store: taken in once, changed only while nothing of them has left, counted against their sale."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal

from qbwc_server.refunds.model import MoneyBack, Order, OrderTold, Refund, RefundLine
from qbwc_server.store.connections import add_connection, connection_named
from qbwc_server.store.database import Database
from qbwc_server.store.refunds import Imported, count_ready, data_of, ready, take_in, taken_by_others
from qbwc_server.store.tables import Document, MessageSet, Session, SetRequest
from qbwc_server.store.tables import Refund as Row

NOW = datetime(2024, 5, 6, 12, 0, tzinfo=timezone.utc)


def refund(external_id: str, amount: str = "20.00", order: str = "#1001") -> Refund:
    line = RefundLine("l", "HAT", "Hat", Decimal(1), Decimal(amount))
    return Refund(
        source="shopify",
        shop="",
        external_id=external_id,
        order=Order(order_id="1", number=order),
        created_at=NOW,
        currency="USD",
        lines=(line,),
        money=(MoneyBack(Decimal(amount), "card", "t"),),
    )


def bring_in(database: Database, *refunds: Refund) -> Imported:
    with database.transaction() as session:
        if not session.query(Row).first() and "shop" not in {c.name for c in _connections(session)}:
            add_connection(session, "shop", "shop", "hash", {}, NOW, "test")
        return take_in(session, connection_named(session, "shop"), refunds, NOW)


def _connections(session):  # type: ignore[no-untyped-def]
    from qbwc_server.store.connections import all_connections

    return all_connections(session)


def document(row: Row, state: str, role: str = "memo", amount: str = "20.00") -> Document:
    return Document(
        refund=row,
        role=role,
        part=1,
        generation=1,
        request_type="CreditMemoAdd",
        request=b"<CreditMemoAddRq/>",
        macro="TxnID:X",
        external_guid="{X}",
        customer_id="C-1",
        ref_number="1001-ABC",
        amount=Decimal(amount),
        uses_memo=False,
        alone=False,
        state=state,
    )


def row_of(session, external_id: str) -> Row:  # type: ignore[no-untyped-def]
    return session.query(Row).filter_by(external_id=external_id).one()


def test_the_same_refund_twice_changes_nothing(database: Database) -> None:
    assert bring_in(database, refund("r1"), refund("r2")) == Imported(added=2)
    assert bring_in(database, refund("r1"), refund("r2")) == Imported(unchanged=2)
    assert bring_in(database, refund("r3"), refund("r3")) == Imported(added=1, unchanged=1)


def test_a_refund_that_the_shop_changed_is_taken_anew_while_nothing_has_left(database: Database) -> None:
    bring_in(database, refund("r1"))
    assert bring_in(database, refund("r1", "15.00", "#1002")) == Imported(changed=1)
    with database.reading() as session:
        row = row_of(session, "r1")
        assert (row.order_number, row.amount, row.status, row.stage) == ("1002", Decimal("15.00"), "waiting", "find")
        assert data_of(row).value == Decimal("15.00")


def test_a_plan_that_was_not_sent_is_dropped_for_the_shops_new_figures(database: Database) -> None:
    bring_in(database, refund("r1"))
    with database.transaction() as session:
        row = row_of(session, "r1")
        session.add(document(row, "planned"))
        row.status, row.stage, row.total, row.sale_txn_id = "posting", "post", Decimal("20.00"), "S-1"

    assert bring_in(database, refund("r1", "15.00")) == Imported(changed=1)

    with database.reading() as session:
        row = row_of(session, "r1")
        assert row.documents == []
        assert (row.status, row.stage, row.total) == ("waiting", "find", None)


def test_what_was_sent_posted_or_decided_is_not_changed_any_more(database: Database) -> None:
    bring_in(database, *[refund(f"r{number}") for number in range(5)])
    with database.transaction() as session:
        for number, state in enumerate(("sent", "posted", "review", "planned")):
            session.add(document(row_of(session, f"r{number}"), state))
        session.flush()
        connection_id = connection_named(session, "shop").id
        run = Session(
            connection_id=connection_id, ticket_digest="d", remote_address="", started_at=NOW, last_call_at=NOW
        )
        session.add(run)
        session.flush()
        once_sent = row_of(session, "r3").documents[0]
        session.add(
            MessageSet(
                connection_id=connection_id,
                session_id=run.id,
                kind="post",
                writes=True,
                message_set_id="M",
                request=b"",
                state="answered",
                sent_at=NOW,
                last_sent_at=NOW,
                requests=[SetRequest(request_id="d", document_id=once_sent.id)],
            )
        )
        decided = row_of(session, "r4")
        decided.status, decided.stage = "skipped", "done"
        decided.reason = {"code": "stopped_by_person", "message": "No."}

    changed = bring_in(database, *[refund(f"r{number}", "15.00") for number in range(5)])

    assert changed == Imported(changed_too_late=5)
    with database.reading() as session:
        assert {row.amount for row in session.query(Row)} == {Decimal("20.00")}


def test_halved_batches_come_first_and_are_no_larger_than_their_half(database: Database) -> None:
    bring_in(database, *[refund(f"r{number}") for number in range(6)])
    with database.transaction() as session:
        for number, limit in ((3, 2), (4, 2), (5, 2)):
            row_of(session, f"r{number}").batch_limit = limit
        connection_id = connection_named(session, "shop").id
        session.flush()
        assert [row.external_id for row in ready(session, connection_id, "find", NOW, 10)] == ["r3", "r4"]
        assert count_ready(session, connection_id, NOW) == {"find": 6}


def test_what_waits_for_a_time_is_not_ready_before_it(database: Database) -> None:
    bring_in(database, refund("r1"))
    with database.transaction() as session:
        row_of(session, "r1").not_before = NOW.replace(hour=13)
        session.flush()
        connection_id = connection_named(session, "shop").id
        assert count_ready(session, connection_id, NOW) == {}
        assert count_ready(session, connection_id, NOW.replace(hour=13)) == {"find": 1}


def test_a_memo_in_the_books_counts_against_the_sale_whatever_became_of_its_refund(database: Database) -> None:
    bring_in(database, refund("r1"), refund("r2"), refund("r3"))
    with database.transaction() as session:
        for external_id, status, state in (("r1", "failed", "posted"), ("r2", "failed", "failed")):
            row = row_of(session, external_id)
            row.status, row.sale_txn_id, row.total, row.tax, row.shares = status, "S-1", Decimal("20.00"), None, []
            session.add(document(row, state))
        session.flush()
        assert taken_by_others(session, row_of(session, "r3"), "S-1").total == Decimal("20.00")


def told(database: Database, *refunds: str, as_of: datetime, order_id: str = "1") -> Imported:
    """The shop tells of the order 1001 with the refunds that it has."""
    order = OrderTold("shopify", "", order_id, "#1001", as_of, frozenset(refunds))
    with database.transaction() as session:
        return take_in(session, connection_named(session, "shop"), (), NOW, told=[order])


def statuses(database: Database) -> dict[str, str]:
    with database.reading() as session:
        return {row.external_id: row.status + (row.reason or {}).get("code", "") for row in session.query(Row)}


def test_a_refund_that_its_order_has_no_more_was_taken_back(memory: Database) -> None:
    bring_in(memory, refund("1"), refund("2"), refund("3", order="#1002"))
    later = NOW + timedelta(seconds=1)

    assert told(memory, "1", as_of=later) == Imported(changed=1)

    assert statuses(memory) == {"1": "waiting", "2": "skippedwithdrawn", "3": "waiting"}
    assert told(memory, "1", as_of=later) == Imported()
    assert bring_in(memory, refund("2")) == Imported(changed=1)
    assert statuses(memory)["2"] == "waiting"


def test_an_order_of_before_a_refund_and_one_of_the_same_number_say_nothing_of_it(memory: Database) -> None:
    bring_in(memory, refund("1"))
    assert told(memory, as_of=NOW) == Imported()
    assert told(memory, as_of=NOW + timedelta(days=1), order_id="2") == Imported()
    assert statuses(memory) == {"1": "waiting"}
