"""The command line as a user meets it: what each command says, prints as JSON, stores, and exits with."""

from __future__ import annotations

import io
import json
import re
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from qbwc_server.cli import main
from qbwc_server.cli import refunds as commands
from qbwc_server.refunds.settings import KEYS
from qbwc_server.store import reports, webhooks
from qbwc_server.store.connections import connection_named
from qbwc_server.store.database import Database, sqlite_url
from qbwc_server.store.tables import AuditEntry, Connection, Person, Refund
from tests.cli.installation import Installation, Said
from tests.sources import payloads
from tests.web import builders

SHOWN_ONCE = re.compile(r"(?:shown only now|is shown only now): (\S+)")
CSV = (
    "source,order_number,refund_id,refund_date,currency,kind,sku,quantity,amount\n"
    "myshop,1001,R1,2024-03-04,USD,line,POSTER,1,20.00\n"
    "myshop,1001,R1,,,money,,,20.00\n"
)


def shown_once(said: Said) -> str:
    found = SHOWN_ONCE.findall(said.out)
    assert len(found) == 1, said.out
    return str(found[0])


# --- connections


def test_a_connection_is_made_with_a_password_that_is_shown_once_and_signs_in(connex: Installation) -> None:
    said = connex.run("connection", "add", "shop")
    assert "connex qwc shop -o shop.qwc" in said.out
    password = shown_once(said)
    sign_in = connex.sign_in()
    assert sign_in.connection("shop", password, "192.0.2.1") is not None
    assert sign_in.connection("shop", password + "x", "192.0.2.1") is None
    assert password not in connex.run("connection", "show", "shop").out
    assert password.encode() not in (connex.folder / "connex.sqlite3").read_bytes()


def test_a_connection_as_json_carries_the_password_that_was_made(connex: Installation) -> None:
    made = connex.run("connection", "add", "shop", "--username", "Bücher", "--json").json
    assert made["username"] == "Bücher"
    assert made["state"] == "never seen"
    assert list(made["settings"]) == list(KEYS)
    assert connex.sign_in().connection("Bücher", made["password"], "192.0.2.1") is not None


def test_a_password_from_standard_input_is_taken_and_not_repeated(connex: Installation) -> None:
    said = connex.run("connection", "add", "shop", "--password-stdin", stdin="pass wörd \r\n")
    assert "pass" not in said.out.replace("password", "")
    assert connex.sign_in().connection("shop", "pass wörd ", "192.0.2.1") is not None
    again = connex.run("connection", "add", "other", "--password-stdin", "--json", stdin="secret\n").json
    assert "password" not in again


@pytest.mark.parametrize(
    ("stdin", "words"),
    [
        (b"", "no password"),
        (b"\n", "no password"),
        (b"a\tb\n", "can't be typed"),
        (b"\xff\xfe\n", "encoding"),
        (b"x" * 1001, "at most 1000"),
        (b"x" * 5000, "at most 1000"),
    ],
)
def test_a_password_that_nobody_could_enter_is_refused(connex: Installation, stdin: bytes, words: str) -> None:
    assert words in connex.refused("connection", "add", "shop", "--password-stdin", stdin=stdin)
    assert words in connex.refused("person", "add", "anna", "--password-stdin", stdin=stdin)
    assert (connex.count(Connection), connex.count(Person)) == (0, 0)


