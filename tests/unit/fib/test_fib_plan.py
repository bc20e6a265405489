"""Single rules of the plan: what is sent when, and what is tried again."""

from __future__ import annotations

import errno

import pytest

from pybgp.addresses import Family
from pybgp.fib.plan import Plan, Request
from pybgp.fib.ways import same_way
from pybgp.fib.wire import Op
from pybgp.speaker.fib import FibRoute, KernelRoute, NextHop

KEYS = [b"\x18\x0a" + i.to_bytes(2) for i in range(1000)]
KEY = KEYS[0]
VIA_1 = FibRoute("unicast", (NextHop(b"\x0a\x63\x00\x01", "eth0"),), 0)
VIA_2 = FibRoute("unicast", (NextHop(b"\x0a\x63\x00\x02", "eth0"),), 0)
UNREACHABLE = (errno.ENETUNREACH, "Nexthop has invalid gateway")
OK = (0, "")


class Others(dict[tuple[bytes, int], str]):
    def owner(self, key: bytes, metric: int) -> str | None:
        return self.get((key, metric))


@pytest.fixture
def others() -> Others:
    return Others()


@pytest.fixture
def plan(others: Others) -> Plan:
    return Plan(Family.IPV4_UNICAST, metric=0, owner=others.owner)


def drain(plan: Plan, now: float, answer=lambda request: OK) -> list[Request]:
    """Send batches until nothing is due; returns all requests."""
    sent = []
    while plan.work_due(now):
        batch = plan.next_batch(now)
        plan.done([answer(request) for request in batch], now)
        sent += batch
    return sent


def test_a_batch_has_at_most_64_requests(plan: Plan) -> None:
    plan.apply(dict.fromkeys(KEYS, VIA_1))

    sizes = []
    while plan.work_due(0.0):
        batch = plan.next_batch(0.0)
        plan.done([OK] * len(batch), 0.0)
        sizes.append(len(batch))

    assert sum(sizes) == 1000
    assert max(sizes) == 64


def test_what_is_there_already_is_not_sent_again(plan: Plan) -> None:
    plan.apply({KEY: VIA_1})
    drain(plan, 0.0)

    plan.apply({KEY: FibRoute("unicast", VIA_1.next_hops)})  # another object, the metric left to us

    assert drain(plan, 1.0) == []


def test_a_way_that_fails_is_sent_once_and_not_for_every_prefix(plan: Plan) -> None:
    plan.apply(dict.fromkeys(KEYS, VIA_1))

    sent = drain(plan, 0.0, lambda request: UNREACHABLE)

    assert len(sent) == 64
    assert plan.counts["failed"] == 1000
    assert plan.take_events() == [
        (
            "fib_refused",
            {"next_hop": "via 10.99.0.1 dev eth0", "errno": "ENETUNREACH", "why": "Nexthop has invalid gateway"},
        )
    ]


def test_one_prefix_probes_a_failed_way_with_growing_pauses(plan: Plan) -> None:
    plan.apply(dict.fromkeys(KEYS, VIA_1))
    drain(plan, 0.0, lambda request: UNREACHABLE)

    now, pauses = 0.0, []
    for _ in range(8):
        pauses.append(plan.next_deadline - now)
        now = plan.next_deadline
        assert len(drain(plan, now, lambda request: UNREACHABLE)) == 1

    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    assert len(plan.take_events()) == 1  # said once
    assert len(drain(plan, plan.next_deadline)) == 1000  # the probe works, all follow
    assert plan.counts["installed"] == 1000
    assert [event for event, _ in plan.take_events()] == ["fib_accepted"]


def test_a_changed_environment_brings_the_next_try_forward(plan: Plan) -> None:
    plan.apply({KEY: VIA_1})
    drain(plan, 0.0, lambda request: UNREACHABLE)
    assert plan.next_deadline == 1.0

    plan.environment_changed(0.01)

    assert plan.next_deadline == pytest.approx(0.1)


def test_an_error_of_one_prefix_does_not_hold_up_the_others(plan: Plan) -> None:
    plan.apply(dict.fromkeys(KEYS, VIA_1))

    refuse = lambda request: (errno.EINVAL, "Invalid prefix") if request.key == KEYS[7] else OK  # noqa: E731
    drain(plan, 0.0, refuse)

    assert (plan.counts["installed"], plan.counts["failed"]) == (999, 1)


