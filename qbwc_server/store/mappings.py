"""Which item of QuickBooks a SKU of the shop is, where the two are not called the same, and how refunds through a
gateway are paid out: kept for each connection, and brought in and out as tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as DatabaseSession

from qbwc_server.refunds.gateways import Gateway, gateway_key
from qbwc_server.refunds.settings import MAX_NAME_CHARACTERS, MAX_PAYMENT_METHOD_CHARACTERS, RefundMethod
from qbwc_server.store.cells import plain_cell, safe_cell
from qbwc_server.store.connections import lists_changed
from qbwc_server.store.holding import hold
from qbwc_server.store.tables import AuditEntry, Connection, Document, GatewayMapping, ItemMapping, Refund

MAX_ITEM_MAPPINGS = 5000  # of one connection; QuickBooks is asked for all their items in each session
MAX_SKU_CHARACTERS = 255
MAX_GATEWAY_MAPPINGS = 200  # of one connection
MAX_GATEWAY_CHARACTERS = 255
MAX_REFUNDS_LOOKED_AT = 500  # the newest, for the gateways that they name
COLUMNS = ("sku", "item")
GATEWAY_COLUMNS = ("gateway", "account", "payment_method", "refund_method")


class MappingProblem(ValueError):
    """A mapping that can't be; says where, why and what to do."""


def item_mappings(session: DatabaseSession, connection_id: int) -> dict[str, str]:
    """The full names of items by SKU, in the order of the SKUs."""
    rows = session.scalars(
        select(ItemMapping).where(ItemMapping.connection_id == connection_id).order_by(ItemMapping.sku)
    )
    return {row.sku: row.item for row in rows}


def set_items(
    session: DatabaseSession, connection: Connection, items: Mapping[str, str], now: datetime, who: str
) -> int:
    """Sets the items of some SKUs, all of them or none; how many are new or different.

    A SKU is the same whatever its case. Refunds that stopped are taken up again. Raises MappingProblem.
    """
    wanted = _checked(items)
    rows = _rows(session, connection)
    changed = {key: pair for key, pair in wanted.items() if key not in rows or rows[key].item != pair[1]}
    count = len(rows.keys() | wanted.keys())
    if count > MAX_ITEM_MAPPINGS:
        raise MappingProblem(f"there would be {count} SKUs; at most {MAX_ITEM_MAPPINGS} can be mapped")
    for key, (sku, item) in changed.items():
        if key in rows:
            rows[key].item = item
        else:
            session.add(ItemMapping(connection_id=connection.id, sku=sku, sku_key=key, item=item))
    if changed:
        _record(session, connection, "mapped SKUs to items", dict(changed.values()), now, who)
    return len(changed)


def remove_item(session: DatabaseSession, connection: Connection, sku: str, now: datetime, who: str) -> None:
    """Removes the mapping of a SKU. Raises MappingProblem where it has none."""
    row = _rows(session, connection).get(sku.strip().casefold())
    if row is None:
        raise MappingProblem(f"the SKU {sku!r} is not mapped; see: connex mapping {connection.name} items list")
    session.execute(delete(ItemMapping).where(ItemMapping.id == row.id))
    _record(session, connection, "removed the mapping of a SKU", {row.sku: row.item}, now, who)


def read_table(content: bytes) -> dict[str, str]:
    """The mappings of a CSV table with the columns sku and item. Raises MappingProblem with line and reason."""
    found: dict[str, str] = {}
    for line, row in _read(content, COLUMNS):
        if row["sku"] in found:
            raise MappingProblem(f"line {line}: the SKU {row['sku']!r} stands there twice")
        found[row["sku"]] = row["item"]
    return found


def written_table(items: Mapping[str, str]) -> bytes:
    """Mappings as the table that `read_table` reads, safe to open in a spreadsheet."""
    return _written(COLUMNS, items.items())


def gateway_mappings(session: DatabaseSession, connection_id: int) -> dict[str, Gateway]:
    """What is mapped by gateway, in the order of their names."""
    query = select(GatewayMapping).where(GatewayMapping.connection_id == connection_id).order_by(GatewayMapping.gateway)
    return {row.gateway: _gateway_of(row) for row in session.scalars(query)}


