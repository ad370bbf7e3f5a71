"""Order data in, Refunds out: what the order systems and files say, read strictly and told as plain Refunds.

Each format is a folder and one line of `registry`; whatever it reads ends as the same frozen `Refund`.
"""

from qbwc_server.sources.document import MAX_FILE_BYTES, Document
from qbwc_server.sources.reading import Reading, Refused, UnreadableFile
from qbwc_server.sources.registry import FORMATS, read_orders

__all__ = ["FORMATS", "MAX_FILE_BYTES", "Document", "Reading", "Refused", "UnreadableFile", "read_orders"]