def test_a_refused_replacement_takes_the_old_route_out(plan: Plan) -> None:
    """Where the old route led is no longer where BGP says packets should go."""
    plan.apply({KEY: VIA_1})
    drain(plan, 0.0)

    plan.apply({KEY: VIA_2})
    sent = drain(plan, 0.0, lambda request: UNREACHABLE if request.op is Op.REPLACE else OK)

    assert [(request.op, request.route) for request in sent] == [(Op.REPLACE, VIA_2), (Op.DELETE, VIA_1)]
    assert plan.counts["failed"] == 1


def test_a_replacement_of_what_is_gone_becomes_an_addition(plan: Plan) -> None:
    plan.apply({KEY: VIA_1})
    drain(plan, 0.0)

    plan.apply({KEY: VIA_2})
    assert [request.op for request in plan.next_batch(0.0)] == [Op.REPLACE]
    plan.done([(errno.ENOENT, "No such file")], 0.0)

    assert plan.take_released() == [(KEY, 0)]
    assert [request.op for request in drain(plan, 0.0)] == [Op.ADD]
    assert plan.counts["installed"] == 1
    assert plan.take_released() == []


def test_nothing_is_replaced_beside_a_foreign_route_of_the_same_metric(plan: Plan, others: Others) -> None:
    """IPv4 can hold two routes of one metric, and the kernel replaces the first: perhaps not ours."""
    plan.apply({KEY: VIA_1})
    drain(plan, 0.0)

    others[KEY, 0] = "protocol static"
    plan.apply({KEY: VIA_2})

    assert [(request.op, request.route) for request in drain(plan, 0.0)] == [(Op.DELETE, VIA_1)]
    assert [row.state for row in plan.routes()] == ["foreign"]


def test_the_row_of_a_prefix_is_what_we_want_before_what_was_left(plan: Plan) -> None:
    """As ``routes`` has them, without walking through all."""
    plan.adopt(KEY, KernelRoute("unicast", 12, VIA_1.next_hops, 20))
    left = plan.route(KEY)
    plan.apply({KEY: VIA_2})
    asked = plan.route(KEY)
    drain(plan, 0.0)
    plan.adopt(KEY, KernelRoute("unicast", 12, VIA_1.next_hops, 30))

    assert left is not None
    assert (left.state, left.route.metric) == ("adopted", 20)
    assert asked is not None
    assert (asked.state, asked.route) == ("pending", VIA_2)
    assert [row.state for row in plan.routes()] == ["installed", "adopted", "adopted"]
    assert plan.route(KEY) == next(plan.routes())
    assert plan.route(KEYS[1]) is None


def test_rows_can_be_walked_through_while_they_change(plan: Plan) -> None:
    """A long answer is given in slices."""
    plan.apply(dict.fromkeys(KEYS, VIA_1))
    drain(plan, 0.0)
    rows = plan.routes()
    next(rows)

    plan.apply(dict.fromkeys(KEYS[500:], None))
    plan.apply({KEYS[400]: VIA_2, b"\x00": VIA_2})
    drain(plan, 0.0, lambda request: UNREACHABLE if request.route == VIA_2 else OK)

    seen = {row.key: row.state for row in rows}
    assert seen == dict.fromkeys(KEYS[:500], "installed") | {KEYS[400]: "failed"}


def test_a_foreign_place_is_not_even_tried(plan: Plan, others: Others) -> None:
    others[KEY, 0] = "protocol felix"
    plan.apply({KEY: VIA_1})

    assert drain(plan, 0.0) == []
    assert [(row.state, row.error) for row in plan.routes()] == [("foreign", "protocol felix")]
    del others[KEY, 0]
    plan.place_free(KEY)
    assert [request.op for request in drain(plan, 0.0)] == [Op.ADD]


