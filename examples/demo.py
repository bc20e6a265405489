"""Three nodes show what pybgp is for: they exchange workload routes, install them, and workloads ping each other.

As root on Linux: three namespaces on one bridge run pybgp, BIRD 2 and FRR; behind each, a workload with a /26 of its
own. Without root: three speakers on loopback in this process, with the FIB in memory. It says what it does as it goes.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

ASN = 64512
NODES = ("pybgp", "bird", "frr")
FRR = Path("/usr/lib/frr")


def say(text: str) -> None:
    print(f"\n== {text}", flush=True)


def run(*command: object, check: bool = True) -> str:
    """A command's output; what it says on failure is shown."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def until(what: str, condition: Callable[[], bool], limit: float = 40) -> None:
    """Wait until something is so."""
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > limit:
            raise SystemExit(f"demo: gave up waiting for {what}")
        time.sleep(0.1)
    print(f"   {what}: after {time.monotonic() - begun:.1f} s", flush=True)


class Node:
    """A namespace with an address on the bridge, and a workload behind it."""

    def __init__(self, name: str, number: int, tmp: Path) -> None:
        self.name, self.number = name, number
        self.namespace = f"demo-{os.getpid()}-{name}"
        self.workload_namespace = f"{self.namespace}-w"
        self.address = f"10.99.0.{number}"
        self.block = f"10.65.{number}.0/26"
        self.workload = f"10.65.{number}.2"
        self.directory = tmp / name
        self.directory.mkdir()
        self.directory.chmod(0o777)
        self.processes: list[subprocess.Popen[bytes]] = []

    def ip(self, *words: object, workload: bool = False) -> str:
        return run("ip", "-n", self.workload_namespace if workload else self.namespace, *words)

    def inside(self, *words: object, check: bool = True) -> str:
        return run("ip", "netns", "exec", self.namespace, *words, check=check)

    def start(self, *words: object) -> None:
        log = (self.directory / "log").open("ab")
        command = ["ip", "netns", "exec", self.namespace, *map(str, words)]
        self.processes.append(subprocess.Popen(command, stdout=log, stderr=log))

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        self.processes.clear()

    def build(self, bridge: str) -> None:
        """Joined to the bridge by a veth pair, to its workload by another, over which the block is routed."""
        for namespace in (self.namespace, self.workload_namespace):
            run("ip", "netns", "add", namespace)
            run("ip", "-n", namespace, "link", "set", "lo", "up")
        wire = f"to-{self.name} type veth peer name eth0 netns {self.namespace}".split()
        run("ip", "-n", bridge, "link", "add", *wire)
        run("ip", "-n", bridge, "link", "set", f"to-{self.name}", "master", "br0", "up")
        self.ip("addr", "add", f"{self.address}/24", "dev", "eth0")
        self.ip("link", "set", "eth0", "up")
        self.ip("link", "add", "cali0", "type", "veth", "peer", "eth0", "netns", self.workload_namespace)
        self.ip("link", "set", "cali0", "up")
        self.ip("addr", "add", f"169.254.{self.number}.1/32", "dev", "cali0")
        self.ip("addr", "add", f"{self.workload}/26", "dev", "eth0", workload=True)
        self.ip("link", "set", "eth0", "up", workload=True)
        self.ip("route", "add", f"169.254.{self.number}.1", "dev", "eth0", workload=True)
        self.ip("route", "add", "default", "via", f"169.254.{self.number}.1", "dev", "eth0", workload=True)
        self.ip("route", "add", self.block, "dev", "cali0")  # as Felix would; protocol boot
        self.inside("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")

    def routes(self) -> str:
        return self.ip("route")

    def destroy(self) -> None:
        self.stop()
        for namespace in (self.namespace, self.workload_namespace):
            run("ip", "netns", "del", namespace, check=False)


