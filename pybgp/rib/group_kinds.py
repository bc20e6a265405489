"""Which kind of update group a family's routes need."""

from __future__ import annotations

from ..addresses import Family
from ..messages.families.registry import codec
from .add_path import PathIds
from .export import Exporter, ExportRules
from .flow_table import UNICAST_OF
from .flowspec import FlowSpecGroup
from .groups import UpdateGroup
from .labeled import LabeledGroup
from .route_targets import ClientsMembershipGroup, MembershipGroup
from .table import Table


def update_group(rules: ExportRules, table: Table, ids: PathIds) -> UpdateGroup:
    """A group by these rules, without members."""
    return _kind(rules)(rules, table, ids)


def exporter(rules: ExportRules) -> Exporter:
    """What such a group would tell."""
    return _kind(rules).exporter_of(rules)


def _kind(rules: ExportRules) -> type[UpdateGroup]:
    if rules.family == Family.ROUTE_TARGET:
        return ClientsMembershipGroup if rules.client else MembershipGroup
    if rules.family in UNICAST_OF:
        return FlowSpecGroup
    family = codec(rules.family)
    return LabeledGroup if family is not None and family.labeled else UpdateGroup
