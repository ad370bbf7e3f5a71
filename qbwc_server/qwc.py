"""The .qwc file that a user gives to the Web Connector, to make it call a connection (FACTS.md 6, "QWC file").

The Web Connector's rules on addresses are held here, where the person who can put them right sees the reason:
https except for localhost, a host's name and no IP address, AppURL and AppSupport on the same host.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from lxml import etree

from qbwc_server.store.connections import CONNEX_OWNER_ID

if TYPE_CHECKING:
    from qbwc_server.store.tables import Connection

SOAP_PATH = "/qbwc"
SUPPORT_PATH = "/support"
DESCRIPTION = "Brings the refunds of your web shop into QuickBooks, each exactly once"
MAX_DESCRIPTION_CHARACTERS = 80
RUN_EVERY_MINUTES = 5

SAMPLE_NAME = "connex"
SAMPLE_URL = "http://localhost:8080"
SAMPLE_FILE_ID = "{6E1D9A52-3C0B-4D87-9F24-B85A7C10E3D6}"


class QwcURLError(ValueError):
    """An address that the Web Connector would refuse; says why and what to give instead."""


def qwc_for(connection: Connection, url: str) -> bytes:
    """The .qwc file of a connection, for a server that the Web Connector reaches at `url`. Raises QwcURLError."""
    return write_qwc(
        name=connection.name,
        user_name=connection.user_name,
        owner_id=connection.owner_id,
        file_id=connection.file_id,
        url=url,
    )


def write_qwc(*, name: str, user_name: str, owner_id: str, file_id: str, url: str) -> bytes:
    """The .qwc file with these values: GUIDs in braces, `url` the server's address without /qbwc. Pure ASCII.

    AppUniqueName is the connection's, so that adding the file again replaces the entry. Raises QwcURLError.
    """
    address = server_address(url)
    application = f"Connex - {name}"
    root = etree.Element("QBWCXML")
    for element, text in (
        ("AppName", application),
        ("AppID", ""),
        ("AppURL", address + SOAP_PATH),
        ("AppDescription", DESCRIPTION),
        ("AppSupport", address + SUPPORT_PATH),
        ("AppUniqueName", application),
        ("UserName", user_name),
        ("OwnerID", owner_id),
        ("FileID", file_id),
        ("QBType", "QBFS"),
        ("Style", "Document"),
        ("AuthFlags", "0xF"),
        ("Notify", "false"),
        ("IsReadOnly", "false"),
        ("UnattendedModePref", "umpOptional"),
        ("PersonalDataPref", "pdpNotNeeded"),
    ):
        etree.SubElement(root, element).text = text
    scheduler = etree.SubElement(root, "Scheduler")
    etree.SubElement(scheduler, "RunEveryNMinutes").text = str(RUN_EVERY_MINUTES)
    body = etree.tostring(root, encoding="us-ascii", xml_declaration=False, pretty_print=True)
    return b'<?xml version="1.0"?>\n' + body


def sample_qwc() -> bytes:
    """The file connex.qwc at the project's root: a connection named connex on this PC, with a FileID for show."""
    return write_qwc(
        name=SAMPLE_NAME,
        user_name=SAMPLE_NAME,
        owner_id=CONNEX_OWNER_ID,
        file_id=SAMPLE_FILE_ID,
        url=SAMPLE_URL,
    )


def server_address(url: str) -> str:
    """The address without a slash at its end, if the Web Connector takes it. Raises QwcURLError.

    >>> server_address("https://Books.example.com/connex/")
    'https://books.example.com/connex'
    """
    parts, port = _split(url)
    host = parts.hostname or ""
    reason = next((reason for broken, reason in _rules(url, parts, host) if broken), None)
    if reason is not None:
        shown = repr(url) if "@" not in url else "the address"  # what stands before an @ may be a password
        raise QwcURLError(f"{shown} {reason}")
    address = f"{parts.scheme}://{host}" + (f":{port}" if port is not None else "")
    return address + parts.path.rstrip("/")


def _split(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise QwcURLError(f"{url!r} can't be read ({error}); give an address such as {_EXAMPLE}") from None
    if port == 0:
        raise QwcURLError(f"{url!r} has the port 0; give the port that the server listens on")
    return parts, port


def _is_ip_address(host: str) -> bool:
    """Also the short and numeric forms that Windows reads as one, such as 127.1 and 0x7f000001."""
    if re.fullmatch(r"(.*\.)?(\d+|0x[0-9a-f]*)\.?", host):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


_EXAMPLE = "https://connex.example.com"
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*")


def _rules(url: str, parts: SplitResult, host: str) -> tuple[tuple[bool, str], ...]:
    """Whether each rule is broken, and what to say then, in the order in which a person would put things right."""
    path = parts.path.rstrip("/")
    return (
        (
            re.search(r"[^!-~]", url) is not None,
            "holds a space or a character outside ASCII; write a host with such letters in its xn-- form",
        ),
        (
            parts.scheme not in ("http", "https") or not host,
            f"is not a web address; give one such as {_EXAMPLE}",
        ),
        (
            "@" in parts.netloc,
            "holds a user; the Web Connector asks for the password itself, so leave out what stands before the @",
        ),
        (
            "?" in url or "#" in url,
            "holds a query or a fragment; leave out the ? or # and what follows it",
        ),
        (
            _is_ip_address(host),
            "has an IP address, which the Web Connector refuses; use localhost where it runs on this PC, else a "
            "host name",
        ),
        (
            _HOST.fullmatch(host) is None,
            f"has a host name that can't be one; give an address such as {_EXAMPLE}",
        ),
        (
            parts.scheme == "http" and host != "localhost",
            "is not encrypted, which the Web Connector takes from localhost only; use https",
        ),
        (
            re.fullmatch(r"[A-Za-z0-9._~/%-]*", path) is None,
            "has a path with unusual characters; use letters, digits, dots, dashes and slashes",
        ),
        (
            path.endswith((SOAP_PATH, SUPPORT_PATH)),
            f"ends with {SOAP_PATH} or {SUPPORT_PATH}, which are added by themselves; leave it out",
        ),
    )
