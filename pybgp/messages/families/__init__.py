"""Address families, one file each; ``registry`` lists them (RFC 4760)."""

from .base import FamilyCodec
from .registry import FAMILIES, codec

__all__ = ["FAMILIES", "FamilyCodec", "codec"]
