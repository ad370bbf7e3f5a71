"""The help page, which the Web Connector's "App Support" link opens without a login."""

from __future__ import annotations

from flask import Blueprint, render_template

from qbwc_server.web.site import open_to_everybody

pages = Blueprint("support", __name__)


@pages.get("/support")
@open_to_everybody
def show() -> str:
    """What Connex is, how the Web Connector gets to know it, and what to do if it fails."""
    return render_template("support.html")