def test_who_takes_our_route_away_again_and_again_gets_longer_peace(plan: Plan) -> None:
    plan.apply({KEY: VIA_1})
    drain(plan, 0.0)

    now, pauses = 0.0, []
    for _ in range(5):
        plan.lost(KEY, 0, now)
        pauses.append((plan.next_deadline or now) - now)
        now = plan.next_deadline or now
        assert [request.op for request in drain(plan, now)] == [Op.ADD]

    assert pauses == [0, 1, 2, 4, 8]
    assert plan.reinstalled == 5
    assert [event for event, _ in plan.take_events()] == ["fib_fight"]


def test_a_new_way_does_not_wait_for_the_end_of_a_fight(plan: Plan) -> None:
    plan.apply({KEY: VIA_1})
    drain(plan, 0.0)
    for _ in range(2):
        plan.lost(KEY, 0, 0.0)
        drain(plan, 0.0)
    assert plan.counts["pending"] == 1

    plan.apply({KEY: VIA_2})

    assert [request.route for request in drain(plan, 0.0)] == [VIA_2]
    assert plan.counts["pending"] == 0


def test_a_batch_looks_at_so_many_prefixes_and_no_more(plan: Plan) -> None:
    """A call stays short when nothing is to be sent."""
    keys = [b"\x18\x0b" + i.to_bytes(2) for i in range(3000)]
    plan.apply(dict.fromkeys(keys, VIA_1))
    drain(plan, 0.0)
    plan.apply(dict.fromkeys(keys, FibRoute("unicast", VIA_1.next_hops)))

    assert plan.next_batch(1.0) == []
    assert plan.counts["pending"] == 2000


def test_additions_leave_room_for_deletions(plan: Plan) -> None:
    plan.apply(dict.fromkeys(KEYS[:100], VIA_1))
    drain(plan, 0.0)
    plan.apply(dict.fromkeys(KEYS[:100]))
    plan.done([OK] * len(plan.next_batch(0.0)), 0.0)

    plan.apply(dict.fromkeys(KEYS[100:], VIA_1))

    ops = [request.op for request in plan.next_batch(0.0)]
    assert (ops.count(Op.ADD), ops.count(Op.DELETE)) == (64, 16)


def test_a_prefix_has_one_request_in_a_batch(plan: Plan) -> None:
    """The other metric is deleted after this one has gone in, in the place of what is still there."""
    other = VIA_1._replace(metric=10)
    plan.apply({KEY: VIA_1})
    drain(plan, 0.0)
    plan.apply({KEY: other})
    plan.done([OK] * len(plan.next_batch(0.0)), 0.0)

    plan.apply({KEY: VIA_2})

    assert [(request.op, request.route) for request in plan.next_batch(0.0)] == [(Op.REPLACE, VIA_2)]


def test_a_failed_deletion_is_not_tried_with_every_batch(plan: Plan) -> None:
    plan.apply({KEY: VIA_1})
    drain(plan, 0.0)
    plan.apply({KEY: None})
    drain(plan, 0.0, lambda request: (errno.EPERM, "Operation not permitted"))

    plan.apply({KEYS[1]: VIA_1})

    assert [request.op for request in drain(plan, 1.0)] == [Op.ADD]


def test_what_is_left_of_a_route_may_become_what_is_wanted(plan: Plan) -> None:
    both = FibRoute("unicast", (*VIA_1.next_hops, NextHop(b"\x0a\x62\x00\x02", "eth1")), 0)
    plan.apply({KEY: both})
    drain(plan, 0.0)
    assert plan.leg_lost(KEY, KernelRoute("unicast", 12, both.next_hops[1:]))
    drain(plan, 0.0, lambda request: (errno.ENODEV, "no device eth1"))
    ((_, left),) = plan.owned()

    plan.apply({KEY: left})
    assert drain(plan, 0.0) == []
    plan.device_appeared("eth1")

    assert drain(plan, 0.0) == []


VIA_3 = FibRoute("unicast", (NextHop(b"\x0a\x63\x00\x03", "eth0"),), 0)


