"""Update groups of families whose NLRI have labels (RFC 8277, RFC 4364, RFC 7432).

The table's keys are what tells routes apart, and the labels stay with the ``Path``. Here they come together again, so
that another label is another announcement; a withdrawn route needs none, but in VPLS.
"""

from __future__ import annotations

from typing import Final

from ..messages.families.registry import codec
from .add_path import PathIds
from .adj_rib_out import AdjRibOut
from .export import PATH_ID_SIZE, Export, Exporter
from .groups import UpdateGroup
from .path import Path
from .stream import Stream
from .targets import UNWANTED
from .telling import Telling

NOT_OURS: Final = "its labels belong to its next hop, and we would put ourselves in its place (RFC 8277 §3.2.2)"


class LabeledExporter(Exporter):
    """Exports with labels. We assign none, so that nothing is told with us as its next hop."""

    __slots__ = ()

    def _make(self, path: Path, key: bytes, mark: int | None = None) -> Export | str:
        made = super()._make(path, key, mark)
        if isinstance(made, str) or path.accepted is None:
            return made
        targets = self.rules.targets
        if targets is not None and not targets.want(path.accepted):
            return UNWANTED
        if made.next_hop == self.rules.own_next_hop != path.accepted.next_hop:
            return NOT_OURS
        return made._replace(labels=path.labels)


class LabeledTelling(Telling):
    """Keys get their labels back just before they are packed."""

    __slots__ = ("_with_labels", "_withdrawn_whole")

    def __init__(self, out: AdjRibOut, ids: PathIds) -> None:
        super().__init__(out, ids)
        family = codec(out.rules.family)
        assert family is not None
        self._with_labels = family.with_labels
        self._withdrawn_whole = family.withdrawn_whole

    def _tell_new(self, stream: Stream, path: Path, keys: list[bytes]) -> None:
        export = self._exporter.export(path)
        if export is not None:
            stream.for_all_but(path.source.name, self._announce(export, keys), len(keys))

    def _announce(self, export: Export, keys: list[bytes], path_id: int | None = None) -> list[bytes]:
        return super()._announce(export, self._labeled(export, keys), path_id)

    def _labeled(self, export: Export, keys: list[bytes]) -> list[bytes]:
        join, labels = self._with_labels, export.labels
        return [join(key, labels) for key in keys]

    def _gone(self, had: Export | None, keys: list[bytes]) -> list[bytes]:
        return self._labeled(had, keys) if had is not None and self._withdrawn_whole else keys

    def _withdraw(self, nlri: list[bytes]) -> list[bytes]:
        size, join = (PATH_ID_SIZE if self._rules.add_path else 0), self._with_labels
        return super()._withdraw([each[:size] + join(each[size:]) for each in nlri])


class LabeledGroup(UpdateGroup):
    """The group of a family with labels."""

    __slots__ = ()

    exporter_of = LabeledExporter
    telling_of = LabeledTelling
