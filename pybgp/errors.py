"""The exception tree. Protocol errors know the NOTIFICATION that tells the peer about them.

``PybgpError`` is what pybgp raises on purpose; anything else that escapes is a bug of ours.
"""

from __future__ import annotations

from typing import ClassVar

from .constants import CeaseSubcode, ErrorCode, FsmSubcode, HeaderSubcode, OpenSubcode, UpdateSubcode


class PybgpError(Exception):
    """What pybgp raises on purpose."""


class ConfigError(PybgpError):
    """A configuration that can't be used: every finding as ``file: key = value: expected ...``.

    ``problems`` holds one line a finding, in the order of the file.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class FibError(PybgpError):
    """The kernel's routing table could not be read or written."""


class DatastoreError(PybgpError):
    """The cluster's datastore could not be read."""


class ApiError(PybgpError):
    """A question or command that the running speaker could not answer."""


class ProtocolError(PybgpError):
    """The peer broke the protocol; the session ends with this NOTIFICATION.

    ``code`` and ``subcode`` are class attributes where the class stands for one error, and may be given for one
    instance; ``data`` are the NOTIFICATION's data octets (RFC 4271 §4.5).
    """

    code: ClassVar[ErrorCode]
    subcode: int = 0

    def __init__(self, message: str = "", *, data: bytes = b"", subcode: int | None = None) -> None:
        super().__init__(message or type(self).__name__)
        self.data = data
        if subcode is not None:
            self.subcode = subcode


class HeaderError(ProtocolError):
    """Message header error (RFC 4271 §6.1)."""

    code: ClassVar[ErrorCode] = ErrorCode.MESSAGE_HEADER


class ConnectionNotSynchronized(HeaderError):
    """The marker is not all ones."""

    subcode = HeaderSubcode.CONNECTION_NOT_SYNCHRONIZED


class BadMessageLength(HeaderError):
    """A length that the type or the session does not allow; the data is the length field."""

    subcode = HeaderSubcode.BAD_MESSAGE_LENGTH


class BadMessageType(HeaderError):
    """A type that is unknown or not negotiated; the data is the type octet."""

    subcode = HeaderSubcode.BAD_MESSAGE_TYPE


class OpenError(ProtocolError):
    """OPEN message error (RFC 4271 §6.2)."""

    code: ClassVar[ErrorCode] = ErrorCode.OPEN_MESSAGE


class UnsupportedVersionNumber(OpenError):
    """A version other than 4; the data is the version we speak, two octets."""

    subcode = OpenSubcode.UNSUPPORTED_VERSION_NUMBER


class BadPeerAs(OpenError):
    """The peer's AS number is not the configured one, or is 0 (RFC 7607)."""

    subcode = OpenSubcode.BAD_PEER_AS


class BadBgpIdentifier(OpenError):
    """The identifier is 0, or ours on an internal session (RFC 6286 §2.2)."""

    subcode = OpenSubcode.BAD_BGP_IDENTIFIER


class UnsupportedOptionalParameter(OpenError):
    """An optional parameter other than Capabilities; the data is the parameter."""

    subcode = OpenSubcode.UNSUPPORTED_OPTIONAL_PARAMETER


class UnacceptableHoldTime(OpenError):
    """A hold time of 1 or 2 seconds."""

    subcode = OpenSubcode.UNACCEPTABLE_HOLD_TIME


class UnsupportedCapability(OpenError):
    """A capability we require is missing; the data is the missing capabilities (RFC 5492 §3)."""

    subcode = OpenSubcode.UNSUPPORTED_CAPABILITY


class RoleMismatch(OpenError):
    """The two BGP roles do not fit together (RFC 9234 §4.2)."""

    subcode = OpenSubcode.ROLE_MISMATCH


class UpdateError(ProtocolError):
    """UPDATE message error that ends the session (RFC 4271 §6.3, RFC 7606)."""

    code: ClassVar[ErrorCode] = ErrorCode.UPDATE_MESSAGE
    subcode = UpdateSubcode.MALFORMED_ATTRIBUTE_LIST


class HoldTimerExpired(ProtocolError):
    """Nothing was heard for the hold time (RFC 4271 §6.5)."""

    code: ClassVar[ErrorCode] = ErrorCode.HOLD_TIMER_EXPIRED


class SendHoldTimerExpired(ProtocolError):
    """Nothing could be sent for the send hold time (RFC 9687)."""

    code: ClassVar[ErrorCode] = ErrorCode.SEND_HOLD_TIMER_EXPIRED


class FsmError(ProtocolError):
    """A message or event that the state does not allow (RFC 4271 §6.6, RFC 6608)."""

    code: ClassVar[ErrorCode] = ErrorCode.FINITE_STATE_MACHINE
    subcode = FsmSubcode.UNSPECIFIED


class Cease(ProtocolError):
    """We end the session without an error of the peer's (RFC 4486)."""

    code: ClassVar[ErrorCode] = ErrorCode.CEASE
    subcode = CeaseSubcode.UNSPECIFIED


class RouteRefreshError(ProtocolError):
    """ROUTE-REFRESH message error (RFC 7313 §5)."""

    code: ClassVar[ErrorCode] = ErrorCode.ROUTE_REFRESH_MESSAGE
    subcode = 1