def start_pybgp(node: Node, others: list[Node]) -> None:
    peers = "".join(
        f'[[peers]]\naddress = "{other.address}"\nname = "{other.name}"\nremote_as = {ASN}\n'
        "timers = { connect_retry = 1, idle_hold = 1 }\n"
        for other in others
    )
    config = node.directory / "node.toml"
    config.write_text(
        f'local_as = {ASN}\nrouter_id = "{node.address}"\nlisten = ["{node.address}:179"]\n'
        f'control = {{ socket = "{node.directory}/pybgp.sock" }}\n{peers}'
        f'[fib]\nstate_file = "{node.directory}/fib.json"\n'
        'imports = [{ protocols = ["boot"], interfaces = ["cali*"] }]\n'
    )
    node.start(sys.executable, "-m", "pybgp", "speak", "-c", config)


def start_bird(node: Node, others: list[Node]) -> None:
    peers = "".join(
        f"protocol bgp {other.name} {{ local {node.address} as {ASN}; neighbor {other.address} as {ASN}; direct;\n"
        " connect delay time 1; connect retry time 1; error wait time 1,2;\n"
        " ipv4 { import all; export where source != RTS_BGP; next hop self; }; }\n"
        for other in others
    )
    config = node.directory / "bird.conf"
    config.write_text(
        f'router id {node.address};\nlog "{node.directory}/bird.log" all;\nprotocol device {{ scan time 1; }}\n'
        "protocol kernel { learn; scan time 1;\n"
        " ipv4 { import where krt_source = 3; export where source = RTS_BGP; }; }\n" + peers
    )
    node.start(shutil.which("bird") or "/usr/sbin/bird", "-f", "-c", config, "-s", node.directory / "bird.ctl")


def start_frr(node: Node, others: list[Node]) -> None:
    peers = "".join(
        f" neighbor {other.address} remote-as {ASN}\n neighbor {other.address} timers connect 1\n" for other in others
    )
    config = node.directory / "frr.conf"
    config.write_text(
        f"router bgp {ASN}\n bgp router-id {node.address}\n coalesce-time 0\n{peers}"
        " address-family ipv4 unicast\n  redistribute kernel\n exit-address-family\n"
    )
    shutil.chown(node.directory, "frr", "frr")  # FRR's daemons give up root
    zserv = node.directory / "zserv.api"
    common = ["-A", "127.0.0.1", "--vty_socket", node.directory, "-z", zserv, "--log", "stdout"]
    (node.directory / "zebra.conf").touch()
    node.start(FRR / "zebra", "-f", node.directory / "zebra.conf", "-i", node.directory / "zebra.pid", *common)
    until("FRR's zebra runs", zserv.exists)
    node.start(FRR / "bgpd", "-f", config, "-i", node.directory / "bgpd.pid", "-p", "179", *common)


def has_routes(node: Node, others: list[Node]) -> bool:
    table = node.routes()
    return all(f"{other.block} " in table for other in others)


def lacks(node: Node, prefix: str) -> bool:
    return prefix not in node.routes()


def ping(one: Node, other: Node) -> bool:
    namespace = one.workload_namespace
    answer = run("ip", "netns", "exec", namespace, "ping", "-c", "1", "-W", "2", other.workload, check=False)
    return "1 received" in answer


