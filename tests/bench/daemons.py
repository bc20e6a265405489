"""The daemons that are measured: the same peers, the same policy (everything), as fast as each can be configured."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.machine import program

from . import adapter
from .scenarios import DAEMON_ADDRESS, DAEMON_AS, HOLD_TIME, PORT, Scenario


class Target:
    """A daemon: how it is configured and started."""

    name: str
    patience: float = 1000
    """Seconds that a run may take at most, if the scenario allows it."""

    def version(self) -> str:
        """As it says itself."""
        raise NotImplementedError

    def prepare(self, scenario: Scenario, folder: Path) -> list[str]:
        """Write its configuration; the command that starts it in the foreground."""
        raise NotImplementedError


class Pybgp(Target):
    """This checkout, with this interpreter."""

    name = "pybgp"

    def version(self) -> str:
        from pybgp.version import __version__

        return f"{__version__}, Python {sys.version.split()[0]}"

    def prepare(self, scenario: Scenario, folder: Path) -> list[str]:
        text = adapter.node_file(
            scenario.peers,
            folder,
            local_as=DAEMON_AS,
            address=DAEMON_ADDRESS,
            port=PORT,
            hold_time=HOLD_TIME,
            add_path="both" if scenario.add_path else "off",
            refuse=refused(scenario),
        )
        (folder / "node.toml").write_text(text)
        return [sys.executable, "-m", "pybgp", "speak", "-c", str(folder / "node.toml")]


class Bird(Target):
    """BIRD 2."""

    name = "bird"

    def version(self) -> str:
        return _first_number(program("bird"), "--version")

    def prepare(self, scenario: Scenario, folder: Path) -> list[str]:
        add_path = " add paths on;" if scenario.add_path else ""
        imports = "filter terms" if scenario.terms else "all"
        terms = [f"  if bgp_community ~ [({high},{low})] then reject;" for high, low in map(_halves, refused(scenario))]
        lines = [
            f"router id {DAEMON_ADDRESS};",
            "log stderr { error, fatal, bug };",
            "protocol device { scan time 3600; }",
            *(["filter terms {", *terms, "  accept;", "}"] if terms else []),
            f"template bgp bench {{ local {DAEMON_ADDRESS} as {DAEMON_AS}; direct; passive on; hold time {HOLD_TIME};"
            f" ipv4 {{ import {imports}; export all; gateway direct;{add_path} }}; }}",
        ]
        for number, peer in enumerate(scenario.peers):
            client = f" rr client; rr cluster id {DAEMON_ADDRESS};" if peer.ibgp else ""
            lines.append(f"protocol bgp p{number} from bench {{ neighbor {peer.ip} as {peer.asn};{client} }}")
        (folder / "bird.conf").write_text("\n".join(lines) + "\n")
        return [program("bird"), "-f", "-c", "bird.conf", "-s", "bird.ctl", "-P", "bird.pid"]


class Frr(Target):
    """FRR's bgpd alone, without zebra.

    ``coalesce-time 0``: left alone it holds back the first updates to new peers for 1 to 10 s, which would be all that
    the small scenarios measure.
    """

    name = "frr"

    def version(self) -> str:
        return _first_number(program("bgpd"), "--version")

    def prepare(self, scenario: Scenario, folder: Path) -> list[str]:
        terms = [line for number, each in enumerate(refused(scenario), 1) for line in _frr_term(number, each)]
        lines = [
            "frr defaults traditional",
            "hostname bench",
            f"log file {folder}/frr.log errors",
            *([*terms, f"route-map terms permit {scenario.terms}", "exit"] if terms else []),
            f"router bgp {DAEMON_AS}",
            f" bgp router-id {DAEMON_ADDRESS}",
            f" bgp cluster-id {DAEMON_ADDRESS}",
            " no bgp ebgp-requires-policy",
            " no bgp network import-check",
            f" timers bgp {HOLD_TIME // 3} {HOLD_TIME}",
            " coalesce-time 0",
        ]
        for peer in scenario.peers:
            lines += [
                f" neighbor {peer.ip} remote-as {peer.asn}",
                f" neighbor {peer.ip} passive",
                f" neighbor {peer.ip} advertisement-interval 0",
            ]
        lines.append(" address-family ipv4 unicast")
        for peer in scenario.peers:
            if peer.ibgp:
                lines.append(f"  neighbor {peer.ip} route-reflector-client")
            if scenario.add_path:
                lines.append(f"  neighbor {peer.ip} addpath-tx-all-paths")
            if terms:
                lines.append(f"  neighbor {peer.ip} route-map terms in")
        lines += [" exit-address-family", "exit"]
        (folder / "bgpd.conf").write_text("\n".join(lines) + "\n")
        alone = ["--no_zebra", "--no_kernel", "--skip_runas"]
        places = ["--vty_socket", str(folder), "-i", str(folder / "bgpd.pid"), "-f", str(folder / "bgpd.conf")]
        return [program("bgpd"), *alone, *places, "-A", "127.0.0.1", "-P", "0", "-p", str(PORT), "-l", DAEMON_ADDRESS]


class GoBgp(Target):
    """GoBGP."""

    name = "gobgp"
    patience = 60

    def version(self) -> str:
        return _first_number(program("gobgpd"), "--version")

    def prepare(self, scenario: Scenario, folder: Path) -> list[str]:
        lines = [
            "[global.config]",
            f'as = {DAEMON_AS}\nrouter-id = "{DAEMON_ADDRESS}"\nport = {PORT}',
            f'local-address-list = ["{DAEMON_ADDRESS}"]',
        ]
        if scenario.terms:
            lines.append('[global.apply-policy.config]\nimport-policy-list = ["terms"]')
            lines.append('default-import-policy = "accept-route"')
        for peer in scenario.peers:
            lines += [
                "[[neighbors]]\n[neighbors.config]",
                f'neighbor-address = "{peer.ip}"\npeer-as = {peer.asn}',
                "[neighbors.transport.config]\npassive-mode = true",
                f"[neighbors.timers.config]\nhold-time = {HOLD_TIME}",
            ]
            if peer.ibgp:
                lines.append("[neighbors.route-reflector.config]\nroute-reflector-client = true")
                lines.append(f'route-reflector-cluster-id = "{DAEMON_ADDRESS}"')
            lines.append('[[neighbors.afi-safis]]\n[neighbors.afi-safis.config]\nafi-safi-name = "ipv4-unicast"')
            if scenario.add_path:
                lines.append("[neighbors.afi-safis.add-paths.config]\nreceive = true\nsend-max = 8")
        for number, community in enumerate(refused(scenario)):
            lines.append("[[defined-sets.bgp-defined-sets.community-sets]]")
            lines.append(f'community-set-name = "c{number}"\ncommunity-list = ["{community}"]')
        if scenario.terms:
            lines.append('[[policy-definitions]]\nname = "terms"')
        for number, _ in enumerate(refused(scenario)):
            lines += [
                f'[[policy-definitions.statements]]\nname = "t{number}"',
                "[policy-definitions.statements.conditions.bgp-conditions.match-community-set]",
                f'community-set = "c{number}"',
                '[policy-definitions.statements.actions]\nroute-disposition = "reject-route"',
            ]
        (folder / "gobgp.toml").write_text("\n".join(lines) + "\n")
        quiet = ["-l", "error", "--pprof-disable", "--api-hosts", "127.0.0.1:50051"]
        return [program("gobgpd"), "-t", "toml", "-f", str(folder / "gobgp.toml"), *quiet]


class OpenBgpd(Target):
    """OpenBGPD: three processes, counted together."""

    name = "openbgpd"

    def version(self) -> str:
        return _first_number(program("openbgpd"), "-V")

    def prepare(self, scenario: Scenario, folder: Path) -> list[str]:
        Path("/run/openbgpd").mkdir(exist_ok=True)
        lines = [
            f"AS {DAEMON_AS}",
            f"router-id {DAEMON_ADDRESS}",
            f"listen on {DAEMON_ADDRESS}",
            "fib-update no",
            f'socket "{folder}/bgpd.sock"',
            f"holdtime {HOLD_TIME}",
        ]
        for peer in scenario.peers:
            lines += [f"neighbor {peer.ip} {{", f"  remote-as {peer.asn}", "  passive"]
            lines += ["  announce IPv4 unicast", "  announce IPv6 none"]
            if scenario.add_path:
                lines += ["  announce add-path recv yes", "  announce add-path send all"]
            lines += ["  route-reflector"] if peer.ibgp else []
            lines.append("}")
        lines += ["allow from any", "allow to any"]
        lines += [f"deny from any community {community}" for community in refused(scenario)]
        path = folder / "openbgpd.conf"
        path.write_text("\n".join(lines) + "\n")
        path.chmod(0o600)
        return [program("openbgpd"), "-d", "-f", str(path)]


class Copier(Target):
    """No daemon: copies what a peer sends to all others as it is. What is measured with it is the measuring itself."""

    name = "copier"

    def version(self) -> str:
        return "the harness itself"

    def prepare(self, scenario: Scenario, folder: Path) -> list[str]:
        command = [sys.executable, str(Path(__file__).with_name("copier.py"))]
        return [*command, "add-path"] if scenario.add_path else command


TARGETS: Final[dict[str, Target]] = {
    target.name: target for target in (Pybgp(), Bird(), Frr(), GoBgp(), OpenBgpd(), Copier())
}


def refused(scenario: Scenario) -> list[str]:
    """The communities that a scenario's policy terms look for, each in one; no route has them. The last one accepts."""
    return [f"64999:{number}" for number in range(1, scenario.terms)]


def _halves(community: str) -> tuple[str, str]:
    high, _, low = community.partition(":")
    return high, low


def _frr_term(number: int, community: str) -> list[str]:
    name = f"c{number}"
    term = [f"route-map terms deny {number}", f" match community {name}", "exit"]
    return [f"bgp community-list standard {name} permit {community}", *term]


def _first_number(*command: str) -> str:
    """The version in what a program prints about itself."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"})
    found = re.search(r"\d+(\.\d+)+", done.stdout + done.stderr)
    return found[0] if found else "unknown"
