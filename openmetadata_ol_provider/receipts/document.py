"""The JSON of the Variable ``<state key>.receipts``: what waited in the topics, and the record of deliveries, packed.

What waits is written on its own by tasks that publish nothing, without the rest being unpacked.
"""

from __future__ import annotations

import msgspec

from openmetadata_ol_provider.openlineage.serialization import decode_json
from openmetadata_ol_provider.openlineage.variable_text import from_text, to_text
from openmetadata_ol_provider.receipts.receipt import Lag
from openmetadata_ol_provider.receipts.record import DeliveryRecord

#: Version that is written; others are not read.
RECEIPTS_VERSION = 1
#: Description of the Variables, by which they are found: a long state key hides what they are.
DESCRIPTION = "Receipts of openmetadata-ol-provider: may be deleted at any time"


class ReceiptsDocument(msgspec.Struct, frozen=True, omit_defaults=True):
    """The Variable's JSON.

    :param version: version of this format
    :param state_key: state key of the task, with its lane
    :param owner: state key without the lane
    :param lanes: number of lanes
    :param lag: what waited in the topics, as measured last
    :param record: receipts, packed
    """

    version: int
    state_key: str
    owner: str = ""
    lanes: int = 1
    lag: Lag | None = None
    record: str = ""

    def unpacked(self) -> DeliveryRecord:
        """Return the record.

        :raises ValueError: if it is damaged
        """
        return from_text(self.record, DeliveryRecord) if self.record else DeliveryRecord()

    def with_record(self, record: DeliveryRecord) -> ReceiptsDocument:
        """Return the document with another record."""
        return msgspec.structs.replace(self, record=to_text(record))


def decode_receipts(text: str) -> ReceiptsDocument:
    """Return the document in a Variable's text.

    :raises ValueError: if it was not written by this version of the package
    """
    document = decode_json(text, ReceiptsDocument)
    if document.version != RECEIPTS_VERSION:
        raise ValueError(f"version {document.version!r} of receipts, supported: {RECEIPTS_VERSION}")
    return document


def encode_receipts(document: ReceiptsDocument) -> str:
    """Return the Variable's text."""
    return msgspec.json.encode(document).decode()
