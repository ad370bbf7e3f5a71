"""Connections, and what a change of their settings does to refunds that stopped."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from datetime import datetime, timezone
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from qbwc_server.refunds.settings import RefundMethod, Settings, SettingsError
from qbwc_server.store.connections import (
    CONNEX_OWNER_ID,
    NEVER_TAKEN_UP,
    START_BATCH_SIZE,
    BadConnectionName,
    BadUserName,
    ConnectionNameTaken,
    UnknownConnection,
    UserNameTaken,
    add_connection,
    all_connections,
    change_settings,
    connection_named,
    installation,
    set_password,
    settings_of,
)
from qbwc_server.store.database import Database
from qbwc_server.store.tables import (
    AuditEntry,
    Connection,
    Document,
    Event,
    MessageSet,
    Refund,
    Session,
    SetRequest,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
LATER = datetime(2026, 3, 2, 12, tzinfo=timezone.utc)
GUID = re.compile(r"\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}")


@pytest.fixture
def connection_id(database: Database) -> int:
    with database.transaction() as session:
        connection = add_connection(session, "shop", "", "hash", {}, NOW, "anna")
        connection.company.lists_read_at = NOW
        return connection.id


def test_a_new_connection_has_its_own_file_id_and_the_owner_id_of_connex(database: Database) -> None:
    with database.transaction() as session:
        for name in ("one", "two"):
            add_connection(session, name, "", "hash", {}, NOW, "anna")
    with database.reading() as session:
        one, two = all_connections(session)
        assert (one.name, one.user_name, one.password_hash, one.created_at) == ("one", "one", "hash", NOW)
        assert one.owner_id == two.owner_id == CONNEX_OWNER_ID
        assert one.file_id != two.file_id
        assert all(GUID.fullmatch(guid) for guid in (one.owner_id, one.file_id, two.file_id))
        assert one.company.batch_size == START_BATCH_SIZE
        assert one.company.lists_read_at is None


def test_only_settings_that_differ_from_the_defaults_are_stored(database: Database) -> None:
    given = {"refund_method": "check", "refund_receipt": "yes", "rounding_limit": "0.05", "refund_account": " Bank "}
    with database.transaction() as session:
        connection = add_connection(session, "shop", "", "hash", given, NOW, "anna")
        assert connection.settings == {"refund_method": "check", "refund_account": "Bank"}
    with database.reading() as session:
        settings = settings_of(connection_named(session, "shop"))
    assert settings == Settings(refund_method=RefundMethod.CHECK, refund_account="Bank")


@pytest.mark.parametrize("name", ["", "my shop", "shöp", "a/b", "x" * 61, "shop\n"])
def test_a_name_that_can_not_stand_in_an_address_is_refused(database: Database, name: str) -> None:
    with pytest.raises(BadConnectionName, match="1 to 60 letters"), database.transaction() as session:
        add_connection(session, name, "user", "hash", {}, NOW, "anna")


@pytest.mark.parametrize("user_name", [" user", "us\ner", "x" * 121])
def test_a_user_name_that_can_not_be_typed_is_refused(database: Database, user_name: str) -> None:
    with pytest.raises(BadUserName, match="printable"), database.transaction() as session:
        add_connection(session, "shop", user_name, "hash", {}, NOW, "anna")


def test_names_and_user_names_are_given_once(database: Database, connection_id: int) -> None:
    for name, user_name, refusal in (
        ("shop", "other", ConnectionNameTaken),
        ("SHOP", "other", ConnectionNameTaken),
        ("other", "shop", UserNameTaken),
    ):
        with pytest.raises(refusal, match="choose another"), database.transaction() as session:
            add_connection(session, name, user_name, "hash", {}, NOW, "anna")
    with database.reading() as session:
        assert [connection.name for connection in all_connections(session)] == ["shop"]


def test_of_two_that_add_the_same_name_at_once_one_is_told_that_it_is_taken(database: Database) -> None:
    outcomes: list[str] = []
    barrier = threading.Barrier(2)

    def add() -> None:
        barrier.wait(60)
        try:
            with database.transaction() as session:
                add_connection(session, "shop", "", "hash", {}, NOW, "anna")
            outcomes.append("added")
        except ConnectionNameTaken:
            outcomes.append("taken")

    threads = [threading.Thread(target=add) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(outcomes) == ["added", "taken"]


def test_a_bad_setting_makes_no_connection(database: Database) -> None:
    with pytest.raises(SettingsError, match="refund_method"), database.transaction() as session:
        add_connection(session, "shop", "", "hash", {"refund_method": "cash"}, NOW, "anna")
    with database.reading() as session:
        assert all_connections(session) == []


def test_an_unknown_connection_is_refused_with_those_that_there_are(database: Database) -> None:
    with database.transaction() as session:
        with pytest.raises(UnknownConnection, match="none yet"):
            connection_named(session, "shop")
        for name in ("two", "one"):
            add_connection(session, name, "", "hash", {}, NOW, "anna")
        for unknown in ("shop", "ONE", "\0", "\ud800"):
            with pytest.raises(UnknownConnection, match="one, two"):
                connection_named(session, unknown)


def test_the_installation_is_made_once_however_many_ask_for_it_first(database: Database) -> None:
    guids: list[str] = []
    barrier = threading.Barrier(4)

    def ask() -> None:
        barrier.wait(60)
        with database.transaction() as session:
            guids.append(installation(session, NOW).guid)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(guids) == 4
    assert len(set(guids)) == 1
    assert GUID.fullmatch(guids[0])


def test_a_change_is_on_record_with_what_was_before(database: Database, connection_id: int) -> None:
    with database.transaction() as session:
        changes = {"refund_account": "Bank", "refund_receipt": "false", "refund_method": "credit_card"}
        after = change_settings(session, connection_named(session, "shop"), changes, LATER, "bert")
    assert after == Settings(refund_account="Bank", refund_receipt=False)
    with database.reading() as session:
        connection = connection_named(session, "shop")
        assert settings_of(connection) == after
        assert connection.company.lists_read_at is None
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None
        assert (entry.at, entry.who, entry.connection_id) == (LATER, "bert", connection_id)
        assert entry.details == {
            "before": {"refund_receipt": "true", "refund_account": ""},
            "after": {"refund_receipt": "false", "refund_account": "Bank"},
            "taken_up_again": 0,
        }


def test_a_setting_can_be_changed_back_to_its_default(database: Database, connection_id: int) -> None:
    _change(database, {"refund_account": "Bank"})
    _change(database, {"refund_account": ""})
    with database.reading() as session:
        connection = connection_named(session, "shop")
        assert settings_of(connection) == Settings()
        assert connection.settings == {}


def test_one_bad_value_among_good_ones_changes_nothing(database: Database, connection_id: int) -> None:
    with database.transaction() as session:
        connection = connection_named(session, "shop")
        for bad in ({"refund_method": "cash"}, {"no_such": "x"}, {"missing_orders_since": "soon"}):
            with pytest.raises(SettingsError):
                change_settings(session, connection, {"refund_account": "Bank", **bad}, LATER, "bert")
    _assert_untouched(database)


def test_a_change_that_changes_nothing_leaves_no_trace(database: Database, connection_id: int) -> None:
    _add_refund(database, connection_id, "skipped", "refunds_off")
    _change(database, {"refund_receipt": "true"})
    _assert_untouched(database)
    assert _stopped(database) == ["skipped"]


@pytest.mark.parametrize(
    ("state", "txn_id", "fixed"),
    [
        ("planned", "", False),
        ("failed", "", False),
        ("sent", "", True),
        ("review", "", True),
        ("posted", "1A-123", True),
    ],
)
def test_the_shop_is_fixed_once_anything_may_be_in_quickbooks(
    database: Database, connection_id: int, state: str, txn_id: str, fixed: bool
) -> None:
    _add_refund(database, connection_id, "posting", None, [("memo", state, txn_id)])
    if fixed:
        with pytest.raises(SettingsError, match="first posting"):
            _change(database, {"shop": "shop.example.com"})
        _assert_untouched(database)
        _change(database, {"refund_account": "Bank", "shop": ""})
    else:
        _change(database, {"shop": "shop.example.com"})


def test_what_another_connection_posted_does_not_fix_the_shop(database: Database, connection_id: int) -> None:
    with database.transaction() as session:
        other = add_connection(session, "other", "", "hash", {}, NOW, "anna").id
    _add_refund(database, other, "posted", None, [("memo", "posted", "1A-123")])
    _change(database, {"shop": "shop.example.com"})


TAKEN_UP = [
    ("skipped", "refunds_off", []),
    ("review", "refund_account_unknown", []),
    ("skipped", "order_not_found", [("memo", "planned", ""), ("payout", "planned", "")]),
    ("review", "payout_account_refused", [("memo", "posted", "1A-123"), ("payout", "failed", "")]),
    ("review", "payout_account_refused", [("memo", "posted", "1A-123"), ("payout", "review", "")]),
]
LEFT_ALONE = [
    ("waiting", None, []),
    ("posting", None, [("memo", "planned", "")]),
    ("failed", "refused_by_quickbooks", [("memo", "failed", "")]),
    ("posted", None, [("memo", "posted", "1A-123"), ("payout", "posted", "1B-123")]),
    ("review", "payout_account_refused", [("memo", "posted", "1A-123"), ("payout", "sent", "")]),
    ("review", "tax_difference", [("memo", "sent", "")]),
    ("review", "answer_unreadable", [("memo", "review", "")]),
    ("skipped", "refunds_off", [("payout", "posted", "1B-123")]),
    *[("review", code, []) for code in sorted(NEVER_TAKEN_UP)],
]


@pytest.mark.parametrize(("status", "code", "documents"), TAKEN_UP)
def test_a_refund_that_stopped_is_looked_for_anew_after_a_change(
    database: Database,
    connection_id: int,
    status: str,
    code: str,
    documents: Sequence[tuple[str, str, str]],
) -> None:
    refund_id = _add_refund(database, connection_id, status, code, documents)
    _change(database, {"refund_account": "Bank"})
    with database.reading() as session:
        refund = session.get_one(Refund, refund_id)
        assert (refund.status, refund.stage, refund.reason, refund.attempts, refund.not_before) == (
            "waiting",
            "find",
            None,
            0,
            None,
        )
        assert refund.updated_at == LATER
        kept = [(document.role, document.state, document.txn_id) for document in refund.documents]
        assert kept == [document for document in documents if document[1] in ("posted", "review")]
        events = session.scalars(select(Event.text).where(Event.refund_id == refund_id)).all()
        assert events == ["Taken up again: bert changed “Refund deposit account”."]


@pytest.mark.parametrize(("status", "code", "documents"), LEFT_ALONE)
def test_a_refund_that_is_at_work_done_or_in_doubt_stays_as_it_is(
    database: Database,
    connection_id: int,
    status: str,
    code: str | None,
    documents: Sequence[tuple[str, str, str]],
) -> None:
    refund_id = _add_refund(database, connection_id, status, code, documents)
    _change(database, {"refund_account": "Bank"})
    with database.reading() as session:
        refund = session.get_one(Refund, refund_id)
        assert (refund.status, refund.stage, refund.attempts, refund.updated_at) == (status, "done", 2, NOW)
        assert refund.reason == (code and {"code": code, "message": "..."})
        assert [(document.role, document.state, document.txn_id) for document in refund.documents] == list(documents)


def test_a_document_that_was_sent_and_refused_is_kept_as_evidence(database: Database, connection_id: int) -> None:
    documents = [("memo", "failed", ""), ("payout", "planned", "")]
    refund_id = _add_refund(database, connection_id, "review", "tax_difference", documents)
    _send_first_document(database, connection_id, refund_id)
    _change(database, {"rounding_limit": "0.10"})
    with database.reading() as session:
        refund = session.get_one(Refund, refund_id)
        assert refund.status == "waiting"
        assert [(document.role, document.state) for document in refund.documents] == [("memo", "failed")]


def test_refunds_of_other_connections_stay_as_they_are(database: Database, connection_id: int) -> None:
    with database.transaction() as session:
        other = add_connection(session, "other", "", "hash", {}, NOW, "anna").id
    _add_refund(database, other, "skipped", "refunds_off")
    _change(database, {"refund_account": "Bank"})
    assert _stopped(database) == ["skipped"]


def test_however_many_refunds_stopped_all_are_taken_up(database: Database, connection_id: int) -> None:
    with database.transaction() as session:
        session.add_all(_refund(connection_id, "skipped", "refunds_off", number) for number in range(1201))
    _change(database, {"credit_memo_for_invoices": "true"})
    assert _stopped(database) == []


def test_a_refund_that_was_read_before_the_change_is_seen_as_it_is_after(
    database: Database, connection_id: int
) -> None:
    refund_id = _add_refund(database, connection_id, "skipped", "refunds_off")
    with database.transaction() as session:
        refund = session.get_one(Refund, refund_id)
        change_settings(session, connection_named(session, "shop"), {"refund_method": "none"}, LATER, "bert")
        assert (refund.status, refund.reason) == ("waiting", None)


def test_two_changes_at_once_are_both_made(database: Database, connection_id: int) -> None:
    barrier = threading.Barrier(2)

    def change(changes: dict[str, str]) -> None:
        with database.reading() as session:
            connection_named(session, "shop")
        barrier.wait(60)
        _change(database, changes)

    threads = [
        threading.Thread(target=change, args=(changes,))
        for changes in ({"refund_account": "Bank"}, {"refund_method": "check"})
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with database.reading() as session:
        settings = settings_of(connection_named(session, "shop"))
    assert settings == Settings(refund_account="Bank", refund_method=RefundMethod.CHECK)


def test_a_new_password_is_set_and_on_record_without_its_hash(database: Database, connection_id: int) -> None:
    with database.transaction() as session:
        set_password(session, connection_named(session, "shop"), "new hash", LATER, "bert")
    with database.reading() as session:
        assert connection_named(session, "shop").password_hash == "new hash"
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        assert [(entry.who, entry.what) for entry in entries] == [
            ("anna", "added the connection"),
            ("bert", "changed the password"),
        ]
        assert "hash" not in str([entry.details for entry in entries])


def _change(database: Database, changes: dict[str, str]) -> None:
    with database.transaction() as session:
        change_settings(session, connection_named(session, "shop"), changes, LATER, "bert")


def _assert_untouched(database: Database) -> None:
    with database.reading() as session:
        connection = connection_named(session, "shop")
        assert settings_of(connection) == Settings()
        assert connection.company.lists_read_at == NOW
        assert session.scalars(select(AuditEntry.what)).all() == ["added the connection"]


def _stopped(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(Refund.status).where(Refund.status != "waiting")))


def _refund(connection_id: int, status: str, code: str | None, number: int = 1) -> Refund:
    return Refund(
        connection_id=connection_id,
        source="shopify",
        shop="",
        external_id=str(number),
        order_number="1001",
        created_at=NOW,
        amount=Decimal("10.00"),
        money_back=Decimal("10.00"),
        currency="USD",
        payload={},
        imported_at=NOW,
        updated_at=NOW,
        status=status,
        stage="done",
        reason=code and {"code": code, "message": "..."},
        not_before=NOW,
        attempts=2,
    )


def _add_refund(
    database: Database,
    connection_id: int,
    status: str,
    code: str | None,
    documents: Sequence[tuple[str, str, str]] = (),
) -> int:
    """A refund with its documents: (role, state, TxnID)."""
    refund = _refund(connection_id, status, code)
    refund.documents = [
        Document(
            role=role,
            part=1,
            generation=1,
            request_type="CreditMemoAdd",
            request=b"<CreditMemoAddRq/>",
            macro="TxnID:1",
            external_guid="{00000000-0000-0000-0000-000000000001}",
            customer_id="80000001-1",
            ref_number="1001-7QK",
            amount=Decimal("10.00"),
            uses_memo=False,
            alone=False,
            state=state,
            txn_id=txn_id,
        )
        for role, state, txn_id in documents
    ]
    with database.transaction() as session:
        session.add(refund)
    return refund.id


def _send_first_document(database: Database, connection_id: int, refund_id: int) -> None:
    with database.transaction() as session:
        session.get_one(Connection, connection_id)
        run = Session(
            connection_id=connection_id,
            ticket_digest="0" * 64,
            remote_address="192.0.2.1",
            started_at=NOW,
            last_call_at=NOW,
        )
        session.add(run)
        session.flush()
        document = session.get_one(Refund, refund_id).documents[0]
        session.add(
            MessageSet(
                connection_id=connection_id,
                session_id=run.id,
                kind="post",
                writes=True,
                message_set_id="A1",
                request=b"",
                state="answered",
                sent_at=NOW,
                last_sent_at=NOW,
                requests=[SetRequest(request_id="1", document_id=document.id)],
            )
        )


@pytest.mark.parametrize(("source", "fixed"), [("shopify", False), ("ownshop", True)])
def test_the_shop_is_fixed_once_refunds_were_read_whose_identity_it_is_part_of(
    database: Database, connection_id: int, source: str, fixed: bool
) -> None:
    _add_refund(database, connection_id, "waiting", None, [])
    with database.transaction() as session:
        session.execute(update(Refund).values(source=source))
    if fixed:
        with pytest.raises(SettingsError, match="entered twice"):
            _change(database, {"shop": "shop.example.com"})
    else:
        _change(database, {"shop": "shop.example.com"})
