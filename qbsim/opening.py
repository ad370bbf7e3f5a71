"""What keeps an application from a company file: COM errors in place of a session (hresults.csv)."""

from __future__ import annotations

from enum import Enum


class ConnectionFailed(Exception):
    """QuickBooks can't be reached or does not open the company file; `hresult` is the COM error, as "0x80040408"."""

    def __init__(self, hresult: str, message: str) -> None:
        super().__init__(f"{hresult}: {message}")
        self.hresult = hresult
        self.message = message


class OpeningFailure(Enum):
    """Why QuickBooks does not open the company file: the hresult and its message.

    The messages of DIALOG_OPEN and OTHER_MODE are paraphrases, as no source has the words.
    """

    NO_ACCESS = ("0x80040401", "Could not access QuickBooks.")
    FILE_NOT_OPENED = ("0x80040403", "Could not open the specified QuickBooks company data file.")
    NOT_STARTED = ("0x80040408", "Could not start QuickBooks.")
    OTHER_MODE = ("0x80040410", "The QuickBooks company data file is open in a mode other than the one specified.")
    DIALOG_OPEN = ("0x80040414", "A modal dialog box is showing in the QuickBooks user interface.")
    NO_FILE_NAMED = (
        "0x80040416",
        "If QuickBooks is not running, a call to BeginSession must include the name of the data file.",
    )
    NO_PERMISSION = (
        "0x8004041A",
        "This application does not have permission to access this QuickBooks company data file.",
    )
    DENIED = ("0x80040420", "The QuickBooks user has denied access.")
    OTHER_APPLICATION = (
        "0x80040422",
        "This application requires single user file access mode and another application is already accessing the file.",
    )
    STILL_STARTING = ("0x80040424", "QuickBooks did not finish its initialization. Please try again later.")

    def failure(self) -> ConnectionFailed:
        """The exception, to be raised by the caller."""
        return ConnectionFailed(*self.value)
