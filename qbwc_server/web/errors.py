"""What a person reads when a page can't be shown: a sentence and a way on, never a traceback."""

from __future__ import annotations

from flask import Flask, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from qbwc_server.web.security import is_safe_target

SENTENCES = {
    400: ("This request can't be understood", "Go back and try again."),
    403: ("This is not yours to do", "Your role does not include it. An owner of this installation can change that."),
    404: ("There is no such page", "The address may be mistyped, or what it named is gone."),
    405: ("This page can't be used like that", "Use the buttons and links of the pages."),
    413: ("That is too much", "The form holds more than this page takes."),
    429: ("Too many attempts", "Wait a minute, then try again."),
    500: ("Something went wrong", "It has been written to the server's log. Nothing was changed. Try again later."),
}


class UnusableRequestError(HTTPException):
    """A request that a person can put right; the description says how."""

    code = 400


def install(app: Flask) -> None:
    """Answers errors in the look of the pages."""
    app.register_error_handler(CSRFError, _form_expired)
    app.register_error_handler(HTTPException, _explain)


def _form_expired(error: CSRFError) -> tuple[str, int]:  # noqa: ARG001  Flask's signature
    return _page(400, "This form has expired", "Nothing was changed. Go back, reload the page and send it again.")


def _explain(error: HTTPException) -> tuple[str, int] | HTTPException:
    code = error.code or 500
    if code < 400:
        return error  # a redirect that Werkzeug raised
    title, sentence = SENTENCES.get(code, SENTENCES[400 if code < 500 else 500])
    if isinstance(error, UnusableRequestError):
        title, sentence = "That did not work", str(error.description)
    return _page(code, title, sentence)


def _page(code: int, title: str, sentence: str) -> tuple[str, int]:
    # Where the server fails it may be the database, and then nobody knows who is signed in.
    return render_template(
        "error.html", code=code, title=title, sentence=sentence, back=_back(), without_person=code >= 500
    ), code


def _back() -> str:
    """The page of ours that led here, and is not this one; empty where none did."""
    path = (request.referrer or "").removeprefix(request.host_url.rstrip("/"))
    return path if is_safe_target(path) and path.partition("?")[0] != request.path else ""
