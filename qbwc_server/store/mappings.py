"""Which item of QuickBooks a SKU of the shop is, where the two are not called the same: kept for each connection, and
brought in and out as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as DatabaseSession

from qbwc_server.refunds.settings import MAX_NAME_CHARACTERS
from qbwc_server.store.connections import lists_changed
from qbwc_server.store.tables import AuditEntry, Connection, ItemMapping

MAX_ITEM_MAPPINGS = 5000  # of one connection; QuickBooks is asked for all their items in each session
MAX_SKU_CHARACTERS = 255
COLUMNS = ("sku", "item")


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
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MappingProblem(f"the file is not UTF-8: {error.reason} at byte {error.start}") from None
    found: dict[str, str] = {}
    try:
        rows = csv.DictReader(io.StringIO(text), strict=True)
        if tuple(rows.fieldnames or ()) != COLUMNS:
            raise MappingProblem(f"line 1: expected the columns {','.join(COLUMNS)}")
        for row in rows:
            if None in row or None in row.values():
                raise MappingProblem(f"line {rows.line_num}: has not {len(COLUMNS)} fields")
            if row["sku"] in found:
                raise MappingProblem(f"line {rows.line_num}: the SKU {row['sku']!r} stands there twice")
            found[row["sku"]] = row["item"]
    except csv.Error as error:
        raise MappingProblem(f"the file is no table: {error}") from None
    return found


def written_table(items: Mapping[str, str]) -> bytes:
    """Mappings as the table that `read_table` reads."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(items.items())
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
    session.execute(select(Connection.id).where(Connection.id == connection.id).with_for_update())
    rows = session.scalars(select(ItemMapping).where(ItemMapping.connection_id == connection.id))
    return {row.sku_key: row for row in rows}


def _record(
    session: DatabaseSession, connection: Connection, what: str, items: dict[str, str], now: datetime, who: str
) -> None:
    taken_up = lists_changed(session, connection, now, f"{who} {what}")
    details = {"items": items, "taken_up_again": taken_up}
    session.add(AuditEntry(at=now, who=who, what=what, connection_id=connection.id, details=details))
    session.flush()
