"""``pybgp.messages`` is for programs that have nothing to do with a daemon: it brings in what it needs, no more."""

from __future__ import annotations

import subprocess
import sys

READ_ONE = """
import sys
from pybgp.messages import decode, encode
octets = "0030 02 0000 0015 400101 00 400200 400304 0a631001 800404 00000005 18 cb0071"
update = decode(bytes.fromhex("ff" * 16 + octets))
assert encode(update)
print(*sys.modules)
"""


def test_reading_an_update_imports_no_event_loop_no_netlink_no_command_line() -> None:
    run = subprocess.run([sys.executable, "-c", READ_ONE], capture_output=True, text=True, check=True)
    modules = set(run.stdout.split())

    assert not modules & {"asyncio", "pyroute2", "click", "netaddr", "pybgp.daemon", "pybgp.messages.open"}
    assert "pybgp.messages.update" in modules
    assert not modules & {"pybgp.messages.families.evpn", "pybgp.messages.attributes.tunnel_encapsulation"}