def probing(plan: Plan) -> bytes:
    """Two ways have failed. One is probed; returns a prefix of the other, which is to be the next probe."""
    plan.apply({KEYS[0]: VIA_2, KEYS[1]: VIA_2, KEYS[2]: VIA_3, KEYS[3]: VIA_3})
    drain(plan, 0.0, lambda request: UNREACHABLE)
    (asked,) = plan.next_batch(1.0, 1)
    plan.done([UNREACHABLE], 1.0)
    (waiting,) = [key for key in KEYS[:4] if (row := plan.route(key)) and row.state == "pending"]
    assert asked.key != waiting
    return waiting


def test_a_probe_that_is_withdrawn_leaves_the_probing_to_another(plan: Plan) -> None:
    withdrawn = probing(plan)

    plan.apply({withdrawn: None})

    assert drain(plan, 1.0) == []
    drain(plan, 1000.0)
    assert plan.counts["installed"] == 3


def test_a_probe_whose_place_another_takes_leaves_the_probing_to_another(plan: Plan, others: Others) -> None:
    taken = probing(plan)

    others[taken, 0] = "protocol felix"

    assert drain(plan, 1.0) == []
    drain(plan, 1000.0)
    assert plan.counts["installed"] == 3


def test_a_probe_that_is_wanted_as_it_is_left_leaves_the_probing_to_another(plan: Plan) -> None:
    """Its old way couldn't be deleted."""
    plan.apply(dict.fromkeys(KEYS[:4], VIA_1))
    drain(plan, 0.0)
    plan.apply(dict.fromkeys(KEYS[:4]))
    drain(plan, 0.0, lambda request: (errno.EPERM, "Operation not permitted"))
    wanted = probing(plan)

    plan.apply({wanted: VIA_1})

    assert drain(plan, 1.0) == []
    drain(plan, 1000.0)
    assert plan.counts["installed"] == 4


def test_deletions_that_fail_are_said_once(plan: Plan) -> None:
    plan.apply(dict.fromkeys(KEYS[:3], VIA_1))
    drain(plan, 0.0)
    plan.apply(dict.fromkeys(KEYS[:3]))
    drain(plan, 0.0, lambda request: (errno.EPERM, "Operation not permitted"))

    assert [event for event, _ in plan.take_events()] == ["fib_delete_failed"]


def test_both_metrics_of_a_prefix_are_deleted(plan: Plan) -> None:
    for metric in (10, 20):
        plan.adopt(KEY, KernelRoute("unicast", 12, VIA_1.next_hops, metric))
    plan.sweep()

    assert {request.route.metric for request in drain(plan, 0.0)} == {10, 20}
    assert list(plan.owned()) == []


def test_what_is_taken_while_another_way_is_wanted_already_does_not_wait(plan: Plan) -> None:
    plan.apply({KEY: VIA_1})
    drain(plan, 0.0)

    for way in (VIA_2, VIA_1):
        plan.apply({KEY: way})
        plan.lost(KEY, 0, 0.0)
        assert [request.route for request in drain(plan, 0.0)] == [way]


def test_a_place_that_another_leaves_after_a_fight_waits_for_its_end(plan: Plan, others: Others) -> None:
    plan.apply({KEY: VIA_1})
    for _ in range(2):
        drain(plan, 0.0)
        plan.lost(KEY, 0, 0.0)
    others[KEY, 0] = "protocol felix"
    plan.apply({KEY: VIA_1})
    assert drain(plan, 0.0) == []

    del others[KEY, 0]
    plan.place_free(KEY)

    assert drain(plan, 0.5) == []
    assert [request.op for request in drain(plan, 1.0)] == [Op.ADD]


def test_who_takes_what_is_left_of_a_route_sees_it_come_back_whole(plan: Plan) -> None:
    both = FibRoute("unicast", (*VIA_1.next_hops, NextHop(b"\x0a\x62\x00\x02", "eth1")), 0)
    plan.apply({KEY: both})
    drain(plan, 0.0)
    plan.leg_lost(KEY, KernelRoute("unicast", 12, both.next_hops[1:]))
    drain(plan, 0.0, lambda request: (errno.ENODEV, "no device eth1"))

    plan.lost(KEY, 0, 0.0)

    assert [request.route for request in drain(plan, 1000.0)] == [both]


