"""UPDATEs that have nothing wrong in them."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...addresses import Family
from ...messages.families.registry import FAMILIES
from ...messages.update import Reachable, Update, Withdrawn
from .attributes import blocks
from .families import families, u32
from .keys import key_lists

every_family: SearchStrategy[Family] = st.sampled_from([codec.family for codec in FAMILIES.values()])
"""All that pybgp can read and write; ``families`` are those that a speaker has tables for."""


@st.composite
def updates(draw: st.DrawFn, path_ids: bool = False, among: SearchStrategy[Family] = families) -> Update:
    """What ``update.decode`` gives of UPDATEs with nothing wrong: withdrawn and reachable prefixes never overlap."""
    family = draw(among)
    identifiers = u32 if path_ids else st.just(0)
    if draw(st.booleans()):
        return Update((Withdrawn(family, draw(identifiers), draw(key_lists(family))),), ())
    return Update((), (Reachable(family, draw(identifiers), draw(key_lists(family)), draw(blocks(family))),))
