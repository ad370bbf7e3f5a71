"""How fast qbxml writes requests and reads answers, and how much memory a 30 MB answer takes.

Run it as `python benchmarks/qbxml_speed.py`; benchmarks/README.md says what the figures mean.
"""

from __future__ import annotations

import sys
import time
from datetime import date
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import qbxml
from tests.qbxml.answers import big_answer

MEGABYTE = 1_000_000
ANSWER_BYTES = 30 * MEGABYTE
SETS = 50
REQUESTS_IN_A_SET = 100
LINES_OF_A_MEMO = 4


def main() -> None:
    """Measures writing, then reading, and prints a table."""
    requests, written = SETS * REQUESTS_IN_A_SET, _writing_seconds()
    print(f"writing  {requests:>9,} requests   {requests / written:>9,.0f} requests/s")
    document = big_answer(ANSWER_BYTES)
    before = _peak_megabytes()
    started = time.process_time()
    [response] = qbxml.read_answer(document).responses
    elapsed = time.process_time() - started
    records, megabytes = len(response.records), len(document) / MEGABYTE
    print(f"reading  {records:>9,} records    {records / elapsed:>9,.0f} records/s    {megabytes / elapsed:.1f} MB/s")
    if before is None:
        print("memory   is not measured on this system")
        return
    peak = _peak_megabytes() or before
    print(f"memory   {megabytes:>9.1f} MB answer  {peak:>9.0f} MB peak, {peak - before:.0f} MB of it for the records")


def _writing_seconds() -> float:
    calls = tuple(qbxml.Call(str(number), _credit_memo(number)) for number in range(REQUESTS_IN_A_SET))
    message_set = qbxml.MessageSet(calls)
    started = time.process_time()
    for _ in range(SETS):
        qbxml.write_message_set(message_set)
    return time.process_time() - started


def _credit_memo(number: int) -> qbxml.CreditMemoAdd:
    line = qbxml.CreditMemoLineAdd(
        item_ref=qbxml.Ref(list_id="80000001-1500000000"),
        desc="A hat of felt & wool",
        quantity=Decimal(2),
        rate=Decimal("12.5"),
        amount=Decimal("25.00"),
        sales_tax_code_ref=qbxml.Ref(full_name="Tax"),
    )
    return qbxml.CreditMemoAdd(
        def_macro=f"TxnID:{number}",
        customer_ref=qbxml.Ref(list_id="80000001-1500000000"),
        txn_date=date(2024, 2, 29),
        ref_number=f"{number}-7QK",
        memo="Refund of web order 1001",
        lines=(line,) * LINES_OF_A_MEMO,
    )


def _peak_megabytes() -> float | None:
    """The most memory that this process has held so far; None where the system does not tell."""
    try:
        import resource
    except ImportError:
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MEGABYTE


if __name__ == "__main__":
    main()