def gateways_seen(session: DatabaseSession, connection_id: int) -> tuple[str, ...]:
    """The gateways through which money of the newest refunds went back, as the shop calls them, by name."""
    newest = (
        select(Refund.id)
        .where(Refund.connection_id == connection_id)
        .order_by(Refund.created_at.desc(), Refund.id.desc())
        .limit(MAX_REFUNDS_LOOKED_AT)
        .subquery()
    )
    names = session.scalars(
        select(Document.gateway)
        .join(newest, newest.c.id == Document.refund_id)
        .where(Document.gateway != "")
        .distinct()
    )
    return tuple(sorted({gateway_key(name): name for name in names}.values(), key=str.casefold))


def set_gateways(
    session: DatabaseSession, connection: Connection, gateways: Mapping[str, Gateway], now: datetime, who: str
) -> int:
    """Sets how refunds through some gateways are paid out, all of them or none; how many are new or different.

    A gateway is the same whatever its case. Refunds that stopped are taken up again. Raises MappingProblem.
    """
    wanted = _checked_gateways(gateways)
    rows = _gateway_rows(session, connection)
    changed = {key: pair for key, pair in wanted.items() if key not in rows or _gateway_of(rows[key]) != pair[1]}
    count = len(rows.keys() | wanted.keys())
    if count > MAX_GATEWAY_MAPPINGS:
        raise MappingProblem(f"there would be {count} gateways; at most {MAX_GATEWAY_MAPPINGS} can be mapped")
    for key, (name, gateway) in changed.items():
        row = rows.get(key)
        if row is None:
            row = GatewayMapping(connection_id=connection.id, gateway=name, gateway_key=key)
            session.add(row)
        row.account, row.payment_method = gateway.account, gateway.payment_method
        row.refund_method = gateway.refund_method.value if gateway.refund_method is not None else ""
    if changed:
        told = {name: ", ".join(filter(None, _texts(gateway))) for name, gateway in changed.values()}
        _record(session, connection, "mapped gateways", told, now, who)
    return len(changed)


def remove_gateway(session: DatabaseSession, connection: Connection, name: str, now: datetime, who: str) -> None:
    """Removes the mapping of a gateway. Raises MappingProblem where it has none."""
    row = _gateway_rows(session, connection).get(gateway_key(name))
    if row is None:
        raise MappingProblem(f"the gateway {name!r} is not mapped; see: connex mapping {connection.name} gateways list")
    told = {row.gateway: ", ".join(filter(None, _texts(_gateway_of(row))))}
    session.execute(delete(GatewayMapping).where(GatewayMapping.id == row.id))
    _record(session, connection, "removed the mapping of a gateway", told, now, who)


def gateway_from(account: str, payment_method: str, refund_method: str) -> Gateway:
    """A mapping from the texts that a command or a table gives. Raises MappingProblem."""
    method = refund_method.strip()
    methods = [known.value for known in RefundMethod]
    if method and method not in methods:
        raise MappingProblem(f"the refund method {method[:60]!r} is not one of {', '.join(methods)}")
    return Gateway(account.strip(), payment_method.strip(), RefundMethod(method) if method else None)


def read_gateway_table(content: bytes) -> dict[str, Gateway]:
    """The mappings of a CSV table with the columns of GATEWAY_COLUMNS. Raises MappingProblem with line and reason."""
    found: dict[str, Gateway] = {}
    for line, row in _read(content, GATEWAY_COLUMNS):
        name = row["gateway"]
        if name in found:
            raise MappingProblem(f"line {line}: the gateway {name!r} stands there twice")
        try:
            found[name] = gateway_from(row["account"], row["payment_method"], row["refund_method"])
        except MappingProblem as problem:
            raise MappingProblem(f"line {line}: {problem}") from None
    return found


def written_gateway_table(gateways: Mapping[str, Gateway]) -> bytes:
    """Mappings as the table that `read_gateway_table` reads, safe to open in a spreadsheet."""
    return _written(GATEWAY_COLUMNS, [(name, *_texts(gateway)) for name, gateway in gateways.items()])


