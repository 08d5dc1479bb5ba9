"""Whom a registry's certificate must be from, and the certificate that we show it.

Beside what the system trusts (or ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` instead): the folders of
containers-certs.d(5) and Docker, ``HOST[:PORT]/`` with ``*.crt`` for authorities, ``*.cert`` and ``*.key``
for the client. Verification cannot be switched off.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

from sbomctl import tools
from sbomctl.errors import ConfigError
from sbomctl.sources._registry_reference import is_host

_FOLDERS = (Path("/etc/containers/certs.d"), Path("/etc/docker/certs.d"))
_BUNDLES = (  # where distributions keep what they trust, for a Python that was built elsewhere
    Path("/etc/ssl/certs/ca-certificates.crt"),
    Path("/etc/pki/tls/certs/ca-bundle.crt"),
    Path("/etc/ssl/ca-bundle.pem"),
    Path("/etc/ssl/cert.pem"),
)


def tls_context(host: str) -> ssl.SSLContext:
    """How to speak TLS with ``host``, which may have a port; raises ``ConfigError`` for files that cannot be used."""
    context = _trusting_the_system()
    for folder in _folders(host):
        for file in sorted(folder.glob("*.crt")):
            _loaded(file, lambda file=file: context.load_verify_locations(file))
        for file in sorted(folder.glob("*.cert")):
            key = file.with_suffix(".key")
            _loaded(file, lambda file=file, key=key: context.load_cert_chain(file, key))
    return context


def _trusting_the_system() -> ssl.SSLContext:
    named = tools.environment("SSL_CERT_FILE", "SSL_CERT_DIR")
    for name, path in named.items():
        if not Path(path).exists():
            raise ConfigError(f"{name}: there is no {path}", "name a file or folder of certificates in PEM form")
    context = ssl.create_default_context()  # OpenSSL heeds the two variables by itself
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    known = ssl.get_default_verify_paths()
    if not (named or known.cafile or known.capath):
        bundle = next((file for file in _BUNDLES if file.is_file()), None)
        if bundle:
            context.load_verify_locations(bundle)
    if "SSL_CERT_FILE" in named:
        _loaded(Path(named["SSL_CERT_FILE"]), lambda: context.load_verify_locations(named["SSL_CERT_FILE"]))
    return context


def _folders(host: str) -> Iterator[Path]:
    if not is_host(host):  # the name of a folder must be no path; and a redirect may say anything
        return
    home = tools.environment("HOME").get("HOME")
    for folder in (*([Path(home, ".config/containers/certs.d")] if home else []), *_FOLDERS):
        if (folder / host).is_dir():
            yield folder / host


def _loaded(file: Path, load: object) -> None:
    assert callable(load)
    try:
        load()
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        reason = "not a certificate in PEM form" if isinstance(error, ssl.SSLError) else getattr(error, "strerror", "")
        raise ConfigError(f"{file}: {reason or 'it cannot be used'}", "mend it or take it away") from error
