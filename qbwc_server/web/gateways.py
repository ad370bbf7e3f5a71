"""From which account, and how, refunds through a payment gateway of the shop are paid out, where the settings don't say
it for all of them alike: searched, changed, brought in and out as a table."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from qbwc_server.access.rights import Right
from qbwc_server.refunds.gateways import AS_THE_SETTINGS_SAY, Gateway, gateway_key
from qbwc_server.refunds.settings import RefundMethod
from qbwc_server.store import known_lists
from qbwc_server.store import mappings as stored
from qbwc_server.store.known_lists import Lists
from qbwc_server.store.mappings import (
    GATEWAY_COLUMNS,
    MAX_GATEWAY_CHARACTERS,
    MAX_GATEWAY_MAPPINGS,
    MappingProblem,
)
from qbwc_server.web import settings_form
from qbwc_server.web.connections import connection_or_404
from qbwc_server.web.mappings import MAX_SEARCH_CHARACTERS, as_file, sent_table
from qbwc_server.web.settings_form import Choice, ChoiceGroup
from qbwc_server.web.site import needs, site

DEFAULT = "As the settings say"

pages = Blueprint("gateways", __name__)


@pages.get("/connections/<name>/gateways")
@needs(Right.READ)
def show(name: str) -> str:
    """The gateways that are mapped, or those in which a text occurs."""
    return _page(name, "")


@pages.post("/connections/<name>/gateways")
@needs(Right.SETTINGS)
def change(name: str) -> AnyResponse | tuple[str, int]:
    """Maps a gateway, or maps it otherwise."""
    gateway = request.form.get("gateway", "").strip()
    try:
        mapped = stored.gateway_from(*(request.form.get(key, "") for key in GATEWAY_COLUMNS[1:]))
    except MappingProblem as error:
        return _page(name, f"Nothing was changed: {error}."), 422
    return _set(name, {gateway: mapped}, f"Saved how refunds through {gateway} are paid out.")


@pages.post("/connections/<name>/gateways/remove")
@needs(Right.SETTINGS)
def remove(name: str) -> AnyResponse:
    """Removes the mapping of a gateway."""
    gateway = request.form.get("gateway", "")
    try:
        with site().database.transaction() as session:
            connection = connection_or_404(session, name)
            stored.remove_gateway(session, connection, gateway, site().clock(), current_user.name)
    except MappingProblem:
        flash(f"{gateway[:MAX_GATEWAY_CHARACTERS]} was not mapped any more.", "problem")
    else:
        flash(f"{gateway} is not mapped any more: its refunds are paid out as the settings say.")
    return redirect(url_for("gateways.show", name=name))


@pages.post("/connections/<name>/gateways/table")
@needs(Right.SETTINGS)
def bring_in(name: str) -> AnyResponse | tuple[str, int]:
    """Takes in a table of gateways: all of it, or nothing."""
    try:
        table = stored.read_gateway_table(sent_table())
    except MappingProblem as error:
        return _page(name, f"Nothing was changed: {error}."), 422
    return _set(name, table, f"The table is taken in: {len(table)} gateways.")


@pages.get("/connections/<name>/gateways.csv")
@needs(Right.READ)
def take_out(name: str) -> Response:
    """All mappings as a table, safe to open in a spreadsheet."""
    with site().database.reading() as session:
        found = stored.gateway_mappings(session, connection_or_404(session, name).id)
    return as_file(stored.written_gateway_table(found), f"connex-{name}-gateways.csv")


def _set(name: str, gateways: Mapping[str, Gateway], said: str) -> AnyResponse | tuple[str, int]:
    try:
        with site().database.transaction() as session:
            connection = connection_or_404(session, name)
            _check(gateways, known_lists.lists_of(connection.company))
            changed = stored.set_gateways(session, connection, gateways, site().clock(), current_user.name)
    except MappingProblem as error:
        return _page(name, f"Nothing was changed: {error}."), 422
    flash(said if changed else "Nothing was different, so nothing was changed.")
    return redirect(url_for("gateways.show", name=name))


def _check(gateways: Mapping[str, Gateway], lists: Lists) -> None:
    """Raises MappingProblem for an account or a payment method that QuickBooks does not have."""
    for gateway, each in gateways.items():
        problem = known_lists.gateway_problem(each, lists)
        if problem:
            raise MappingProblem(f"{gateway[:60]}: {problem}")


def _page(name: str, error: str) -> str:
    search = request.args.get("search", "").strip()[:MAX_SEARCH_CHARACTERS]
    with site().database.reading() as session:
        connection = connection_or_404(session, name)
        every = stored.gateway_mappings(session, connection.id)
        mapped = {gateway_key(gateway) for gateway in every}
        looked_for = search.casefold()
        found = {
            gateway: each
            for gateway, each in every.items()
            if any(looked_for in text.casefold() for text in (gateway, each.account, each.payment_method))
        }
        chosen = request.values.get("gateway", "")[:MAX_GATEWAY_CHARACTERS]
        now = {gateway_key(gateway): each for gateway, each in every.items()}.get(gateway_key(chosen))
        texts = _texts(now or AS_THE_SETTINGS_SAY) | {
            key: request.form[key].strip() for key in GATEWAY_COLUMNS[1:] if key in request.form
        }
        lists = known_lists.lists_of(connection.company)
        return render_template(
            "gateways.html",
            connection=connection,
            error=error,
            search=search,
            rows=found,
            total=len(every),
            most=MAX_GATEWAY_MAPPINGS,
            columns=GATEWAY_COLUMNS,
            gateway=chosen,
            is_mapped=now is not None,
            texts=texts,
            account_groups=_groups(lists, texts["account"]),
            method_groups=_method_groups(lists, texts["payment_method"]),
            ways=(Choice("", DEFAULT), *(settings_form.choice(way.value) for way in RefundMethod)),
            way_words=settings_form.CHOICE_WORDS,
            default=DEFAULT,
            unmapped=[seen for seen in stored.gateways_seen(session, connection.id) if gateway_key(seen) not in mapped],
            may_change=current_user.may(Right.SETTINGS),
        )


def _texts(gateway: Gateway) -> dict[str, str]:
    way = gateway.refund_method.value if gateway.refund_method else ""
    return {"account": gateway.account, "payment_method": gateway.payment_method, "refund_method": way}


def _groups(lists: Lists, value: str) -> tuple[ChoiceGroup, ...]:
    """The accounts to choose from; none where they are not known."""
    return () if lists.accounts is None else settings_form.account_groups(lists.accounts, value, DEFAULT)


def _method_groups(lists: Lists, value: str) -> tuple[ChoiceGroup, ...]:
    if lists.payment_methods is None:
        return ()
    return (settings_form.method_group(lists.payment_methods, value, DEFAULT),)
