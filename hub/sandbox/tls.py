"""A certificate authority of the sandbox's own, for vendors whose client insists on TLS."""

from __future__ import annotations

import ssl
from pathlib import Path

NAMES = ("127.0.0.1", "localhost")


class Authority:
    """A CA kept in a folder, so that who trusted it once still does after a restart.

    Needs the package `trustme`; raises ModuleNotFoundError without it, when first used.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.ca = str(folder / "ca.pem")
        self._context: ssl.SSLContext | None = None

    def context(self) -> ssl.SSLContext:
        """The server side of a connection under this CA."""
        if self._context is None:
            self._context = self._make()
        return self._context

    def _make(self) -> ssl.SSLContext:
        import trustme

        self._folder.mkdir(parents=True, exist_ok=True)
        key, certificate = self._folder / "ca.key", Path(self.ca)
        if key.exists() and certificate.exists():
            authority = trustme.CA.from_pem(certificate.read_bytes(), key.read_bytes())
        else:
            authority = trustme.CA(organization_name="Sandbox vendors")
            key.touch(mode=0o600)
            key.write_bytes(authority.private_key_pem.bytes())
            authority.cert_pem.write_to_path(str(certificate))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*NAMES).configure_cert(context)
        return context
