"""How fast the simulated QuickBooks is with a large company: `python benchmarks/simulator_speed.py [TRANSACTIONS]`.

Prints the seconds of processor time that making, saving and loading the company take, and each of some queries.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from qbsim import Company, QuickBooks
from qbsim.companies import large_company

TRANSACTIONS = 200_000
SEED = 1
ASKED = 500
#: Each query is asked so many times, and the quickest counts.
TRIES = 5
PROLOG = '<?xml version="1.0" encoding="utf-8"?><?qbxml version="13.0"?><QBXML><QBXMLMsgsRq onError="stopOnError">'
Result = TypeVar("Result")


def main(transactions: int) -> None:
    """Measures and prints a table."""
    seconds, company = _timed(lambda: large_company(SEED, transactions))
    print(f"making {transactions:,} transactions: {seconds:.1f} s")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "company.json"
        seconds, _ = _timed(lambda: company.save(path))
        print(f"saving: {seconds:.1f} s, {path.stat().st_size / 1_000_000:.0f} MB")
        seconds, company = _timed(lambda: Company.load(path))
        print(f"loading: {seconds:.1f} s")
    quickbooks = QuickBooks(company)
    for title, request in _queries(company):
        _, answer = first = _timed(lambda request=request: quickbooks.process(request))  # type: ignore[misc]
        best = min(_timed(lambda request=request: quickbooks.process(request))[0] for _ in range(TRIES))  # type: ignore[misc]
        records = answer.response.count("</InvoiceRet>")
        print(f"{title}: {1000 * best:.1f} ms ({1000 * first[0]:.1f} the first time), {records} records")


def _queries(company: Company) -> list[tuple[str, str]]:
    invoices = company.transactions("Invoice")
    chosen = random.Random(SEED).sample(invoices, min(ASKED, len(invoices)))
    numbers = "".join(f"<RefNumber>{each.ref_number}</RefNumber>" for each in chosen)
    both = "<IncludeLineItems>true</IncludeLineItems><IncludeLinkedTxns>true</IncludeLinkedTxns>"
    last = invoices[-1]
    since = (last.stamp.time_modified - timedelta(days=1)).isoformat()
    modified = f"<ModifiedDateRangeFilter><FromModifiedDate>{since}</FromModifiedDate></ModifiedDateRangeFilter>"
    dated = f"<TxnDateRangeFilter><FromTxnDate>{last.txn_date}</FromTxnDate></TxnDateRangeFilter>"
    entity = f"<EntityFilter><ListID>{last.customer_id}</ListID></EntityFilter>"
    account = "<AccountFilter><FullName>Undeposited Funds</FullName></AccountFilter>"
    ends = f"<MatchCriterion>EndsWith</MatchCriterion><RefNumber>{last.ref_number}</RefNumber>"
    return [
        (f"invoices by {len(chosen)} RefNumbers", _request(numbers)),
        ("the same with lines and links", _request(numbers + both)),
        ("invoices changed on the last day", _request(modified)),
        ("invoices of the last day", _request(dated)),
        ("invoices of one customer", _request(entity)),
        ("invoices by the end of a RefNumber", _request(f"<RefNumberFilter>{ends}</RefNumberFilter>")),
        ("invoices on an account where none is", _request(account)),
        ("the first 100 invoices", _request("<MaxReturned>100</MaxReturned>")),
    ]


def _request(inside: str) -> str:
    return f"{PROLOG}<InvoiceQueryRq>{inside}</InvoiceQueryRq></QBXMLMsgsRq></QBXML>"


def _timed(work: Callable[[], Result]) -> tuple[float, Result]:
    started = time.process_time()
    result = work()
    return time.process_time() - started, result


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else TRANSACTIONS)
