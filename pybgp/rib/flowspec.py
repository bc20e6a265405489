"""Update groups of flow specifications, which have no next hop and may be as long as a message (RFC 8955 §4)."""

from __future__ import annotations

from ..constants import HEADER_SIZE
from .export import PATH_ID_SIZE, Export, Exporter, ExportRules
from .groups import UpdateGroup
from .path import Path

_AROUND = HEADER_SIZE + 4 + 9
"""Octets of an UPDATE and of MP_REACH_NLRI besides attributes and rules, without a next hop."""


class FlowSpecExporter(Exporter):
    """Exports without a next hop. Whether there is room depends on how long the rule is."""

    __slots__ = ()

    def __init__(self, rules: ExportRules) -> None:
        super().__init__(rules)
        self.reads_prefix = True
        self._marked = False
        self._room = rules.limit - (PATH_ID_SIZE if rules.add_path else 0)
        self._next_hop_sizes = {0: 0}

    def _make(self, path: Path, key: bytes, mark: int | None = None) -> Export | str:
        made = super()._make(path, key, mark)
        if isinstance(made, Export) and _AROUND + len(made.attributes) + len(key) > self._room:
            return self._too_long
        return made

    def _finish(self, head: bytes, tail: bytes, next_hop: bytes) -> Export | str:
        return super()._finish(head, tail, b"")


class FlowSpecGroup(UpdateGroup):
    """The group of a family of flow specifications."""

    __slots__ = ()

    exporter_of = FlowSpecExporter
