"""Which QuickBooks is simulated: its edition, and one switch for each thing that no source tells about the real one.

A product that works with QuickBooks has to come out right with every setting of these switches (FACTS.md 3, 5, 9).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from qbsim.grammar import QBXML_VERSIONS
from qbsim.opening import OpeningFailure


@dataclass(frozen=True)
class Behaviour:
    """The switches; each default is the likelier or the more useful answer, none is known for certain."""

    #: The outcome of a set with a newMessageSetID is kept; off, its status check answers 9002.
    keeps_recovery_records: bool = True
    #: Where the outcome is not kept, the answer to the set says so (9005, with its requests worked); off, it is silent.
    tells_of_records_not_kept: bool = False
    #: How many sets are kept before the oldest is dropped; None for no limit.
    recovery_records_kept: int | None = None
    #: The record grows with each request; off, it is written when the whole set is done, and a crash leaves none.
    keeps_partial_records: bool = True
    #: A set with a known newMessageSetID and the same content gets the stored outcome; off, it is worked again.
    recognises_repeats: bool = True
    #: What a copy of a set gets while the first is still worked: its outcome as far as it is stored; or it is worked as
    #: if it were another; or it fails as busy, with nothing worked.
    repeat_of_a_set_in_work: Literal["stored", "worked", "busy"] = "stored"
    #: Each request after a failed one under stopOnError is answered, with 3231; off, the answer ends with that one.
    answers_what_is_left_out: bool = True
    #: An Add whose ExternalGUID another transaction has is refused.
    refuses_repeated_external_guid: bool = False
    #: ExternalGUID is in the Rets.
    shows_external_guid: bool = True
    #: DataExtDefAdd, DataExtAdd and DataExtMod work on Company; off, they answer 3250.
    takes_private_data: bool = True
    #: The user that the application works as may change the list of other names; off, that answers 3260.
    may_change_other_names: bool = True
    #: useMacro is resolved in CheckAdd/ApplyCheckToTxnAdd.
    resolves_macro_in_check: bool = True
    #: useMacro is resolved in ARRefundCreditCardAdd/RefundAppliedToTxnAdd.
    resolves_macro_in_card_refund: bool = True
    #: useMacro is resolved in SetCredit/CreditTxnID.
    resolves_macro_in_set_credit: bool = True
    #: A macro name may be given again in the same session; off, the second Add is refused.
    allows_macro_to_be_redefined: bool = True
    #: A check may be drawn on Undeposited Funds or another asset account; off, only on a bank account.
    check_from_undeposited_funds: bool = True
    #: A ReceivePayment of 0.00 that only sets credits is a transaction with a TxnID. Off, the credits are linked
    #: to the invoices and the answer is thin, without a TxnID (FACTS.md 5).
    records_credit_only_payments: bool = False
    #: A change within the second of the last one gives a greater EditSequence; off, it is the second of the change.
    edit_sequences_count_up: bool = True
    #: Premier and Enterprise have sales orders; Pro answers 3250.
    has_sales_orders: bool = True
    #: The mode that the company file is open in: SingleUser or MultiUser.
    file_mode: Literal["SingleUser", "MultiUser"] = "SingleUser"
    #: The company file is open, or the application was admitted, to read alone: every change is refused.
    is_read_only: bool = False
    #: A closing date without a password is kept to as well; off, it only warns at the screen, and requests go through.
    keeps_closing_date_without_password: bool = True
    #: Why QuickBooks does not open the company file for an application, and how often; None for always.
    fails_to_open: OpeningFailure | None = None
    failed_openings: int | None = None
    product_name: str = "QuickBooks Premier Edition 2023"
    major_version: str = "33"
    minor_version: str = "0"
    #: The versions of qbXML that this QuickBooks understands, as (major, minor); a set of another is refused whole.
    supported_versions: tuple[tuple[int, int], ...] = QBXML_VERSIONS
