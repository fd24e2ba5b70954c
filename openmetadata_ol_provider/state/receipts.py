"""Reads and writes the receipts under a state key; they may be lost, and begin again if they are damaged."""

from __future__ import annotations

import logging

import msgspec

from openmetadata_ol_provider.receipts.document import (
    DESCRIPTION,
    RECEIPTS_VERSION,
    ReceiptsDocument,
    decode_receipts,
    encode_receipts,
)
from openmetadata_ol_provider.receipts.receipt import Lag
from openmetadata_ol_provider.receipts.record import DeliveryRecord
from openmetadata_ol_provider.state.collisions import refuse_state
from openmetadata_ol_provider.state.keys import receipts_key
from openmetadata_ol_provider.version_compat import get_variable, set_variable

log = logging.getLogger(__name__)


class ReceiptStore:
    """The receipts under one state key.

    :param state_key: state key, with its lane
    :param owner: state key without the lane
    :param lanes: number of lanes
    """

    def __init__(self, state_key: str, owner: str = "", lanes: int = 1) -> None:
        self.state_key = state_key
        self._key = receipts_key(state_key)
        self._owner = owner or state_key
        self._lanes = lanes

    def read(self) -> ReceiptsDocument:
        """Return the document; an empty one if it is missing, damaged, or of another version."""
        return self._document_of(get_variable(self._key))

    def _document_of(self, text: str | None) -> ReceiptsDocument:
        try:
            document = decode_receipts(text) if text else ReceiptsDocument(RECEIPTS_VERSION, self.state_key)
        except ValueError as error:
            log.warning("the receipts in Variable %r are not readable (%s): they begin again", self._key, error)
            document = ReceiptsDocument(RECEIPTS_VERSION, self.state_key)
        return msgspec.structs.replace(document, state_key=self.state_key, owner=self._owner, lanes=self._lanes)

    def record_of(self, document: ReceiptsDocument) -> DeliveryRecord:
        """Return the receipts of a document; none if they are damaged."""
        try:
            return document.unpacked()
        except ValueError as error:
            log.warning("the receipts of %r are not readable (%s): they begin again", self.state_key, error)
            return DeliveryRecord()

    def write(self, record: DeliveryRecord | None = None, lag: Lag | None = None) -> None:
        """Write receipts and what waits; what is not given stays as it is stored.

        :raises ConfigError: if the Variable is the checkpoint of another state
        """
        text = get_variable(self._key)
        refuse_state(self._key, text or "")
        document = self._document_of(text)
        if record is not None:
            document = document.with_record(record)
        if lag is not None:
            document = msgspec.structs.replace(document, lag=lag)
        set_variable(self._key, encode_receipts(document), DESCRIPTION)
