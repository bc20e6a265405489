"""Laws of annotations: every octet once, nothing raised, and the same findings as the codec's."""

from __future__ import annotations

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pybgp.addresses import Family
from pybgp.errors import ProtocolError, UpdateError
from pybgp.messages import BlockCache, Context, Update, decode, encode, update
from pybgp.messages.annotate import Note, annotate, lines
from pybgp.messages.attributes.mp_reach import MpReach, MpUnreach
from pybgp.messages.errors import Outcome
from pybgp.messages.families.registry import FAMILIES
from pybgp.messages.header import message
from pybgp.testing import strategies as bgp

EVERYTHING = frozenset(each.family for each in FAMILIES.values())
ALL = Context(families=EVERYTHING)
CONTEXTS = st.one_of(bgp.contexts, st.just(ALL), st.just(Context(families=EVERYTHING, add_path_receive=EVERYTHING)))
FIELDS = st.one_of(
    st.just(b""),
    st.binary(max_size=20),
    st.lists(bgp.keys(bgp.IPV4), max_size=4).map(b"".join),
)
families = st.one_of(bgp.families, bgp.any_families, st.sampled_from(sorted(EVERYTHING)))
MULTIPROTOCOL = st.one_of(
    st.builds(
        lambda family, hop, nlri: bgp_attribute(14, MpReach(family, hop, nlri).encode()),
        families,
        st.one_of(bgp.octets(16), bgp.octets(4), st.binary(max_size=40)),
        st.one_of(st.lists(bgp.keys(bgp.IPV6), max_size=3).map(b"".join), st.binary(max_size=30)),
    ),
    st.sampled_from(sorted(EVERYTHING)).flatmap(lambda family: good_reach(family)),
    st.builds(
        lambda family, nlri: bgp_attribute(15, MpUnreach(family, nlri).encode()), families, st.binary(max_size=30)
    ),
)
STRANGE = st.builds(
    lambda code, flags, value: bytes((flags, code, len(value))) + value,
    st.sampled_from([14, 15, 16, 17, 18, 22, 23, 25, 26, 29, 32, 40, 128, 2, 7]),
    st.sampled_from([0x40, 0x80, 0xC0, 0xC0, 0x80]),
    st.binary(max_size=40),
)


def good_reach(family: Family) -> st.SearchStrategy[bytes]:
    hop = (bytes(FAMILIES[family].next_hop_sizes[-1]) + b"\1")[1:]
    return st.lists(bgp.keys(family), max_size=3).map(
        lambda keys: bgp_attribute(14, MpReach(family, hop, b"".join(keys)).encode())
    )