def test_several_settings_can_be_given_at_once(connex: Installation) -> None:
    made = connex.run(
        "connection", "add", "shop", "--set", "refund_method=check", "--set", "refund_account=A=B", "--json"
    ).json
    assert (made["settings"]["refund_method"], made["settings"]["refund_account"]) == ("check", "A=B")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("new", "--set", "refund_metod=check"), ("refund_metod", *KEYS)),
        (("new", "--set", "refund_method=cash"), ("refund_method", "credit_card, check, none")),
        (("new", "--set", "refund_method"), ("'refund_method'", "KEY=VALUE")),
        (("new", "--set", "=check"), ("'=check'", "KEY=VALUE")),
        (("new", "--set", "shop=a", "--set", "shop=a"), ("shop", "twice")),
        (("new", "--set", "refund_receipt=false", "--set", "time_zone=Mars"), ("time_zone", "Mars")),
        (("shop",), ("'shop'", "another name")),
        (("SHOP",), ("'shop'", "another name")),
        (("new", "--username", "connex-1"), ("connex-1", "'shop'")),
        (("new", "--username", " x "), ("' x '", "spaces")),
        (("a b",), ("'a b'", "letters (a to z), digits, dashes")),
        (("[red]x[/red]",), ("[red]x[/red]", "letters")),
        (("../x",), ("'../x'", "letters")),
        (("",), ("''", "letters")),
    ],
)
def test_a_connection_that_can_not_be_is_refused_and_nothing_is_stored(
    with_shop: Installation, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    sentence = with_shop.refused("connection", "add", *arguments)
    for word in words:
        assert word in sentence
    assert with_shop.count(Connection) == 1
    assert with_shop.refused("connection", "add", *arguments, "--json") == sentence


def test_settings_change_all_or_none(with_shop: Installation) -> None:
    said = with_shop.run("connection", "set", "shop", "refund_method=check", "refund_account=Bank", "shipping_item=")
    assert said.out == "refund_method = check\nrefund_account = Bank\nshipping_item = (empty)\n"
    before = with_shop.run("connection", "show", "shop", "--json").json["settings"]
    for bad in ("time_zone=Mars", "nothing=1", "refund_method", "refund_method=none"):
        with_shop.refused("connection", "set", "shop", "refund_method=none", bad)
    assert with_shop.run("connection", "show", "shop", "--json").json["settings"] == before
    changed = with_shop.run("connection", "set", "shop", "refund_method=none", "--json").json
    assert changed == before | {"refund_method": "none"}


@pytest.mark.parametrize(
    "arguments", [("connection", "show"), ("connection", "set"), ("qwc",), ("refunds",), ("refunds", "--json")]
)
def test_a_name_that_there_is_not_is_answered_with_those_that_there_are(
    with_shop: Installation, arguments: tuple[str, ...]
) -> None:
    more = ("shop=x",) if arguments[-1] == "set" else ()
    sentence = with_shop.refused(*arguments, "shoop", *more)
    assert "'shoop'" in sentence
    assert "there are: shop" in sentence


def test_an_empty_list_of_connections_says_how_to_make_one(connex: Installation) -> None:
    assert "connex connection add NAME" in connex.run("connection", "list").out
    assert connex.run("connection", "list", "--json").json == []


def test_what_a_company_is_called_is_shown_as_it_is(connex: Installation) -> None:
    company_name = "[red]Müller & 日本[/red] [/nothing]"
    with connex.database.transaction() as session:
        builders.add_connection(
            session, "shop", company={"company_name": company_name}, settings={"refund_account": "[bold]Bank[/bold]"}
        )
    listed, shown = connex.run("connection", "list").out, connex.run("connection", "show", "shop").out
    for text in (listed, shown):
        assert company_name in text
        assert "2024-03-01 12:00 UTC" in text
        assert "ready" in text
    assert "[bold]Bank[/bold]" in shown
    assert r"C:\Books\Example.qbw" in shown
    as_json = connex.run("connection", "show", "shop", "--json").json
    assert connex.run("connection", "list", "--json").json == [as_json]
    assert as_json["company"] == company_name
    assert as_json["last_seen"] == "2024-03-01T12:00:00+00:00"


def test_a_narrow_terminal_cuts_nothing(connex: Installation) -> None:
    name = "a-name-of-sixty-characters-which-is-as-long-as-one-can-be-ok"
    with connex.database.transaction() as session:
        builders.add_connection(session, name)
    listed = connex.run("connection", "list", COLUMNS="60").out
    columns = [[cell.strip() for cell in line.split("│")[1:-1]] for line in listed.splitlines() if "│" in line]
    assert "".join(row[0] for row in columns) == name


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"last_seen_at": None, "accounts": None}, "never seen"),
        ({"accounts": None}, "chart of accounts not read yet"),
        ({}, "ready"),
        ({"stopped": {"code": "claimed", "message": "Another installation writes here."}}, "Another installation"),
    ],
)
def test_the_state_of_a_connection_says_how_far_it_is(
    connex: Installation, changes: dict[str, Any], state: str
) -> None:
    with connex.database.transaction() as session:
        builders.add_connection(session, "shop", **changes)
    assert connex.run("connection", "show", "shop", "--json").json["state"].startswith(state)
    assert state in connex.run("connection", "list").out


# --- the .qwc file


def test_the_qwc_file_is_the_same_on_standard_output_and_in_a_file(with_shop: Installation, tmp_path: Path) -> None:
    file = tmp_path / "shop.qwc"
    url = ("--url", "https://refunds.example.com")
    said = with_shop.run("qwc", "shop", *url, "-o", str(file))
    assert str(file) in said.out
    assert with_shop.run("qwc", "shop", *url).out.encode() == file.read_bytes()
    root = etree.fromstring(file.read_bytes())
    assert root.findtext("AppURL") == "https://refunds.example.com/qbwc"
    assert root.findtext("UserName") == "connex-1"


@pytest.mark.parametrize(
    ("url", "word"),
    [("http://shop.example.com", "https"), ("https://192.0.2.1", "IP address"), ("shop", "web address"), ("", "web")],
)
def test_an_address_that_the_web_connector_refuses_gives_no_file(
    with_shop: Installation, tmp_path: Path, url: str, word: str
) -> None:
    assert word in with_shop.refused("qwc", "shop", "--url", url, "-o", str(tmp_path / "shop.qwc"))
    assert not (tmp_path / "shop.qwc").exists()


def test_a_folder_that_is_not_there_is_named(with_shop: Installation, tmp_path: Path) -> None:
    sentence = with_shop.refused("qwc", "shop", "-o", str(tmp_path / "none" / "shop.qwc"))
    assert str(tmp_path / "none" / "shop.qwc") in sentence


# --- importing


def json_file(*external_ids: str) -> str:
    refunds = [
        {
            "source": "ownshop", "shop": "", "external_id": external_id, "created_at": "2024-03-04T10:00:00Z",
            "currency": "USD", "order": {"order_id": "1", "number": "1001"},
            "money": [{"amount": "20.00", "gateway": "card"}],
            "lines": [{"line_id": "1", "sku": "HAT", "title": "Hat", "quantity": "1", "amount": "20.00"}],
        }
        for external_id in external_ids
    ]  # fmt: skip
    return json.dumps({"refunds": refunds})


def test_skus_are_mapped_to_items_and_go_out_and_in_as_a_table(with_shop: Installation, tmp_path: Path) -> None:
    table = tmp_path / "items.csv"
    table.write_text("sku,item\nW-1,Apparel:Hat\nW-2,Scarf\n", encoding="utf-8")
    said = with_shop.run("mapping", "shop", "items", "import", str(table))
    assert "Read 2 SKUs, of which 2 new or changed" in said.out
    with_shop.run("mapping", "shop", "items", "set", "w-2", "Shawl")
    with_shop.run("mapping", "shop", "items", "remove", "W-1")
    assert with_shop.run("mapping", "shop", "items", "list", "--json").json == {"W-2": "Shawl"}
    assert "Shawl" in with_shop.run("mapping", "shop", "items", "list").out
    with_shop.run("mapping", "shop", "items", "export", str(table))
    assert table.read_text(encoding="utf-8") == "sku,item\nW-2,Shawl\n"
    assert "'W-1' is not mapped" in with_shop.refused("mapping", "shop", "items", "remove", "W-1")
    table.write_text("sku;item\n", encoding="utf-8")
    assert "line 1: expected the columns sku,item" in with_shop.refused(
        "mapping", "shop", "items", "import", str(table)
    )


