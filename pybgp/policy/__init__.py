"""What may pass, and how changed: import and export policies, as terms in a configuration and as Python functions."""

from .python import once_per_block

__all__ = ["once_per_block"]