def with_namespaces(tmp: Path) -> None:
    """The cluster, as root."""
    nodes = {name: Node(name, number, tmp) for number, name in enumerate(NODES, 1)}
    bridge = f"demo-{os.getpid()}-br"
    try:
        say("Three nodes on one bridge, each with a workload behind it that owns a /26")
        run("ip", "netns", "add", bridge)
        run("ip", "-n", bridge, "link", "add", "br0", "type", "bridge")
        run("ip", "-n", bridge, "link", "set", "br0", "up")
        for node in nodes.values():
            node.build(bridge)
            print(f"   {node.name:6} {node.address}  workload {node.workload} in {node.block}")

        say("One runs pybgp, one BIRD 2, one FRR; full mesh, iBGP, AS 64512")
        for name, start in (("bird", start_bird), ("frr", start_frr), ("pybgp", start_pybgp)):
            start(nodes[name], [other for other in nodes.values() if other.name != name])
        for node in nodes.values():
            others = [other for other in nodes.values() if other is not node]
            until(f"{node.name}'s kernel has the others' routes", partial(has_routes, node, others))

        say("pybgp status")
        socket = nodes["pybgp"].directory / "pybgp.sock"
        print(nodes["pybgp"].inside(sys.executable, "-m", "pybgp", "status", "-s", socket))
        say("The kernel's routes on pybgp's node (proto bird: ours)")
        print(nodes["pybgp"].routes())

        say("Workloads ping each other, all pairs")
        for one in nodes.values():
            for other in nodes.values():
                if one is not other:
                    until(f"{one.workload} -> {other.workload} ({one.name} -> {other.name})",
                          partial(ping, one, other), 10)  # fmt: skip

        say("BIRD's node stops; its route goes")
        nodes["bird"].stop()
        gone = nodes["bird"].block
        for name in ("pybgp", "frr"):
            until(f"{name}'s kernel no longer has {gone}", partial(lacks, nodes[name], gone))
        if not ping(nodes["pybgp"], nodes["frr"]):
            raise SystemExit("demo: the others no longer reach each other")
        print("   the others still reach each other")
    except SystemExit:
        for node in nodes.values():
            log = node.directory / "log"
            print(f"-- {node.name}\n{log.read_text()[-2000:] if log.exists() else ''}", file=sys.stderr)
        raise
    finally:
        say("Everything is cleaned up")
        for node in nodes.values():
            node.destroy()
        run("ip", "netns", "del", bridge, check=False)


async def in_one_process() -> None:
    """The same idea without root: a reflector and two clients on loopback."""
    import pybgp
    from pybgp.fib.memory import FakeFib

    addresses = {"reflector": "127.0.0.1", "left": "127.0.0.2", "right": "127.0.0.3"}
    port = 17900 + os.getpid() % 1000
    fibs = {name: FakeFib() for name in addresses}

    def config(name: str, others: tuple[str, ...]) -> pybgp.SpeakerConfig:
        peers = [
            pybgp.PeerConfig(
                addresses[other],
                name=other,
                remote_as=ASN,
                port=port,
                local_address=addresses[name],
                route_reflector_client=name == "reflector",
                passive=name == "reflector",
            )
            for other in others
        ]
        listen = (f"{addresses[name]}:{port}",)
        return pybgp.SpeakerConfig(
            local_as=ASN, router_id=addresses[name].replace("127.0", "10.99"), listen=listen, peers=peers
        )

    say("Three speakers on loopback in this process, with the FIB in memory (as root: real daemons and kernels)")
    async with (
        pybgp.Speaker(config("reflector", ("left", "right")), fib=fibs["reflector"]) as reflector,
        pybgp.Speaker(config("left", ("reflector",)), fib=fibs["left"]) as left,
        pybgp.Speaker(config("right", ("reflector",)), fib=fibs["right"]) as right,
    ):
        await reflector.established(timeout=20)
        for status in reflector.core.peer_status(reflector.now()):
            print(f"   {status.name:6} {status.address:10} {status.state}")
        say("left announces its block; right hears of it through the reflector and installs it")
        left.announce("10.65.1.0/26")
        async for change in right.watch():
            print(f"   right: {change}")
            break
        await fibs["right"].settled()
        print(f"   right's FIB: {len(list(fibs['right'].routes()))} route")
        say("left withdraws it")
        left.withdraw("10.65.1.0/26")
        async for change in right.watch(initial=False):
            print(f"   right: {change}")
            break


def missing() -> str:
    """What keeps the real thing from running, "" if nothing does."""
    if os.geteuid() != 0:
        return "not root"
    path = os.environ["PATH"] = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    for program in ("ip", "ping", "bird"):
        if shutil.which(program, path=path) is None:
            return f"no {program} here"
    return "" if (FRR / "bgpd").exists() else "no FRR here"


def main() -> None:
    begun = time.monotonic()
    why = missing()
    if why:
        print(f"demo: {why}, so no namespaces and real daemons")
        asyncio.run(in_one_process())
    else:
        with tempfile.TemporaryDirectory(prefix="pybgp-demo-") as tmp:
            Path(tmp).chmod(0o755)
            with_namespaces(Path(tmp))
    print(f"\ndemo: done in {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
