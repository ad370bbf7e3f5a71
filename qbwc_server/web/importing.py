"""Bringing in a file of orders on a page: sent, looked at, and only then taken in."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy.orm import Session as DatabaseSession
from werkzeug.wrappers import Response as AnyResponse

from qbwc_server.access.rights import Right
from qbwc_server.refunds.settings import Settings
from qbwc_server.sources import FORMATS, Reading, UnreadableFile, read_orders
from qbwc_server.store import audit, uploads
from qbwc_server.store import connections as stored
from qbwc_server.store.refunds import take_in
from qbwc_server.store.tables import Connection, Upload
from qbwc_server.store.uploads import MAX_UPLOAD_BYTES, UploadProblem
from qbwc_server.web.connections import connection_or_404
from qbwc_server.web.security import MAX_ROW_ID
from qbwc_server.web.showing import zone_of
from qbwc_server.web.site import needs, site

FORM_BYTES = 64 * 1024  # of a form's other fields
MAX_SHOWN = 200  # records of each kind on the preview
FORMAT_WORDS = {
    "shopify": "Shopify: orders as JSON",
    "woocommerce": "WooCommerce: orders as JSON",
    "csv": "A table (CSV)",
    "json": "Connex's own JSON",
}
_TAKES_FILES = ("importing.send", "mappings.bring_in", "gateways.bring_in")

pages = Blueprint("importing", __name__)


def let_files_in() -> None:
    """Lets somebody who is signed in send a file where one is expected; all other forms stay small."""
    if request.endpoint in _TAKES_FILES and current_user.is_authenticated:
        request.max_content_length = MAX_UPLOAD_BYTES + FORM_BYTES


@pages.get("/connections/<name>/import")
@needs(Right.READ)
def show(name: str) -> str:
    """Asks for a file."""
    return _form(name, "")


@pages.post("/connections/<name>/import")
@needs(Right.DECIDE)
def send(name: str) -> AnyResponse | tuple[str, int]:
    """Keeps the file and goes on to its preview."""
    sent, file_format = request.files.get("file"), request.form.get("format", "")
    content = sent.read(MAX_UPLOAD_BYTES + 1) if sent else b""
    try:
        with site().database.transaction() as session:
            upload = uploads.keep(
                session,
                connection_or_404(session, name),
                content,
                file_name=(sent.filename if sent else "") or "file",
                file_format=file_format if file_format in FORMATS else "",
                who=current_user.name,
                now=site().clock(),
            )
    except UploadProblem as error:
        return _form(name, f"Nothing was read: {error}."), 422
    return redirect(url_for("importing.preview", name=name, upload_id=upload.id))


@pages.get(f"/connections/<name>/import/<int(max={MAX_ROW_ID}):upload_id>")
@needs(Right.DECIDE)
def preview(name: str, upload_id: int) -> AnyResponse | str | tuple[str, int]:
    """What the file holds, what of it is refused, and what would become of the rest. Nothing is changed."""
    with site().database.transaction() as session:
        connection = connection_or_404(session, name)
        found = uploads.find(session, connection, upload_id, who=current_user.name, now=site().clock())
        if found is None:
            return _gone(name)
        upload, content = found
        settings = stored.settings_of(connection)
        try:
            reading = _read(settings, upload, content)
        except UnreadableFile as error:
            uploads.drop(session, upload)
            return _form(name, f"Nothing of {upload.file_name} could be read: {error}"), 422
        tried = uploads.attempt(session, connection, reading.refunds, site().clock(), reading.told)
        told = list(zip(reading.refunds, tried.each, strict=True))
        return render_template(
            "import_preview.html",
            connection=connection,
            zone=zone_of(settings),
            upload=upload,
            reading=reading,
            counts=tried.counts,
            told=[pair for pair in told if pair[1] != "known"][:MAX_SHOWN],
            maximum=MAX_SHOWN,
        )


@pages.post(f"/connections/<name>/import/<int(max={MAX_ROW_ID}):upload_id>")
@needs(Right.DECIDE)
def confirm(name: str, upload_id: int) -> AnyResponse:
    """Takes the file in, or throws it away."""
    with site().database.transaction() as session:
        connection = connection_or_404(session, name)
        now = site().clock()
        found = uploads.find(session, connection, upload_id, who=current_user.name, now=now)
        if found is None:
            return _gone(name)
        upload, content = found
        if request.form.get("what") != "import":
            uploads.drop(session, upload)
            flash(f"{upload.file_name} was not taken in.")
            return redirect(url_for("importing.show", name=name))
        said = _take_in(session, connection, upload, content)
        is_new = connection.last_seen_at is None
    flash(said)
    return redirect(url_for("setup.show" if is_new else "refunds.listing", name=name))


def _take_in(session: DatabaseSession, connection: Connection, upload: Upload, content: bytes) -> str:
    reading = _read(stored.settings_of(connection), upload, content)
    result = take_in(session, connection, reading.refunds, site().clock(), told=reading.told)
    details = {
        "file": upload.file_name,
        "new": result.added,
        "changed": result.changed,
        "unchanged": result.unchanged,
        "refused": len(reading.refused),
    }
    audit.record(session, connection, current_user.name, f"imported {upload.file_name}", details, site().clock())
    uploads.drop(session, upload)
    return (
        f"{upload.file_name} is taken in: {result.added} new, {result.changed} changed, "
        f"{result.unchanged} known already."
    )


def _read(settings: Settings, upload: Upload, content: bytes) -> Reading:
    zone = ZoneInfo(settings.time_zone or site().server_zone)
    return read_orders(content, format=upload.file_format or None, shop=settings.shop, time_zone=zone)


def _gone(name: str) -> AnyResponse:
    flash("This file is not kept any more. Choose it again.", "problem")
    return redirect(url_for("importing.show", name=name))


def _form(name: str, error: str) -> str:
    with site().database.reading() as session:
        return render_template(
            "import.html",
            connection=connection_or_404(session, name),
            formats=[(each, FORMAT_WORDS.get(each, each)) for each in FORMATS],
            megabytes=MAX_UPLOAD_BYTES // (1024 * 1024),
            error=error,
            may_import=current_user.may(Right.DECIDE),
        )