def test_gateways_are_mapped_to_accounts_and_go_out_and_in_as_a_table(with_shop: Installation, tmp_path: Path) -> None:
    table = tmp_path / "gateways.csv"
    gateways = ("mapping", "shop", "gateways")
    table.write_text(
        "gateway,account,payment_method,refund_method\npaypal,PayPal,,\nmanual,Petty Cash,,check\n", encoding="utf-8"
    )
    assert "Read 2 gateways, of which 2 new or changed" in with_shop.run(*gateways, "import", str(table)).out
    with_shop.run(*gateways, "set", "PayPal", "Banks:PayPal", "--payment-method", "PayPal")
    with_shop.run(*gateways, "remove", "manual")
    mapped = {"gateway": "paypal", "account": "Banks:PayPal", "payment_method": "PayPal", "refund_method": ""}
    assert with_shop.run(*gateways, "list", "--json").json == [mapped]
    assert "Banks:PayPal" in with_shop.run(*gateways, "list").out
    with_shop.run(*gateways, "export", str(table))
    assert table.read_text(encoding="utf-8").splitlines()[1:] == ["paypal,Banks:PayPal,PayPal,"]
    assert "'manual' is not mapped" in with_shop.refused(*gateways, "remove", "manual")
    assert "'cash' is not one of" in with_shop.refused(*gateways, "set", "manual", "Till", "--refund-method", "cash")
    assert "neither account nor" in with_shop.refused(*gateways, "set", "manual")


def test_creating_orders_without_a_first_day_is_told_to_be_of_one_year(connex: Installation) -> None:
    until = "To know: orders placed up to 365 days before their refund are created."
    made = connex.run("connection", "add", "shop", "--set", "sync_missing_orders=true", "--json")
    assert made.json["settings"]["sync_missing_orders"] == "true"
    assert made.err.startswith(until)
    assert connex.run("connection", "set", "shop", "sync_missing_orders=true").err.startswith(until)
    assert connex.run("connection", "set", "shop", "refund_method=check").err == ""
    assert connex.run("connection", "set", "shop", "missing_orders_since=2026-01-01").err == ""
    assert connex.run("connection", "set", "shop", "missing_orders_since=").err.startswith(until)


def test_an_account_that_quickbooks_does_not_have_is_set_and_told(connex: Installation) -> None:
    with connex.database.transaction() as session:
        builders.add_connection(session, "shop", payment_methods=[{"list_id": "1", "full_name": "Visa"}])
    said = connex.run("connection", "set", "shop", "refund_account=Sales", "payment_method=Visa", "--json")
    assert said.json["refund_account"] == "Sales"
    assert said.err == (
        "To know: refund_account is set, but 'Sales' is no active bank or asset account of this company file; "
        "refunds that need it wait for a person.\n"
    )
    assert connex.run("connection", "set", "shop", "refund_account=Checking").err == ""
    gateway = connex.run("mapping", "shop", "gateways", "set", "paypal", "PayPal")
    assert gateway.err.startswith("To know: paypal is mapped, but 'PayPal' is no active bank or asset account")
    assert connex.run("mapping", "shop", "gateways", "set", "paypal", "Checking").err == ""


@pytest.mark.parametrize(
    ("content", "file_format", "source"),
    [
        (json.dumps([payloads.order(payloads.refund())]), "shopify", "shopify"),
        (CSV, "csv", "myshop"),
        (json_file("7"), "json", "ownshop"),
    ],
)
def test_each_format_is_told_from_the_file_and_the_same_again_changes_nothing(
    with_shop: Installation, tmp_path: Path, content: str, file_format: str, source: str
) -> None:
    file = tmp_path / "orders"
    file.write_text(content)
    said = with_shop.run("import", "shop", str(file))
    assert said.out == "Read 1 order with 1 refund: 1 new, 0 known already, 0 changed.\n"
    again = with_shop.run("import", "shop", str(file), "--format", file_format, "--json").json
    assert again == {
        "orders": 1, "refunds": 1, "new": 0, "unchanged": 1, "changed": 0, "changed_too_late": 0, "refused": [],
    }  # fmt: skip
    assert [row["source"] for row in with_shop.run("refunds", "shop", "--json").json] == [source]


def test_the_exit_status_of_an_import_says_how_much_was_read(with_shop: Installation, tmp_path: Path) -> None:
    file = tmp_path / "refunds.json"
    file.write_text(json_file("7", ""))
    some = with_shop.run("import", "shop", str(file), status=1)
    assert "1 new" in some.out
    assert some.err.startswith("Refused: refunds[1]")
    file.write_text(json_file(""))
    none = with_shop.run("import", "shop", str(file), "--json", status=2)
    assert (none.json["new"], len(none.json["refused"]), none.err) == (0, 1, "")
    file.write_text(json_file())
    assert with_shop.run("import", "shop", str(file), "--json").json["refunds"] == 0


