"""The .qwc file that an application is added to the Web Connector with, read as strictly as it is known to be.

The elements and the error codes are from Intuit's guide (FACTS.md 6). Guessed: that values that are not among the
documented ones are refused as QBWC1039, that of two elements of a name the first counts, that blanks around a value
don't, and in which order the rules are looked at.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import SplitResult, urlsplit

from lxml import etree

MAX_FILE_BYTES = 1024 * 1024
"""Longest .qwc file that is read; real ones have about a thousand bytes."""
MAX_RUN_EVERY = timedelta(days=366)
_NEEDED = ("AppDescription", "AppID", "AppName", "AppSupport", "AppURL", "FileID", "OwnerID", "QBType", "UserName")
_MAY_BE_EMPTY = frozenset({"AppID", "AppDescription"})  # samples in use leave both empty
_GUID = re.compile(r"\{[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}")
_ALL_EDITIONS = 0xF
# The documented values of an element that may be absent, and the elements that need one of them.
_WORDS: dict[str, tuple[str, ...]] = {
    "QBType": ("QBFS", "QBPOS"),
    "Style": ("Document", "DocWrapped", "RPC"),
    "IsReadOnly": ("true", "false"),
    "UnattendedModePref": ("umpRequired", "umpOptional"),
    "PersonalDataPref": ("pdpNotNeeded", "pdpOptional", "pdpRequired"),
}


class WebConnectorRefusal(Exception):
    """What the Web Connector tells its user instead of doing it; `code` is its own, empty where it has none."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}" if code else reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True)
class Application:
    """What a .qwc file says of an application."""

    name: str
    url: str
    support_url: str
    user_name: str
    owner_id: str
    file_id: str
    description: str = ""
    app_id: str = ""
    unique_name: str = ""
    display_name: str = ""
    run_every: timedelta | None = None
    """The least time from one run to the next; None where the file has no schedule."""
    is_read_only: bool = False
    notify: bool = False
    editions: int = _ALL_EDITIONS
    """AuthFlags: 0x1 Simple Start, 0x2 Pro, 0x4 Premier, 0x8 Enterprise."""


def read_qwc(content: bytes) -> Application:
    """The application that a .qwc file describes. Raises WebConnectorRefusal with the code that QBWC has for it."""
    texts = _texts(content)
    for name in _NEEDED:
        if name not in texts:
            raise _bad(f"the required element {name} is missing")
        if not texts[name] and name not in _MAY_BE_EMPTY:
            raise _bad(f"the required element {name} is empty")
    for name in ("OwnerID", "FileID"):
        if _GUID.fullmatch(texts[name]) is None:
            raise _bad(f"{name} is {texts[name]!r}, which is no GUID in braces")
    for name, words in _WORDS.items():
        if name in texts and texts[name] not in words:
            raise _bad(f"{name} is {texts[name]!r}, not one of {', '.join(words)}")
    if texts["QBType"] != "QBFS" or texts.get("Style", "Document") != "Document":
        raise WebConnectorRefusal("", "only QBType QBFS with Style Document is simulated; give a file of that kind")
    check_addresses(texts["AppURL"], texts["AppSupport"])
    return Application(
        name=texts["AppName"],
        url=texts["AppURL"],
        support_url=texts["AppSupport"],
        user_name=texts["UserName"],
        owner_id=texts["OwnerID"],
        file_id=texts["FileID"],
        description=texts["AppDescription"],
        app_id=texts["AppID"],
        unique_name=texts.get("AppUniqueName", ""),
        display_name=texts.get("AppDisplayName", ""),
        run_every=_run_every(texts),
        is_read_only=texts.get("IsReadOnly") == "true",
        notify=texts.get("Notify") == "true",
        editions=_editions(texts.get("AuthFlags", "")),
    )


def check_addresses(url: str, support_url: str) -> None:
    """Holds the two addresses against the rules of the Web Connector. Raises WebConnectorRefusal."""
    parts, support = _split("AppURL", url), _split("AppSupport", support_url)
    host, support_host = parts.hostname or "", support.hostname or ""
    rules = (
        (_is_ip_address(host), "QBWC1001", f"AppURL has the IP address {host}; a host name is needed"),
        (_is_ip_address(support_host), "QBWC1002", f"AppSupport has the IP address {support_host}"),
        (host != support_host, "QBWC1000", f"AppURL is on {host}, but AppSupport on {support_host}"),
        (
            parts.scheme == "http" and host != "localhost",
            "QBWC1010",
            f"AppURL is http on {host}; https is needed on every host but localhost",
        ),
    )
    for is_broken, code, reason in rules:
        if is_broken:
            raise WebConnectorRefusal(code, reason)


def _texts(content: bytes) -> dict[str, str]:
    """The text of each element, that of the schedule by its child's name."""
    if len(content) > MAX_FILE_BYTES:
        raise _bad(f"the file has more than {MAX_FILE_BYTES} bytes")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise _bad(f"the file is no XML: {error}") from None
    if root.getroottree().docinfo.doctype:
        raise _bad("the file has a DOCTYPE")
    if root.tag != "QBWCXML":
        raise _bad(f"the file begins with {root.tag!r} instead of QBWCXML")
    texts: dict[str, str] = {}
    for element in root.iterchildren(tag=etree.Element):
        children = list(element.iterchildren(tag=etree.Element)) if element.tag == "Scheduler" else []
        for each in children or [element]:
            texts.setdefault(str(each.tag), (each.text or "").strip())
    return texts


def _bad(reason: str) -> WebConnectorRefusal:
    return WebConnectorRefusal("QBWC1039", reason)


def _split(name: str, url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise _bad(f"{name} is {url!r}, which can't be read: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _bad(f"{name} is {url!r}, which is no address of a web service")
    return parts


def _is_ip_address(host: str) -> bool:
    """Also the short and numeric forms that Windows reads as one, such as 127.1."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return re.fullmatch(r"(.*\.)?(\d+|0x[0-9a-f]+)", host) is not None
    return True


def _run_every(texts: dict[str, str]) -> timedelta | None:
    """Of minutes and seconds the first that stands in the file."""
    for name, count in texts.items():
        if name not in ("RunEveryNMinutes", "RunEveryNSeconds"):
            continue
        if re.fullmatch(r"[0-9]{1,9}", count) is None or int(count) == 0:
            raise _bad(f"{name} is {count!r}, which is no number above 0")
        every = timedelta(minutes=int(count)) if name == "RunEveryNMinutes" else timedelta(seconds=int(count))
        if every > MAX_RUN_EVERY:
            raise _bad(f"{name} is {count}, which is more than {MAX_RUN_EVERY.days} days")
        return every
    return None


def _editions(text: str) -> int:
    if not text:
        return _ALL_EDITIONS
    if re.fullmatch(r"(0x)?[0-9A-Fa-f]{1,8}", text) is None or int(text, 16) > _ALL_EDITIONS:
        raise WebConnectorRefusal("QBWC1034", f"AuthFlags is {text!r}, which is no sum of 0x1, 0x2, 0x4 and 0x8")
    return int(text, 16) or _ALL_EDITIONS
