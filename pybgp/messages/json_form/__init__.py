"""The JSON form of messages, both ways: what stands on the wire, field by field (docs/reference/decode.md).

``to_json`` never fails: a message that is damaged has its ``error`` and whatever could be read of it, and ``octets``.
``from_json`` gives the octets again, the same ones for everything that ``to_json`` gives.
"""

from .message import SCHEMA, from_json, to_json

__all__ = ["SCHEMA", "from_json", "to_json"]
