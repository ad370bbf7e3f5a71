"""The Flask application: the pages put together with sign-in, CSRF protection, headers and limits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

from flask import Flask
from flask_wtf.csrf import CSRFProtect
from jinja2 import StrictUndefined

import qbwc_server
from qbwc_server.access.passwords import Passwords
from qbwc_server.access.sealing import Sealing
from qbwc_server.access.second_factor import SecondFactor
from qbwc_server.store.database import Database
from qbwc_server.store.people import SIGNED_IN_FOR
from qbwc_server.web import (
    account,
    audit,
    connections,
    errors,
    first_run,
    gateways,
    health,
    importing,
    login,
    mappings,
    overview,
    people,
    reconcile,
    refunds,
    runs,
    security,
    setup,
    showing,
    support,
    sync_now,
    webhook_settings,
    webhooks,
)
from qbwc_server.web.site import SignInDoor, Site, install

MAX_FORM_BYTES = 64 * 1024
MAX_FORM_FIELDS = 200
STYLESHEET_KEPT_SECONDS = 3600
MIN_SECRET_BYTES = 16


class TemplatesMissingError(RuntimeError):
    """The pages' templates are in neither of the places where an installation has them."""


class SecretKeyError(ValueError):
    """A secret key that is too short to sign cookies with."""


def create_web(
    database: Database,
    sign_in: SignInDoor,
    *,
    secret_key: bytes,
    passwords: Passwords | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    server_zone: str = "UTC",
    first_owner_code: str = "",
) -> Flask:
    """The pages over a migrated database.

    `sign_in` tells who a name and a password belong to; `secret_key` signs the cookies and has to be the same in every
    process that serves the pages; `passwords` hashes those that are chosen here; `server_zone` is that of
    connections without one; `first_owner_code` makes the first owner's account, while there is nobody. Raises
    SecretKeyError for a key of fewer than MIN_SECRET_BYTES bytes.
    """
    if len(secret_key) < MIN_SECRET_BYTES:
        raise SecretKeyError(f"the secret key has {len(secret_key)} bytes; at least {MIN_SECRET_BYTES} are needed")
    folder = templates_folder()
    app = Flask(__name__, template_folder=str(folder), static_folder=str(folder / "static"), static_url_path="/static")
    app.config.update(
        SECRET_KEY=secret_key,
        MAX_CONTENT_LENGTH=MAX_FORM_BYTES,
        MAX_FORM_PARTS=MAX_FORM_FIELDS,
        PERMANENT_SESSION_LIFETIME=SIGNED_IN_FOR,
        SEND_FILE_MAX_AGE_DEFAULT=STYLESHEET_KEPT_SECONDS,
        SESSION_COOKIE_NAME="connex_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,  # a form is good for as long as its sign-in
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    install(
        app,
        Site(
            database,
            sign_in,
            passwords or Passwords(secret_key),
            SecondFactor(secret_key),
            Sealing(secret_key),
            clock,
            server_zone,
            first_owner_code,
        ),
    )
    security.protect(app)
    app.before_request(importing.let_files_in)  # before the form is read
    csrf = CSRFProtect(app)
    login.install(app)
    first_run.install(app)
    showing.install(app)
    errors.install(app)
    for page in (
        account,
        audit,
        connections,
        gateways,
        health,
        importing,
        mappings,
        overview,
        people,
        reconcile,
        refunds,
        runs,
        setup,
        support,
        sync_now,
        webhook_settings,
    ):
        app.register_blueprint(page.pages)
    webhooks.install(app, csrf)
    return app


def templates_folder() -> Path:
    """Where the templates are: inside the installed package, else beside it in a checkout.

    Raises TemplatesMissingError where they are in neither place.
    """
    package = Path(qbwc_server.__file__).resolve().parent
    places = (package / "templates", package.parent / "templates")
    found = next((place for place in places if (place / "base.html").is_file()), None)
    if found is None:
        raise TemplatesMissingError(
            f"no templates in {places[0]} or {places[1]}; the installation is incomplete, so install Connex again"
        )
    return found
