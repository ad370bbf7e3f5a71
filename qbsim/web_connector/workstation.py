"""The PC: the company files on it, and which of them QuickBooks has open (hresults.csv).

With a file open, only that file can be asked for; with QuickBooks closed, a path opens it for the session. The texts of
0x80040414 and 0x80040416 are from memory.
"""

from __future__ import annotations

from collections.abc import Mapping

from qbsim.web_connector.processor import ConnectionFailed, RequestProcessor

FILE_NOT_OPENED = ("0x80040403", "Could not open the specified QuickBooks company data file.")
OTHER_FILE_OPEN = (
    "0x8004040A",
    "QuickBooks company data file is already open and it is different from the one requested.",
)
DIALOG_OPEN = ("0x80040414", "A modal dialog box is showing in the QuickBooks user interface.")
NO_FILE_NAMED = (
    "0x80040416",
    "If QuickBooks is not running, a call to BeginSession must include the name of the data file.",
)


class Workstation:
    """The PC of QuickBooks and the Web Connector.

    `files` has a request processor for each path, `open_path` is the file that the user has open, None where QuickBooks
    is closed. `dialog_open` says that a dialog waits for the user's answer.
    """

    def __init__(self, files: Mapping[str, RequestProcessor], open_path: str | None = None) -> None:
        self._files = {_key(path): (path, processor) for path, processor in files.items()}
        if open_path is not None and _key(open_path) not in self._files:
            raise ValueError(f"{open_path!r} is open but not among the company files; name it among them")
        self.open_path = open_path
        self.dialog_open = False

    def begin(self, path: str) -> OpenedFile:
        """Begins a session with the file at `path`, with the one that is open where it is empty.

        Raises ConnectionFailed with QuickBooks' own hresult.
        """
        if self.dialog_open:
            raise self.dialog_shows()
        wanted = path or self.open_path
        if wanted is None:
            raise ConnectionFailed(*NO_FILE_NAMED)
        if self.open_path is not None and _key(wanted) != _key(self.open_path):
            raise ConnectionFailed(*OTHER_FILE_OPEN)
        found = self._files.get(_key(wanted))
        if found is None:
            raise ConnectionFailed(*FILE_NOT_OPENED)
        own_path, processor = found
        processor.begin_session()
        return OpenedFile(path or own_path, processor)

    @staticmethod
    def dialog_shows() -> ConnectionFailed:
        """What QuickBooks answers while a dialog waits for the user."""
        return ConnectionFailed(*DIALOG_OPEN)


class OpenedFile:
    """A company file with a session begun; `path` is what the server is told."""

    def __init__(self, path: str, processor: RequestProcessor) -> None:
        self.path = path
        self.processor = processor


def _key(path: str) -> str:
    """Windows tells paths apart by neither capitals nor the way of the slash."""
    return path.replace("/", "\\").casefold()