def test_the_row_of_a_prefix_names_its_owner_of_today(plan: Plan, others: Others) -> None:
    others[KEY, 0] = "protocol felix"
    plan.apply({KEY: VIA_1})
    drain(plan, 0.0)

    others[KEY, 0] = "protocol static"
    plan.place_free(KEY)

    assert [row.error for row in plan.routes()] == ["protocol static"]


def test_what_a_dump_misses_is_nobodys_fight(plan: Plan) -> None:
    plan.apply({KEY: VIA_1})
    for _ in range(3):
        drain(plan, 0.0)
        plan.compare(set(), 0.0)

    assert [request.op for request in drain(plan, 0.0)] == [Op.ADD]
    assert plan.reinstalled == 0


def test_who_has_a_place_is_asked_anew_when_ours_has_been_in(plan: Plan) -> None:
    exists = lambda request: (errno.EEXIST, "File exists")  # noqa: E731
    plan.apply({KEY: VIA_1})
    for _ in range(2):
        drain(plan, 0.0, exists)
        plan.compare(set(), 0.0)
    drain(plan, 0.0, exists)
    assert [row.state for row in plan.routes()] == ["failed"]
    drain(plan, 1000.0)
    plan.lost(KEY, 0, 2000.0)

    drain(plan, 2000.0, exists)

    assert plan.resync_wanted
    assert [row.error for row in plan.routes()] == ["not known yet"]


def after_withdraw_all(plan: Plan) -> list[tuple[Op, FibRoute]]:
    plan.withdraw_all()
    return [(request.op, request.route) for request in drain(plan, 1000.0)]


def test_flushing_forgets_what_is_waiting(plan: Plan) -> None:
    plan.apply(dict.fromkeys(KEYS[:100], VIA_1))
    plan.done([OK] * len(plan.next_batch(0.0)), 0.0)

    assert after_withdraw_all(plan) == [(Op.DELETE, VIA_1)] * 64


def test_flushing_takes_out_what_is_under_way(plan: Plan) -> None:
    plan.apply({KEY: VIA_1})
    batch = plan.next_batch(0.0)
    plan.withdraw_all()
    plan.done([OK] * len(batch), 0.0)

    assert [request.op for request in drain(plan, 0.0)] == [Op.DELETE]


def test_flushing_forgets_what_is_in_anothers_place(plan: Plan, others: Others) -> None:
    others[KEY, 0] = "protocol felix"
    plan.apply({KEY: VIA_1})
    drain(plan, 0.0)

    assert after_withdraw_all(plan) == []
    del others[KEY, 0]
    plan.place_free(KEY)
    assert drain(plan, 1000.0) == []


def test_flushing_ends_a_fight(plan: Plan) -> None:
    plan.apply({KEY: VIA_1})
    for _ in range(2):
        drain(plan, 0.0)
        plan.lost(KEY, 0, 0.0)

    assert after_withdraw_all(plan) == []


def test_flushing_takes_out_what_an_earlier_run_left(plan: Plan) -> None:
    adopted(plan, KEY)

    assert after_withdraw_all(plan) == [(Op.DELETE, VIA_1)]


# What is known of the kernel while a batch is under way, or its answers are lost


def ask(plan: Plan) -> list[Request]:
    """A batch whose answers aren't there yet."""
    batch = plan.next_batch(0.0)
    assert batch
    return batch


def leads_nowhere(gateway: bytes) -> None:
    return None


def dump(plan: Plan, *there: FibRoute) -> None:
    """The kernel has these ways for ``KEY``."""
    for way in there:
        assert plan.recognise(KEY, KernelRoute("unicast", 12, way.next_hops, way.metric or 0), dumped=True)
    plan.compare({(KEY, way.metric or 0) for way in there}, 0.0)


def test_a_device_that_goes_while_its_route_is_replaced_does_not_bring_the_old_way_back(plan: Plan) -> None:
    """The new way was written down before, and stays in the state file; it is also what is wanted."""
    elsewhere = FibRoute("unicast", (NextHop(b"\x0a\x62\x00\x02", "eth1"),), 0)
    plan.apply({KEY: VIA_1})
    drain(plan, 0.0)
    plan.apply({KEY: elsewhere})
    batch = ask(plan)

    plan.device_gone("eth0", leads_nowhere)
    plan.done([OK] * len(batch), 0.0)

    assert plan.take_released() == []
    assert plan.resync_wanted
    dump(plan, elsewhere)
    assert drain(plan, 0.0) == []
    assert [row.route for row in plan.routes()] == [elsewhere]


