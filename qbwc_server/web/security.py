"""What every answer carries so that a page can't be framed, scripted or remembered, and where a login may lead."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, request
from flask.sessions import SecureCookieSessionInterface

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # the CSRF check over https needs the referrer of our own pages
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
STRICT_TRANSPORT = "max-age=31536000"  # told over https alone; a trial over http on this machine is none
MAX_TARGET_CHARACTERS = 1000
MAX_ROW_ID = 2**31 - 1  # what a database's key column holds
THEME_COOKIE = "connex_theme"
THEMES = ("auto", "light", "dark")
COOKIE_SECONDS = 365 * 24 * 3600


def protect(app: Flask) -> None:
    """Gives every answer of the application its headers, and its cookie the Secure flag where the request is https."""
    app.session_interface = _CookieByScheme()
    app.after_request(_add_headers)
    app.jinja_env.globals.update(theme=_theme, THEMES=THEMES)


def is_safe_target(target: str) -> bool:
    r"""Whether a path leads to a page of this site, whatever a browser makes of it.

    >>> is_safe_target("/refunds/7?page=2"), is_safe_target("//elsewhere.example/"), is_safe_target("/\\elsewhere")
    (True, False, False)
    """
    if not target.startswith("/") or len(target) > MAX_TARGET_CHARACTERS:
        return False
    if target.startswith("//") or "\\" in target or not target.isprintable():
        return False
    try:
        parts = urlsplit(target)
    except ValueError:
        return False
    return not parts.scheme and not parts.netloc


class _CookieByScheme(SecureCookieSessionInterface):
    """A cookie that was set over https never travels in the clear; over http (a loopback trial) there is no choice."""

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002  Flask's signature
        return request.is_secure


def _theme() -> str:
    """How the pages look in this browser."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else "auto"


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers[name] = value
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = STRICT_TRANSPORT
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response
