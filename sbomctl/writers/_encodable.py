"""A Bom whose every text has a UTF-8 form."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import msgspec

from sbomctl.model import Bom

_SURROGATE = re.compile("[\ud800-\udfff]")


def encodable(bom: Bom) -> Bom:
    """``bom``, with U+FFFD for every lone surrogate if it has one: no encoding form of Unicode can hold those.

    Names with undecodable bytes have another form long before (``model.files.path_text``);
    this is for text that came from elsewhere, so that a document is written all the same.
    """
    try:
        msgspec.json.encode(bom)
    except UnicodeEncodeError:
        return msgspec.convert(_mended(msgspec.to_builtins(bom)), Bom)
    return bom


def identified(bom: Bom) -> tuple[Bom, str]:
    """``encodable(bom)``, and the SHA-256 (hex) of all that is in it; encoded once for both."""
    encoder = msgspec.json.Encoder(order="deterministic")
    try:
        data = encoder.encode(bom)
    except UnicodeEncodeError:
        bom = encodable(bom)
        data = encoder.encode(bom)
    return bom, hashlib.sha256(data).hexdigest()


def _mended(value: Any) -> Any:  # noqa: ANN401 - any JSON value, nested only as deep as the model
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_mended(key): _mended(item) for key, item in value.items()}
    return [_mended(item) for item in value] if isinstance(value, list | tuple) else value