def test_what_went_with_a_device_is_forgotten_when_a_dump_does_not_show_it(plan: Plan) -> None:
    """The news may be older than the route: the device came back, and we put it there again."""
    plan.apply({KEY: VIA_1})
    drain(plan, 0.0)

    plan.device_gone("eth0", leads_nowhere)
    plan.apply({KEY: None})
    drain(plan, 0.0)

    assert plan.take_released() == []
    assert list(plan.claims()) == [(KEY, VIA_1)]
    dump(plan)
    assert plan.take_released() == [(KEY, 0)]
    assert list(plan.claims()) == []


def test_exists_after_a_lost_answer_is_not_taken_for_another_programs_route(plan: Plan) -> None:
    """It may be what we put there: the state file keeps it until a dump says."""
    plan.apply({KEY: VIA_1})
    ask(plan)
    plan.unknown()

    drain(plan, 0.0, lambda request: (errno.EEXIST, "File exists"))

    assert plan.take_released() == []
    assert list(plan.claims()) == [(KEY, VIA_1)]
    dump(plan, VIA_1)
    assert plan.take_released() == []
    assert plan.counts["installed"] == 1


def test_a_lost_answer_to_what_is_not_wanted_any_more_is_followed_by_a_deletion(plan: Plan) -> None:
    plan.apply({KEY: VIA_1})
    ask(plan)
    plan.unknown()
    plan.apply({KEY: None})
    assert drain(plan, 0.0) == []

    dump(plan, VIA_1)

    assert [(request.op, request.route) for request in drain(plan, 0.0)] == [(Op.DELETE, VIA_1)]
    assert plan.take_released() == [(KEY, 0)]


def test_the_old_way_is_wanted_again_while_the_answer_about_the_new_one_is_lost(plan: Plan) -> None:
    plan.apply({KEY: VIA_1})
    drain(plan, 0.0)
    plan.apply({KEY: VIA_2})
    ask(plan)
    plan.unknown()
    plan.apply({KEY: VIA_1})
    assert drain(plan, 0.0) == []

    dump(plan, VIA_2)

    assert [(request.op, request.route) for request in drain(plan, 0.0)] == [(Op.REPLACE, VIA_1)]


def test_two_ways_whose_answers_are_lost_are_both_perhaps_ours(plan: Plan) -> None:
    plan.apply({KEY: VIA_1})
    for way in (VIA_1, VIA_2):
        plan.apply({KEY: way})
        ask(plan)
        plan.unknown()

    assert sorted(plan.claims()) == [(KEY, VIA_1), (KEY, VIA_2)]
    dump(plan, VIA_1)
    assert [(request.op, request.route) for request in drain(plan, 0.0)] == [(Op.REPLACE, VIA_2)]


def test_a_lost_answer_to_a_deletion_is_followed_by_another(plan: Plan) -> None:
    plan.apply({KEY: VIA_1})
    drain(plan, 0.0)
    plan.apply({KEY: None})
    ask(plan)
    plan.unknown()

    dump(plan, VIA_1)

    assert [request.op for request in drain(plan, 0.0)] == [Op.DELETE]


def test_a_lost_answer_to_a_replacement_that_was_not_made_leaves_the_old_way_ours(plan: Plan) -> None:
    plan.apply({KEY: VIA_1})
    drain(plan, 0.0)
    plan.apply({KEY: VIA_2})
    ask(plan)
    plan.unknown()

    dump(plan, VIA_1)

    assert plan.take_released() == []
    assert list(plan.claims()) == [(KEY, VIA_1)]


