"""A signed statement of what belongs to a bundle: in-toto Statement v1 in a DSSE envelope.

The cryptography is that of securesystemslib, which is installed only with the extra ``sign``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sbomctl.errors import ConfigError, CorruptInput, DigestMismatch, ToolMissing

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:sbomctl:compliance-bundle:1"
_KEY_BYTES = 1 << 16
_MAKE_ONE = "openssl genpkey -algorithm ed25519 -out key.pem; openssl pkey -in key.pem -pubout -out key.pub"
_CURVE = "ed25519"


class Signer:
    """Signs with the key in a file; the same statement gives the same envelope."""

    def __init__(self, key_file: str) -> None:
        """Read the key; raises ``ToolMissing`` without the library, ``ConfigError`` for another key."""
        _demand_library("signing")
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
        from securesystemslib.signer import CryptoSigner

        pem = _read(key_file)
        try:
            key = load_pem_private_key(pem, None)
        except TypeError:
            raise ConfigError(f"the key {key_file} is encrypted", "give one without a password") from None
        except Exception as error:
            raise ConfigError(f"{key_file} holds no private key in PEM", f"make one: {_MAKE_ONE}") from error
        self._signer = CryptoSigner(_demand_curve(key, key_file))

    def envelope(self, payload: bytes) -> bytes:
        """``payload`` in an envelope with its signature, as one line of JSON."""
        from securesystemslib.dsse import Envelope

        found = Envelope(payload, PAYLOAD_TYPE, {})
        found.sign(self._signer)
        return json.dumps(found.to_dict(), separators=(",", ":"), sort_keys=True).encode() + b"\n"


def statement(sums: Mapping[str, str], facts: Mapping[str, Any]) -> bytes:
    """That all files of ``sums`` belong to the bundle that ``facts`` describe."""
    return json.dumps(
        {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": path, "digest": {"sha256": digest}} for path, digest in sorted(sums.items())],
            "predicateType": PREDICATE_TYPE,
            "predicate": facts,
        },
        separators=(",", ":"),
        sort_keys=True,
    ).encode()


def subjects(data: bytes) -> dict[str, str]:
    """Digest by path of what an envelope speaks of, its signature unchecked; raises ``CorruptInput``."""
    import binascii
    from base64 import b64decode

    try:
        envelope = json.loads(data)
        said = json.loads(b64decode(envelope["payload"], validate=True))
        if envelope["payloadType"] != PAYLOAD_TYPE or said["_type"] != STATEMENT_TYPE:
            raise CorruptInput("the attestation is no in-toto statement")
        if said["predicateType"] != PREDICATE_TYPE:
            raise CorruptInput("the attestation is about something else than a bundle")
        return {str(one["name"]): str(one["digest"]["sha256"]) for one in said["subject"]}
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error) as error:
        raise CorruptInput("the attestation is damaged") from error


def check_signature(data: bytes, key_file: str) -> str:
    """The id of the public key in ``key_file``, which must have signed the envelope; raises ``DigestMismatch``."""
    _demand_library("checking a signature")
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import VerificationError
    from securesystemslib.signer import SSlibKey

    pem = _read(key_file)
    try:
        public = load_pem_public_key(pem)
    except ValueError as error:
        raise ConfigError(f"{key_file} holds no public key in PEM", f"make one: {_MAKE_ONE}") from error
    key = SSlibKey.from_crypto(_demand_curve(public, key_file))
    try:
        Envelope.from_dict(json.loads(data)).verify([key], 1)
    except VerificationError:
        raise DigestMismatch(f"the attestation is not signed by the key in {key_file}") from None
    except Exception as error:
        raise CorruptInput("the attestation is damaged") from error
    return str(key.keyid)


def _demand_library(what: str) -> None:
    if not all(map(find_spec, ("cryptography", "securesystemslib"))):
        raise ToolMissing(
            f"{what} needs the Python package securesystemslib, which is not installed",
            "pip install 'sbomctl[sign]', or 'securesystemslib[crypto]' into the environment of sbomctl",
        )


def _demand_curve(key: Any, file: str) -> Any:  # noqa: ANN401 - a key of any kind
    from cryptography.hazmat.primitives.asymmetric import ed25519

    if not isinstance(key, (ed25519.Ed25519PrivateKey, ed25519.Ed25519PublicKey)):
        raise ConfigError(f"the key in {file} is not of the kind {_CURVE}", f"make one: {_MAKE_ONE}")
    return key


def _read(file: str) -> bytes:
    try:
        with Path(file).open("rb") as data:
            return data.read(_KEY_BYTES)
    except OSError as error:
        raise ConfigError(f"cannot read the key {file}: {error.strerror}") from error
