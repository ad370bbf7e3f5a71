"""What the requests for customers and vendors have in common: the person, the ways to reach it, its contacts."""

from __future__ import annotations

from qbsim.grammar import types
from qbsim.grammar.common import MEMO, WHICH_LIST_ENTRY_MAY_BE, text
from qbsim.grammar.model import aggregate, any_number, leaf, optional, seq, up_to

MOST_CONTACT_DETAILS_OF_ENTRY = 8
MOST_CONTACT_DETAILS_OF_CONTACT = 5

_JOB_TITLE = text("JobTitle", 41, since=(12, 0))
_CONTACT_DETAIL = aggregate("AdditionalContactRef", text("ContactName", 40), text("ContactValue", 255), since=(12, 0))
_CONTACT = seq(
    optional(text("Salutation", 15)),
    text("FirstName", 25),
    optional(text("MiddleName", 5), text("LastName", 25), _JOB_TITLE),
    up_to(MOST_CONTACT_DETAILS_OF_CONTACT, _CONTACT_DETAIL),
)

PERSON = optional(
    text("Salutation", 15),
    text("FirstName", 25),
    text("MiddleName", 5),
    text("LastName", 25),
    text("Suffix"),
    _JOB_TITLE,
)
WAYS_TO_REACH = optional(
    text("Phone", 21),
    text("Mobile", 21),
    text("Pager", 21),
    text("AltPhone", 21),
    text("Fax", 21),
    text("Email", 1023),
    text("Cc", 1023, since=(12, 0)),
    text("Contact", 41),
    text("AltContact", 41),
)
ADDITIONAL_CONTACTS = up_to(MOST_CONTACT_DETAILS_OF_ENTRY, _CONTACT_DETAIL)
CONTACTS = any_number(aggregate("Contacts", _CONTACT, since=(12, 0)))
CONTACTS_MOD = any_number(aggregate("ContactsMod", WHICH_LIST_ENTRY_MAY_BE, _CONTACT, since=(12, 0)))
ADDITIONAL_NOTES = any_number(aggregate("AdditionalNotes", text("Note", MEMO), since=(12, 0)))
ADDITIONAL_NOTES_MOD = any_number(
    aggregate("AdditionalNotesMod", leaf("NoteID", types.INTTYPE), text("Note", MEMO), since=(12, 0))
)