@pytest.mark.parametrize("wanted_before", [True, False], ids=["stale", "adopted"])
def test_exists_beside_an_older_route_of_ours_does_not_release_it(plan: Plan, wanted_before: bool) -> None:
    other = VIA_1._replace(metric=10)
    plan.apply({KEY: other})
    drain(plan, 0.0)
    adopted(plan, KEY)
    if wanted_before:
        plan.sweep()
        drain(plan, 0.0, lambda request: (errno.EPERM, "Operation not permitted"))
    plan.apply({KEY: VIA_2})
    drain(plan, 0.0, lambda request: (errno.EEXIST, "File exists"))

    dump(plan, VIA_1, other)

    assert plan.take_released() == []
    assert (KEY, VIA_1) in list(plan.claims())


def test_what_went_with_a_device_is_no_claim_any_more_when_another_way_is_in(plan: Plan) -> None:
    plan.apply({KEY: VIA_1})
    drain(plan, 0.0)
    plan.device_gone("eth0", leads_nowhere)
    other = FibRoute("blackhole", (), 0)

    plan.apply({KEY: other})
    drain(plan, 0.0)

    assert list(plan.claims()) == [(KEY, other)]


def test_an_adopted_route_that_a_dump_shows_without_a_next_hop_is_ours(plan: Plan) -> None:
    hops = VIA_1.next_hops + VIA_2.next_hops
    plan.adopt(KEY, KernelRoute("unicast", 12, hops))

    assert plan.recognise(KEY, KernelRoute("unicast", 12, hops[:1]), dumped=True)


def test_what_goes_while_its_request_is_under_way_is_for_a_dump_to_say(plan: Plan) -> None:
    plan.apply({KEY: VIA_1})
    batch = ask(plan)
    plan.lost(KEY, 0, 0.0)
    plan.done([OK] * len(batch), 0.0)

    assert plan.resync_wanted
    assert plan.counts["installed"] == 1
    plan.compare(set(), 0.0)
    assert [request.op for request in drain(plan, 0.0)] == [Op.ADD]


def test_a_doubt_is_settled_by_a_dump_and_only_where_nobody_else_is(plan: Plan, others: Others) -> None:
    plan.apply({KEY: VIA_1})
    ask(plan)
    plan.unknown()
    seen = KernelRoute("unicast", 12, VIA_1.next_hops)

    assert not plan.recognise(KEY, seen, dumped=False)
    others[KEY, 0] = "another program with our protocol"
    assert not plan.recognise(KEY, seen, dumped=True)
    del others[KEY, 0]
    assert plan.recognise(KEY, seen, dumped=True)


def test_a_route_that_is_there_though_it_has_failed_stays(plan: Plan) -> None:
    """The news of its device was older than the route."""
    plan.apply({KEY: VIA_1})
    drain(plan, 0.0)
    plan.device_gone("eth0", leads_nowhere)
    drain(plan, 0.0, lambda request: (errno.ENETDOWN, "Network is down"))
    assert plan.counts["failed"] == 1

    dump(plan, VIA_1)

    assert drain(plan, 0.0) == []
    assert [row.state for row in plan.routes()] == ["installed"]


def test_flushing_takes_out_what_was_asked_for_in_doubt(plan: Plan) -> None:
    plan.apply({KEY: VIA_1})
    ask(plan)
    plan.unknown()

    plan.withdraw_all()
    drain(plan, 0.0)
    dump(plan, VIA_1)

    assert [request.op for request in drain(plan, 0.0)] == [Op.DELETE]


def test_a_device_that_is_renamed_while_its_route_goes_in_keeps_it(plan: Plan) -> None:
    """And what was wanted is tried when there is a device of that name again."""
    renamed = FibRoute("unicast", (NextHop(b"\x0a\x63\x00\x01", "ten0"),), 0)
    plan.apply({KEY: VIA_1})
    batch = ask(plan)

    plan.device_renamed("eth0", "ten0")
    plan.done([OK] * len(batch), 0.0)
    dump(plan, renamed)
    assert list(plan.owned()) == [(KEY, renamed)]

    plan.device_renamed("ten0", "eth0")
    plan.device_renamed("eth0", "ten1")
    assert drain(plan, 0.0) == []
    plan.device_appeared("eth0")
    assert [request.op for request in drain(plan, 0.0)] == [Op.REPLACE]


def adopted(plan: Plan, *keys: bytes) -> None:
    for key in keys:
        plan.adopt(key, KernelRoute("unicast", 12, VIA_1.next_hops))