def bgp_attribute(code: int, value: bytes) -> bytes:
    return b"\x90" + bytes((code,)) + len(value).to_bytes(2) + value


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Bodies of UPDATEs, right and wrong."""
    withdrawn, nlri = draw(FIELDS), draw(FIELDS)
    parts = [draw(bgp.attribute_fields())]
    parts += draw(st.lists(st.one_of(MULTIPROTOCOL, STRANGE), max_size=3))
    attributes = b"".join(draw(st.permutations(parts)))
    return len(withdrawn).to_bytes(2) + withdrawn + len(attributes).to_bytes(2) + attributes + nlri


def check(octets: bytes, context: Context) -> Note:
    """The law: parts follow each other, leaves have every octet, and it can be shown."""
    root = annotate(octets, context)
    assert (root.start, root.end) == (0, len(octets))
    for note in root.walk():
        if note.children:
            edges = [note.start, *(child.end for child in note.children)]
            assert edges[-1] == note.end
            assert [child.start for child in note.children] == edges[:-1]
            assert all(child.start < child.end for child in note.children)
    assert b"".join(octets[leaf.start : leaf.end] for leaf in root.leaves()) == octets
    assert all(lines(root, octets))
    return root


Finding = tuple[Outcome, str, int, int]


def said(octets: bytes, context: Context) -> tuple[set[Finding], ProtocolError | None]:
    """What ``decode`` puts up with, or what it raises."""
    try:
        value = decode(octets, context)
    except ProtocolError as error:
        return set(), error
    problems = value.problems if isinstance(value, Update) else ()
    return {(each.outcome, each.why, int(each.error.code), each.error.subcode) for each in problems}, None


def check_findings(octets: bytes, context: Context, root: Note) -> None:
    """The law: what is wrong is what ``decode`` says."""
    found = {(flaw.outcome, flaw.why, flaw.code, flaw.subcode) for _, flaw in root.flaws}
    problems, error = said(octets, context)
    if error is None:
        assert found == problems
    elif isinstance(error, UpdateError):
        why = getattr(error, "why", str(error))
        assert (Outcome.RESET, why, int(error.code), int(error.subcode)) in found
    else:
        assert found == {(Outcome.RESET, str(error), int(error.code), int(error.subcode))}


@given(st.binary(max_size=80), CONTEXTS)
@example(b"", ALL)
def test_random_octets(octets: bytes, context: Context) -> None:
    check_findings(octets, context, check(octets, context))


@given(st.integers(0, 255), st.binary(max_size=80), CONTEXTS)
@example(3, b"\6", ALL)
def test_random_bodies(kind: int, body: bytes, context: Context) -> None:
    octets = message(kind, body)

    check_findings(octets, context, check(octets, context))


@given(bodies(), CONTEXTS)
def test_updates_right_and_wrong(body: bytes, context: Context) -> None:
    octets = message(2, body)

    check_findings(octets, context, check(octets, context))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(bodies(), CONTEXTS, st.lists(st.tuples(st.integers(0), st.integers(0, 255)), max_size=3), st.integers(0, 4096))
def test_changed_and_cut_updates(body: bytes, context: Context, changes: list[tuple[int, int]], size: int) -> None:
    octets = bytearray(message(2, body))
    for at, octet in changes:
        octets[at % len(octets)] = octet

    for each in (bytes(octets), bytes(octets[:size]), message(2, bytes(octets[19 : 19 + size]))):
        check_findings(each, context, check(each, context))


@given(bgp.opens(), st.lists(st.tuples(st.integers(0), st.integers(0, 255)), max_size=3), st.integers(0, 300))
def test_opens(value: object, changes: list[tuple[int, int]], size: int) -> None:
    octets = bytearray(value.encode())  # type: ignore[attr-defined]
    for at, octet in changes:
        octets[19 + at % (len(octets) - 19)] = octet

    for each in (bytes(octets), message(1, bytes(octets[19 : 19 + size]))):
        check_findings(each, ALL, check(each, ALL))


@given(bgp.notifications, CONTEXTS)
def test_notifications(value: object, context: Context) -> None:
    octets = value.encode()  # type: ignore[attr-defined]

    assert not check(octets, context).flaws


@given(bgp.updates())
def test_good_updates_have_no_flaws_and_a_note_for_each_prefix(value: Update) -> None:
    for found in (octets for octets in [encode(value, ALL)] if len(octets) < 4096 and value.end_of_rib is None):
        if int.from_bytes(found[16:18]) != len(found):
            return  # more than one message
        root = check(found, ALL)
        assert not root.flaws
        texts = {note.text for note in root.walk()}
        for group in (*value.withdrawn, *value.reachable):
            codec = FAMILIES[group.family]
            assert texts >= {codec.key_text(key) for key in group.keys}


@given(bodies(), CONTEXTS)
def test_the_annotation_reads_what_the_codec_reads(body: bytes, context: Context) -> None:
    """No text of a destination comes from anywhere else."""
    try:
        value = update.decode(body, context, BlockCache())
    except UpdateError:
        return
    texts = " ".join(note.text for note in annotate(message(2, body), context).walk())
    for group in (*value.withdrawn, *value.reachable):
        for key in group.keys:
            assert FAMILIES[group.family].key_text(key) in texts
