"""What goes wrong inside this package; ``read`` makes ``Damage`` of it."""

from __future__ import annotations

from ..errors import PybgpError


class BadRecord(PybgpError):
    """The octets behind a record's header are not what its type says."""


class BadCompression(PybgpError):
    """Compressed octets are damaged or end early; what came before them is good."""