def test_an_order_without_refunds_counts_as_read_beside_one_that_is_refused(
    with_shop: Installation, tmp_path: Path
) -> None:
    sound = {"id": 1, "name": "#1001", "currency": "USD", "created_at": "2024-05-01T10:00:00Z", "refunds": []}
    unsound = {**sound, "id": 2, "name": "#1002", "refunds": [{"id": 3, "created_at": "yesterday"}]}
    file = tmp_path / "orders.json"
    file.write_text(json.dumps({"orders": [sound, unsound]}))
    assert "Refused: orders[1]" in with_shop.run("import", "shop", str(file), status=1).err
    file.write_text(json.dumps({"orders": [unsound]}))
    with_shop.run("import", "shop", str(file), status=2)


def test_a_refund_that_the_shop_changed_is_counted_as_changed(with_shop: Installation, tmp_path: Path) -> None:
    file = tmp_path / "refunds.csv"
    file.write_text(CSV)
    with_shop.run("import", "shop", str(file))
    file.write_text(CSV.replace("20.00", "19.00"))
    assert "1 changed." in with_shop.run("import", "shop", str(file)).out


def test_a_file_that_can_not_be_read_is_said_with_its_reason(with_shop: Installation, tmp_path: Path) -> None:
    file = tmp_path / "orders"
    for content, options, words in (
        (b"", (), "is empty"),
        (b"<html>", (), "column"),
        (CSV.encode(), ("--format", "xls"), "'xls'; use one of woocommerce, shopify, csv, json"),
        (CSV.encode(), ("--format", "woocommerce"), "not JSON"),
        (CSV.encode(), ("--format", "shopify"), "JSON"),
        (b"\xff\xff\xff", (), "UTF-8"),
    ):
        file.write_bytes(content)
        sentence = with_shop.refused("import", "shop", str(file), *options, status=2)
        assert sentence.startswith(f"connex: {file}: ")
        assert words in sentence
        as_json = with_shop.run("import", "shop", str(file), *options, "--json", status=2)
        assert words in as_json.json["error"]
    assert with_shop.count(Refund) == 0


def test_a_file_that_is_none_reads_nothing(with_shop: Installation, tmp_path: Path) -> None:
    for path in (tmp_path / "missing", tmp_path):
        said = with_shop.run("import", "shop", str(path), status=2)
        assert str(path) in said.err
        assert said.out == ""


