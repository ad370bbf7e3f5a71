"""Which item of QuickBooks a SKU of the shop is: searched, changed, brought in and out as a table."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from qbwc_server.access.rights import Right
from qbwc_server.store import known_lists
from qbwc_server.store import mappings as stored
from qbwc_server.store.mappings import COLUMNS, MAX_ITEM_MAPPINGS, MAX_SKU_CHARACTERS, MappingProblem
from qbwc_server.web.connections import connection_or_404
from qbwc_server.web.site import needs, site

MAX_SHOWN = 200  # SKUs; a search finds the others
MAX_TABLE_BYTES = 4 * 1024 * 1024
MAX_SEARCH_CHARACTERS = 255

pages = Blueprint("mappings", __name__)


@pages.get("/connections/<name>/items")
@needs(Right.READ)
def show(name: str) -> str:
    """The SKUs that are mapped, or those in which a text occurs."""
    return _page(name, "")


@pages.post("/connections/<name>/items")
@needs(Right.SETTINGS)
def change(name: str) -> AnyResponse | tuple[str, int]:
    """Maps a SKU to an item, or to another one."""
    sku, item = request.form.get("sku", "").strip(), request.form.get("item", "").strip()
    return _set(name, {sku: item}, f"{sku} is {item} in QuickBooks.")


@pages.post("/connections/<name>/items/remove")
@needs(Right.SETTINGS)
def remove(name: str) -> AnyResponse | tuple[str, int]:
    """Removes the mapping of a SKU."""
    sku = request.form.get("sku", "")
    try:
        with site().database.transaction() as session:
            stored.remove_item(session, connection_or_404(session, name), sku, site().clock(), current_user.name)
    except MappingProblem:
        flash(f"{sku[:MAX_SKU_CHARACTERS]} was not mapped any more.", "problem")
    else:
        flash(f"{sku} is not mapped any more.")
    return redirect(url_for("mappings.show", name=name))


@pages.post("/connections/<name>/items/table")
@needs(Right.SETTINGS)
def bring_in(name: str) -> AnyResponse | tuple[str, int]:
    """Takes in a table of SKUs and items: all of it, or nothing."""
    try:
        table = stored.read_table(sent_table())
    except MappingProblem as error:
        return _page(name, f"Nothing was changed: {error}."), 422
    return _set(name, table, f"The table is taken in: {len(table)} SKUs.")


@pages.get("/connections/<name>/items.csv")
@needs(Right.READ)
def take_out(name: str) -> Response:
    """All mappings as a table, safe to open in a spreadsheet."""
    with site().database.reading() as session:
        found = stored.item_mappings(session, connection_or_404(session, name).id)
    return as_file(stored.written_table(found), f"connex-{name}-items.csv")


def sent_table() -> bytes:
    """The table that a form sends. Raises MappingProblem."""
    sent = request.files.get("file")
    content = sent.read(MAX_TABLE_BYTES + 1) if sent else b""
    if len(content) > MAX_TABLE_BYTES:
        raise MappingProblem(f"the file is larger than {MAX_TABLE_BYTES} bytes; bring it in in parts")
    return content


def as_file(table: bytes, file_name: str) -> Response:
    """A table as a file to keep."""
    return Response(
        table,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{file_name}"'},
    )


def _set(name: str, items: dict[str, str], said: str) -> AnyResponse | tuple[str, int]:
    try:
        with site().database.transaction() as session:
            connection = connection_or_404(session, name)
            changed = stored.set_items(session, connection, items, site().clock(), current_user.name)
    except MappingProblem as error:
        return _page(name, f"Nothing was changed: {error}."), 422
    flash(said if changed else "Nothing was different, so nothing was changed.")
    return redirect(url_for("mappings.show", name=name))


def _page(name: str, error: str) -> str:
    search = request.args.get("search", "").strip()[:MAX_SEARCH_CHARACTERS]
    with site().database.reading() as session:
        connection = connection_or_404(session, name)
        every = stored.item_mappings(session, connection.id)
        looked_for = search.casefold()
        found = [
            (sku, item) for sku, item in every.items() if looked_for in sku.casefold() or looked_for in item.casefold()
        ]
        return render_template(
            "mappings.html",
            connection=connection,
            error=error,
            search=search,
            rows=found[:MAX_SHOWN],
            found=len(found),
            total=len(every),
            maximum=MAX_SHOWN,
            most=MAX_ITEM_MAPPINGS,
            columns=COLUMNS,
            sku=request.values.get("sku", "")[:MAX_SKU_CHARACTERS],
            item=request.form.get("item", "") or every.get(request.args.get("sku", ""), ""),
            known_items=known_lists.lists_of(connection.company).items,
            may_change=current_user.may(Right.SETTINGS),
        )