def test_an_equal_adopted_route_is_ours_without_a_message(plan: Plan) -> None:
    adopted(plan, KEY)
    plan.apply({KEY: FibRoute("unicast", (NextHop(b"\x0a\x63\x00\x01"),))})  # the device was left to the kernel

    assert drain(plan, 0.0) == []
    assert (plan.counts["installed"], plan.counts["adopted"]) == (1, 0)


def test_adopted_routes_stay_until_the_sweep(plan: Plan) -> None:
    adopted(plan, *KEYS[:100])
    plan.apply({KEYS[0]: VIA_2, KEYS[1]: None})

    assert [request.op for request in drain(plan, 0.0)] == [Op.REPLACE]
    assert plan.counts["adopted"] == 99
    plan.sweep()
    assert {request.key for request in drain(plan, 0.0)} == set(KEYS[1:100])
    assert plan.counts["adopted"] == 0


def test_a_route_withdrawn_and_announced_again_at_once_stays(plan: Plan) -> None:
    plan.apply({KEY: VIA_1})
    drain(plan, 0.0)

    plan.apply({KEY: None})
    plan.apply({KEY: VIA_1})

    assert drain(plan, 0.0) == []


def test_a_failed_deletion_is_tried_again_later(plan: Plan) -> None:
    plan.apply({KEY: VIA_1})
    drain(plan, 0.0)

    plan.apply({KEY: None})
    drain(plan, 0.0, lambda request: (errno.EPERM, "Operation not permitted"))

    assert plan.next_deadline == 60.0
    assert [request.op for request in drain(plan, 60.0)] == [Op.DELETE]
    assert plan.take_released() == [(KEY, 0)]


@pytest.mark.parametrize(
    ("wanted", "kernel", "same"),
    [
        pytest.param(NextHop(b"\1\1\1\1"), NextHop(b"\1\1\1\1", "eth0"), True, id="device left open"),
        pytest.param(NextHop(b"\1\1\1\1", "eth1"), NextHop(b"\1\1\1\1", "eth0"), False, id="another device"),
        pytest.param(NextHop(b"\1\1\1\1", weight=7), NextHop(b"\1\1\1\1", "eth0"), True, id="weight of a single one"),
        pytest.param(NextHop(b"\1\1\1\1", onlink=True), NextHop(b"\1\1\1\1", "eth0"), False, id="onlink"),
        pytest.param(NextHop(None, "eth0"), NextHop(b"\1\1\1\1", "eth0"), False, id="gateway"),
    ],
)
def test_same_way(wanted: NextHop, kernel: NextHop, same: bool) -> None:
    assert same_way(FibRoute("unicast", (wanted,), 0), KernelRoute("unicast", 12, (kernel,))) is same


def test_the_order_of_equal_next_hops_does_not_matter() -> None:
    """IPv6 lists them as it likes."""
    hops = VIA_1.next_hops + VIA_2.next_hops

    assert same_way(FibRoute("unicast", hops, 0), KernelRoute("unicast", 12, hops[::-1]))
    assert not same_way(FibRoute("unicast", hops, 0), KernelRoute("unicast", 12, hops[:1] * 2))


@pytest.mark.parametrize("way", [VIA_1, VIA_2], ids=["the same way", "another way"])
def test_a_metric_that_comes_back_before_its_route_was_deleted_takes_its_place_again(plan: Plan, way: FibRoute) -> None:
    """It was added beside itself: the kernel refused, both were deleted, and the prefix had none till the next dump."""
    plan.apply({KEY: VIA_1})
    drain(plan, 0.0)
    plan.apply({KEY: VIA_1._replace(metric=10)})
    (request,) = plan.next_batch(1.0)
    plan.done([OK], 1.0)
    assert (request.op, request.route.metric) == (Op.ADD, 10)

    plan.apply({KEY: way})
    sent = drain(plan, 1.0)

    replaced = [] if way is VIA_1 else [(Op.REPLACE, 0)]
    assert [(each.op, each.route.metric) for each in sent] == [*replaced, (Op.DELETE, 10)]
    assert [same_way(route, way) for _, route in plan.owned()] == [True]