def _gateway_of(row: GatewayMapping) -> Gateway:
    method = RefundMethod(row.refund_method) if row.refund_method else None
    return Gateway(row.account, row.payment_method, method)


def _texts(gateway: Gateway) -> tuple[str, str, str]:
    method = gateway.refund_method.value if gateway.refund_method is not None else ""
    return gateway.account, gateway.payment_method, method


def _checked_gateways(gateways: Mapping[str, Gateway]) -> dict[str, tuple[str, Gateway]]:
    """Each gateway with its mapping, by the name as it is compared."""
    wanted: dict[str, tuple[str, Gateway]] = {}
    for given, gateway in gateways.items():
        name = given.strip()
        limits = (
            ("gateway", name, 1, MAX_GATEWAY_CHARACTERS),
            ("account", gateway.account, 0, MAX_NAME_CHARACTERS),
            ("payment method", gateway.payment_method, 0, MAX_PAYMENT_METHOD_CHARACTERS),
        )
        for what, value, least, most in limits:
            if not (least <= len(value) <= most and value.isprintable()):
                raise MappingProblem(
                    f"the {what} {value[:60]!r} of {name[:60]!r} is not {least} to {most} printable characters"
                )
        if gateway == Gateway():
            raise MappingProblem(f"the gateway {name!r} has neither account nor payment method nor refund method")
        key = gateway_key(name)
        if key in wanted:
            raise MappingProblem(f"the gateway {name!r} stands there twice, but for its case")
        wanted[key] = (name, gateway)
    return wanted


def _gateway_rows(session: DatabaseSession, connection: Connection) -> dict[str, GatewayMapping]:
    hold(session, connection.id)
    rows = session.scalars(select(GatewayMapping).where(GatewayMapping.connection_id == connection.id))
    return {row.gateway_key: row for row in rows}


def _read(content: bytes, columns: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    """The rows of a CSV table, each with its line. Raises MappingProblem with line and reason."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MappingProblem(f"the file is not UTF-8: {error.reason} at byte {error.start}") from None
    found = []
    try:
        rows = csv.DictReader(io.StringIO(text), strict=True)
        if tuple(rows.fieldnames or ()) != columns:
            raise MappingProblem(f"line 1: expected the columns {','.join(columns)}")
        for row in rows:
            if None in row or None in row.values():
                raise MappingProblem(f"line {rows.line_num}: has not {len(columns)} fields")
            found.append((rows.line_num, {column: plain_cell(text) for column, text in row.items()}))
    except csv.Error as error:
        raise MappingProblem(f"the file is no table: {error}") from None
    return found


def _written(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8")


def _checked(items: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Each SKU and item, by the SKU as it is compared."""
    wanted: dict[str, tuple[str, str]] = {}
    for given_sku, given_item in items.items():
        sku, item = given_sku.strip(), given_item.strip()
        for name, value, limit in (("SKU", sku, MAX_SKU_CHARACTERS), ("item", item, MAX_NAME_CHARACTERS)):
            if not (0 < len(value) <= limit and value.isprintable()):
                raise MappingProblem(
                    f"the {name} {value[:60]!r} of {sku[:60]!r} is not 1 to {limit} printable characters"
                )
        if sku.casefold() in wanted:
            raise MappingProblem(f"the SKU {sku!r} stands there twice, but for its case")
        wanted[sku.casefold()] = (sku, item)
    return wanted


def _rows(session: DatabaseSession, connection: Connection) -> dict[str, ItemMapping]:
    hold(session, connection.id)
    rows = session.scalars(select(ItemMapping).where(ItemMapping.connection_id == connection.id))
    return {row.sku_key: row for row in rows}


def _record(
    session: DatabaseSession, connection: Connection, what: str, items: dict[str, str], now: datetime, who: str
) -> None:
    taken_up = lists_changed(session, connection, now, f"{who} {what}")
    details = {"items": items, "taken_up_again": taken_up}
    session.add(AuditEntry(at=now, who=who, what=what, connection_id=connection.id, details=details))
    session.flush()