def test_an_endless_file_is_read_no_further_than_allowed(
    with_shop: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = Path("/dev/zero")
    if not endless.exists():
        pytest.skip("this system has no endless file")
    monkeypatch.setattr("qbwc_server.sources.MAX_FILE_BYTES", 1000)
    monkeypatch.setattr("qbwc_server.sources.document.MAX_FILE_BYTES", 1000)
    assert "at most 1000" in with_shop.refused("import", "shop", str(endless), status=2)


def test_an_import_that_comes_to_no_connection_or_database_has_read_nothing(
    connex: Installation, tmp_path: Path
) -> None:
    file = tmp_path / "refunds.csv"
    file.write_text(CSV)
    assert "'shop'" in connex.refused("import", "shop", str(file), status=2)
    url = sqlite_url(tmp_path / "none" / "x.sqlite3")
    assert "database" in connex.refused("import", "shop", str(file), status=2, CONNEX_DATABASE_URL=url)


# --- refunds


def test_refunds_as_json_are_as_promised(connex: Installation) -> None:
    with connex.database.transaction() as session:
        shop = builders.add_connection(session, "shop")
        builders.add_posted_refund(session, shop)
        reason = {"code": "order_not_found", "message": "QuickBooks has no sale with the number 1002."}
        builders.add_refund(session, shop, "#1002", status="skipped", reason=reason)
        builders.add_refund(session, builders.add_connection(session, "other"), "#1003")
    payout = {
        "type": "ARRefundCreditCard", "txn_id": "1A-2", "ref_number": "1001-7QK", "amount": "41.04",
        "account": "Shopify Clearing",
    }  # fmt: skip
    posted = {
        "id": 1,
        "source": "shopify",
        "order_number": "#1001",
        "external_id": "900",
        "created_at": "2024-03-01T12:00:00+00:00",
        "amount": "41.04",
        "currency": "USD",
        "status": "posted",
        "reason": None,
        "sale": {"type": "SalesReceipt", "txn_id": "5F-1", "ref_number": "1001"},
        "credit_memo": {"txn_id": "1A-1", "ref_number": "1001-7QK", "amount": "41.04"},
        "payout": payout,
        "payouts": [payout],
        "notices": [{"code": "text_cut", "message": "The field memo was cut to 31 characters."}],
    }
    skipped = posted | {
        "id": 2, "order_number": "#1002", "external_id": "901", "status": "skipped", "reason": reason, "sale": None,
        "credit_memo": None, "payout": None, "payouts": [], "notices": [],
    }  # fmt: skip
    said = connex.run("refunds", "shop", "--json")
    assert said.json == [posted, skipped]
    assert [list(row) for row in said.json] == [list(posted)] * 2
    assert connex.run("refunds", "shop", "--status", "skipped", "--json").json == [skipped]
    assert connex.run("refunds", "shop", "--status", "review", "--json").json == []


def test_refunds_are_told_in_a_table(connex: Installation) -> None:
    with connex.database.transaction() as session:
        shop = builders.add_connection(session, "shop")
        builders.add_posted_refund(session, shop)
        reason = {"code": "order_not_found", "message": "No sale [bold]#1002[/bold]."}
        builders.add_refund(session, shop, "[red]#1002[/red]", status="skipped", reason=reason)
    told = connex.run("refunds", "shop").out
    for words in (
        "41.04",
        "USD",
        "Sales receipt",
        "Credit memo 1001-7QK 41.04",
        "Card refund 41.04 from Shopify Clearing",
        "Note: The field memo was cut to 31 characters.",
        "[red]#1002[/red]",
        "Not entered: No sale [bold]#1002[/bold].",
    ):
        assert words in told
    assert "1001-7QK" not in connex.run("refunds", "shop", "--status", "skipped").out


def test_the_table_of_refunds_names_the_id_by_which_they_are_decided_about(connex: Installation) -> None:
    with connex.database.transaction() as session:
        shop = builders.add_connection(session, "shop")
        for number in range(1, 43):
            builders.add_refund(session, shop, f"W{number}")
    first_cells = [line.split("│")[1].strip() for line in connex.run("refunds", "shop").out.splitlines() if "│" in line]
    assert first_cells[-2:] == ["W42", "42"]
    assert (
        connex.run("decide", "shop", "note", "42", "--note", "seen").out == "note: refund 42 of order W42 is waiting.\n"
    )


def test_a_memo_whose_payout_is_refused_is_not_told_as_not_entered(connex: Installation) -> None:
    with connex.database.transaction() as session:
        shop = builders.add_connection(session, "shop")
        refund = builders.add_posted_refund(session, shop)
        refund.status = "review"
        refund.reason = {"code": "payout_account_refused", "message": "QuickBooks refuses the account."}
        for document in refund.documents:
            document.state = "posted" if document.role == "memo" else "planned"
        refund.sale_type = "Invoice"
    told = connex.run("refunds", "shop").out
    assert "Credit memo 1001-7QK 41.04" in told
    assert "Not finished: QuickBooks refuses the account." in told
    assert "Set against" not in told


def test_a_long_list_of_refunds_is_several_tables_and_one_json_document(
    connex: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "ROWS_IN_A_TABLE", 2)
    monkeypatch.setattr(reports, "MAX_PAGE_SIZE", 2)
    with connex.database.transaction() as session:
        shop = builders.add_connection(session, "shop")
        for number in range(1, 6):
            builders.add_refund(session, shop, f"#{number}")
    told = connex.run("refunds", "shop").out
    assert told.count("Sale found") == 3
    assert re.findall(r"#\d", told) == ["#1", "#2", "#3", "#4", "#5"]
    rows = connex.run("refunds", "shop", "--json").json
    assert [row["order_number"] for row in rows] == ["#1", "#2", "#3", "#4", "#5"]


def test_no_refunds_are_said_and_not_drawn(with_shop: Installation) -> None:
    assert with_shop.run("refunds", "shop").out == (
        "There are no refunds yet; read some with: connex import shop FILE\n"
    )
    assert (
        with_shop.run("refunds", "shop", "--status", "failed").out == "There are no refunds with the status failed.\n"
    )
    assert with_shop.run("refunds", "shop", "--json").json == []
    assert "'posted'" in with_shop.run("refunds", "shop", "--status", "done", status=2).err


# --- people


def test_a_person_signs_in_with_the_password_that_was_shown(connex: Installation) -> None:
    password = shown_once(connex.run("person", "add", "anna"))
    assert connex.sign_in().person("anna", password, "192.0.2.1") is not None
    assert "'Anna'" in connex.refused("person", "add", "Anna")
    changed = shown_once(connex.run("person", "password", "anna"))
    assert connex.sign_in().person("anna", password, "192.0.2.1") is None
    assert connex.sign_in().person("anna", changed, "192.0.2.1") is not None
    assert connex.count(Person) == 1


def test_people_are_listed_and_changed_but_the_only_owner_stays(connex: Installation) -> None:
    connex.run("person", "add", "anna")
    connex.run("person", "add", "bert", "--role", "viewer")
    assert connex.run("person", "list", "--json").json == [
        {"name": "anna", "role": "owner", "second_factor": False},
        {"name": "bert", "role": "viewer", "second_factor": False},
    ]
    assert "is the only owner" in connex.refused("person", "remove", "anna")
    connex.run("person", "role", "bert", "owner")
    assert "signs in with the password alone" in connex.run("person", "reset-second-factor", "anna").out
    assert "signed out everywhere" in connex.run("person", "sign-out", "anna").out
    connex.run("person", "remove", "anna")
    assert [each["name"] for each in connex.run("person", "list", "--json").json] == ["bert"]
    assert "nobody called 'anna'" in connex.refused("person", "role", "anna", "viewer")


def test_a_person_that_there_is_not_gets_no_password(connex: Installation) -> None:
    assert "connex person add bob" in connex.refused("person", "password", "bob")
    assert "printable" in connex.refused("person", "add", " bob")
    assert connex.count(Person) == 0


# --- the server, the demo, the simulator and the doctor


def test_a_port_that_is_taken_is_said(connex: Installation) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert "Try another --port" in connex.refused("serve", "--port", port)


@pytest.mark.parametrize("host", ["", "203.0.113.5", "not a host"])
def test_an_address_that_is_not_of_this_machine_is_said(connex: Installation, host: str) -> None:
    assert "Give an address of this machine as --host" in connex.refused("serve", "--host", host, "--port", "0")


def test_a_demo_that_can_not_keep_its_files_says_so(connex: Installation, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    sentence = connex.refused("demo", "--refunds", "1", "--save", str(tmp_path / "file" / "kept"))
    assert str(tmp_path / "file" / "kept") in sentence


@pytest.mark.parametrize("url", ["http://localhost:99999/qbwc", "http://[::1/qbwc", "localhost:8080", "http://"])
def test_a_simulation_of_an_address_that_is_none_is_refused(connex: Installation, tmp_path: Path, url: str) -> None:
    company = tmp_path / "company.json"
    arguments = ("simulate", "--url", url, "--username", "x", "--password-stdin", "--company", str(company))
    assert "http://localhost:8080/qbwc" in connex.refused(*arguments, stdin="pw\n")
    assert not company.exists()


def test_a_simulation_without_a_server_fails_with_one_document(connex: Installation, tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/qbwc"
        common = ("simulate", "--url", url, "--username", "x", "--password-stdin", "--company")
        said = connex.run(*common, str(tmp_path / "company.json"), "--json", stdin="pw\n", status=1)
        connex.run(*common, str(tmp_path / "uk.json"), "--like", "UK shop", stdin="pw\n", status=1)
        assert '"country": "UK"' in (tmp_path / "uk.json").read_text()
        tiny = (*common, str(tmp_path / "tiny.json"), "--like", "tiny")
        assert "multi-currency shop" in connex.refused(*tiny, stdin="pw\n")
    assert "no answer from the server" in said.json["problem"]
    (tmp_path / "file").write_text("not a company")
    assert "can't be read" in connex.refused(*common, str(tmp_path / "file"), stdin="pw\n")
    assert "can't be written" in connex.refused(*common, str(tmp_path / "file" / "x.json"), stdin="pw\n")


def test_the_doctor_exits_with_1_where_there_is_a_problem(connex: Installation, tmp_path: Path) -> None:
    well = connex.run("doctor")
    assert "connex connection add NAME" in well.out
    assert {finding["level"] for finding in connex.run("doctor", "--json").json} == {"ok", "note"}
    ill = {"CONNEX_SECRET_KEY": "short"}
    assert "problem The configuration can't be used." in connex.run("doctor", status=1, **ill).out
    assert connex.run("doctor", "--json", status=1, **ill).json[-1]["level"] == "problem"


# --- an installation that is not in order


@pytest.mark.parametrize("command", [("connection", "list", "--json"), ("person", "add", "anna"), ("serve",)])
def test_an_installation_that_can_not_be_used_says_why(
    connex: Installation, tmp_path: Path, command: tuple[str, ...]
) -> None:
    no_database, below_a_file = tmp_path / "no database", tmp_path / "no database" / "below"
    no_database.write_bytes(b"this is no database at all" * 100)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        closed = unused.getsockname()[1]
        for variable, value, words in (
            ("CONNEX_DATABASE_URL", f"postgresql://u:hidden@127.0.0.1:{closed}/x", "database server is running"),
            ("CONNEX_DATABASE_URL", f"postgresql://127.0.0.1:{closed}/x?nonsense=1", "nonsense"),
            ("CONNEX_DATABASE_URL", sqlite_url(no_database), "not a database"),
            ("CONNEX_DATABASE_URL", sqlite_url(tmp_path / "none" / "x"), "unable to open"),
            ("CONNEX_DATABASE_URL", "mysql://u:hidden@host/x", "not supported"),
            ("CONNEX_DATABASE_URL", "nonsense", "it is no address of a database); give sqlite:///FILE"),
            ("CONNEX_DATABASE_URL", "postgresql://host:port/x", "it is no address of a database"),
            ("CONNEX_DATA_DIR", str(no_database), "can't be made"),
            ("CONNEX_DATA_DIR", str(below_a_file), "can't be made"),
            ("CONNEX_SECRET_KEY", "short", "CONNEX_SECRET_KEY has 5 characters"),
            ("CONNEX_IN_FLIGHT_SECONDS", "soon", "'soon'"),
            ("TZ", "Mars/Olympus", "no time zone"),
        ):
            sentence = connex.refused(*command, **{variable: value})
            assert words in sentence
            assert "hidden" not in sentence
    assert connex.count(Person) == 0


def test_a_database_that_can_not_be_written_is_said(with_shop: Installation) -> None:
    url = f"sqlite:///file:{with_shop.folder / 'connex.sqlite3'}?mode=ro&uri=true"
    sentence = with_shop.refused("connection", "set", "shop", "refund_method=check", CONNEX_DATABASE_URL=url)
    assert "readonly" in sentence
    assert "this user may write" in sentence


def test_a_database_of_a_newer_version_is_left_alone(with_shop: Installation) -> None:
    set_revision(with_shop.database, "9999")
    assert "another version of Connex" in with_shop.refused("connection", "list")


def set_revision(database: Database, revision: str) -> None:
    with database.transaction() as session:
        session.connection().exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")


def test_help_says_what_each_command_does_in_a_whole_sentence(connex: Installation) -> None:
    for group in ((), ("connection",), ("mapping", "shop"), ("mapping", "shop", "gateways"), ("person",)):
        listed = connex.run(*group, "--help").out.partition("Commands:\n")[2]
        assert listed.count(".\n") >= 2
        assert "..." not in listed.replace("(paypal, manual, ...)", "")
    assert "when the Web Connector runs next." in " ".join(connex.run("--help").out.split())


def test_a_summary_of_a_backup_stands_in_columns(with_shop: Installation, tmp_path: Path) -> None:
    lines = with_shop.run("backup", str(tmp_path / "x.backup")).out.splitlines()[1:]
    assert len(lines) > 10
    assert len({len(line) for line in lines}) == 1


# --- the process


class Pipe(io.TextIOWrapper):
    """Standard output that a program reads in an encoding of its own."""

    def __init__(self, encoding: str) -> None:
        self.bytes = io.BytesIO()
        super().__init__(self.bytes, encoding=encoding)


def run_main(monkeypatch: pytest.MonkeyPatch, *arguments: str, encoding: str = "utf-8") -> tuple[int | None, str, str]:
    """Runs the console script in this process; gives its exit status, standard output and standard error."""
    out, err = Pipe(encoding), Pipe(encoding)
    with monkeypatch.context() as patched:
        patched.setattr(sys, "argv", ["connex", *arguments])
        patched.setattr(sys, "stdout", out)
        patched.setattr(sys, "stderr", err)
        with pytest.raises(SystemExit) as stopped:
            main()
        out.flush()
        err.flush()
    code = stopped.value.code
    assert code is None or isinstance(code, int)
    return code, out.bytes.getvalue().decode(encoding), err.bytes.getvalue().decode(encoding)


@pytest.mark.parametrize(
    ("arguments", "status", "in_out", "in_err"),
    [
        (("--version",), 0, "version 0", ""),
        (("--help",), 0, "doctor", ""),
        (("connection", "list", "-h"), 0, "List the connections", ""),
        (("connection", "list"), None, "There are no connections yet", ""),
        (("connection", "show", "nope"), 1, "", "connex: there is no connection 'nope'"),
        (("import", "nope", __file__), 2, "", "connex: there is no connection 'nope'"),
        ((), 2, "", "Usage: connex"),
        (("nonsense",), 2, "", "No such command 'nonsense'"),
        (("connection", "set", "shop"), 2, "", "Missing argument 'KEY=VALUE...'"),
        (("serve", "--port", "70000"), 2, "", "70000 is not in the range"),
    ],
)
def test_the_script_ends_with_the_status_of_its_command(
    connex: Installation,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    status: int | None,
    in_out: str,
    in_err: str,
) -> None:
    code, out, err = run_main(monkeypatch, *arguments)
    assert (code or 0) == (status or 0)
    assert in_out in out if in_out else out == ""
    assert in_err in err if in_err else err == ""


def test_a_name_that_the_terminal_can_not_show_stops_no_command(
    connex: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = {"company_name": "Müller 日本 😀"}
    with connex.database.transaction() as session:
        builders.add_connection(session, "shop", company=company)
    for encoding in ("ascii", "latin-1", "cp1252", "utf-8"):
        code, out, err = run_main(monkeypatch, "connection", "show", "shop", "--json", encoding=encoding)
        assert (code or 0, err) == (0, "")
        assert json.loads(out)["company"] == company["company_name"]
        code, out, err = run_main(monkeypatch, "connection", "show", "shop", encoding=encoding)
        assert (code or 0, err) == (0, "")
        assert "ller" in out


def test_ctrl_c_ends_a_command_with_130(connex: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(io.StringIO):
        def readline(self, size: int | None = -1, /) -> str:
            raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdin", Interrupted())
    code, out, err = run_main(monkeypatch, "person", "add", "anna", "--password-stdin")
    assert (code, out, err.strip()) == (130, "", "")
    assert connex.count(Person) == 0


# --- decisions


def waiting_refund(connex: Installation) -> int:
    with connex.database.transaction() as session:
        shop = builders.add_connection(session, "shop")
        why = {"code": "approval_needed", "message": "It waits for approval before anything is entered."}
        known = [{"code": "sale_chosen", "message": "Ada said which sale this refund is of: invoice 77 for Cy."}]
        known.append({"code": "order_closed", "message": "The sales order 1001 was closed."})
        row = builders.add_refund(session, shop, "1001", status="review", reason=why, notices=known)
        builders.add_document(
            session,
            row,
            "memo",
            state="planned",
            txn_id="",
            request=b"<CreditMemoAddRq><CreditMemoAdd><CreditMemoLineAdd><ItemRef><FullName>Hat</FullName></ItemRef>"
            b"<Quantity>1</Quantity><Amount>38.00</Amount></CreditMemoLineAdd></CreditMemoAdd></CreditMemoAddRq>",
        )
        return row.id


def test_what_waits_for_a_person_is_listed_with_what_would_be_entered(connex: Installation) -> None:
    refund_id = waiting_refund(connex)
    said = connex.run("review", "shop").out
    assert "waits for approval" in said
    assert "1 x Hat | 38.00" in said
    assert "  To know: Ada said which sale this refund is of: invoice 77 for Cy.\n" in said
    assert "  When it is entered: The sales order 1001 was closed.\n" in said
    assert f"connex decide shop approve|decline|retry|done-by-hand|choose-sale|note {refund_id} --note TEXT" in said
    (row,) = connex.run("review", "shop", "--json").json
    assert (row["id"], row["acts"][0], row["plan"][0]["item"], row["candidates"]) == (refund_id, "approve", "Hat", [])


def test_a_decision_is_carried_out_and_one_that_is_not_possible_is_refused(connex: Installation) -> None:
    refund_id = str(waiting_refund(connex))
    said = connex.run("decide", "shop", "decline", refund_id, "999", "--note", "a duplicate", "--by", "Ada", status=1)
    assert said.out == f"decline: refund {refund_id} of order 1001 is skipped now.\n"
    assert said.err == "connex: the connection shop has no refund 999; see connex refunds\n"
    refused = connex.run("decide", "shop", "approve", refund_id, "--json", status=1).json
    assert refused["done"] == []
    assert "possible: retry, done-by-hand, choose-sale, note" in refused["refused"][0]["reason"]
    done = connex.run("decide", "shop", "retry", refund_id, "--json").json
    assert done == {
        "act": "retry",
        "done": [{"id": int(refund_id), "order_number": "1001", "status": "waiting", "reason": None}],
        "refused": [],
    }
    assert connex.run("review", "shop").out == "Nothing waits for a person.\n"


def test_the_sales_to_choose_from_are_listed_and_one_of_them_is_chosen(connex: Installation) -> None:
    shown = {"type": "Invoice", "txn_id": "5F-1", "ref_number": "1001", "date": "2024-03-01", "amount": "43.30"}
    why = {"code": "ambiguous_sale", "message": "Customer, amount and date don't tell which."}
    with connex.database.transaction() as session:
        shop = builders.add_connection(session, "shop")
        candidates = [{**shown, "customer_id": "8-1", "customer": "Ann Other"}]
        row = builders.add_refund(session, shop, "1001", status="review", reason=why, candidates=candidates)
        refund_id = str(row.id)
    listed = connex.run("review", "shop").out
    assert "In QuickBooks: Invoice 1001 of 2024-03-01 over 43.30 for Ann Other, 5F-1" in listed
    assert f"connex decide shop choose-sale {refund_id} --note TEXT --txn-id TXNID" in listed
    choose = ("decide", "shop", "choose-sale", refund_id, "--note", "by phone")
    assert "takes one sale" in connex.run(*choose, status=2).err
    assert "takes one sale" in connex.run(*choose, "--txn-id", "5F-1", "--sale", "Invoice 1001", status=2).err
    assert (
        "goes with choose-sale only" in connex.run("decide", "shop", "retry", "1", "--sale", "Invoice 1", status=2).err
    )
    assert "belong to one refund" in connex.run(*choose, "999", "--sale", "Invoice 1001", status=2).err
    assert connex.refused(*choose, "--sale", "1001").startswith("connex: '1001' names no sale")
    assert connex.refused(*choose, "--txn-id", "1001").startswith("connex: '1001' is no TxnID")
    said = connex.run(*choose, "--sale", "invoice 1001", "--by", "Ada").out
    assert said == f"choose-sale: refund {refund_id} of order 1001 is waiting now.\n"
    with connex.database.reading() as session:
        chosen = session.get_one(Refund, int(refund_id)).decided["sale"]
    assert chosen == {"txn_id": "5F-1", "type": "Invoice", "ref_number": "1001", "customer_id": "8-1", "by": "Ada"}


def test_a_version_that_was_seen_belongs_to_one_refund(connex: Installation) -> None:
    refund_id = str(waiting_refund(connex))
    said = connex.run("decide", "shop", "approve", refund_id, "2", "--seen", "1", status=2)
    assert "give one REFUND_ID" in said.err
    outdated = connex.run("decide", "shop", "approve", refund_id, "--seen", "99", status=1)
    assert "look at it again" in outdated.err


# --- webhooks


def test_a_webhook_is_switched_on_with_a_secret_that_is_shown_once_and_off_again(with_shop: Installation) -> None:
    made = with_shop.run("webhook", "shop", "refunds", "--json").json
    assert made["path"] == "/webhooks/refunds/shop"
    with with_shop.database.reading() as session:
        assert webhooks.secret_of(session, "shop", "refunds", with_shop.sealing.opened) == made["secret"]
    assert len(made["secret"]) >= 40
    said = with_shop.run("webhook", "shop", "shopify", "--secret-stdin", stdin="a secret of the shop\n")
    assert "a secret of the shop" not in said.out
    with with_shop.database.reading() as session:
        assert webhooks.secret_of(session, "shop", "shopify", with_shop.sealing.opened) == "a secret of the shop"
    assert with_shop.run("webhook", "shop").out.startswith("On: refunds, shopify\n")
    with_shop.run("webhook", "shop", "shopify", "--off")
    assert with_shop.run("webhook", "shop", "--json").json["on"] == ["refunds"]
    assert with_shop.count(AuditEntry) == 3
    assert "16 to 200" in with_shop.refused("webhook", "shop", "shopify", "--secret-stdin", stdin="short\n")
    assert "no connection" in with_shop.refused("webhook", "nowhere", "shopify")


def test_a_delivery_without_a_topic_is_told_without_a_gap(with_shop: Installation) -> None:
    with with_shop.database.transaction() as session:
        shop = connection_named(session, "shop")
        webhooks.note_refusals(
            session, shop, "refunds", "", [webhooks.Refusal("the body", "is not JSON")], builders.NOON
        )
    told = with_shop.run("webhook", "shop").out
    assert told.endswith(" UTC: refunds: the body: is not JSON\n")


def test_a_webhooks_secret_stands_in_the_database_only_encrypted(with_shop: Installation) -> None:
    with_shop.run("webhook", "shop", "shopify", "--secret-stdin", stdin="a secret of the shop\n")
    assert b"a secret of the shop" not in b"".join(file.read_bytes() for file in with_shop.folder.iterdir())


def test_a_secret_that_another_key_sealed_is_told_by_the_doctor(with_shop: Installation) -> None:
    with_shop.run("webhook", "shop", "shopify")
    said = with_shop.run("doctor", status=1, CONNEX_SECRET_KEY="another key, of more than 32 characters")
    assert "shop: the secret of its shopify webhook can't be read" in said.out
    assert "connex webhook shop shopify" in said.out
    assert "can't be read" not in with_shop.run("doctor").out


def test_an_import_brings_the_refunds_that_waited_for_its_orders(with_shop: Installation, tmp_path: Path) -> None:
    with with_shop.database.transaction() as session:
        connection = connection_named(session, "shop")
        body = json.dumps({**payloads.refund(), "order_id": 5001}).encode()
        webhooks.keep_waiting(session, connection, webhooks.Apart("shopify", "901", "5001", body), builders.NOON)
    assert "refund 901 for the order 5001" in with_shop.run("webhook", "shop").out
    file = tmp_path / "orders.json"
    file.write_text(json.dumps({"orders": [payloads.order(financial_status="paid")]}))
    assert with_shop.run("import", "shop", str(file), "--json").json["new"] == 1
    assert with_shop.run("webhook", "shop").out == "On: none\n"
