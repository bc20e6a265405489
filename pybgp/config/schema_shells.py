"""The schema of the daemon's shells: the kernel's routes, the control socket, the log, the pages."""

from __future__ import annotations

from typing import Final

from .kinds import MAX_NUMBER, Choice, Integer, ListOf
from .model import ControlConfig, FibConfig, FibImportConfig, LogConfig, WebConfig
from .tables import FAMILIES_ABOVE, Key, Reload, Table
from .words import COMMUNITY, ENDPOINT, FILE_PATH, INTERFACES, MODE, NAME, POLICY, PROTOCOL, SOCKET_PATH, USER_GROUP

FIB_IMPORT: Final = Table(
    (
        Key(
            name="protocols",
            kind=ListOf(PROTOCOL, like='["boot", "static", 80]'),
            meaning="Names of `rt_protos` or numbers; empty: any but our own.",
            reload=Reload.FIB,
        ),
        Key(
            name="interfaces",
            kind=ListOf(INTERFACES, like='["cali*", "!kube-ipvs*"]'),
            meaning='Shell patterns, "!" excludes, the first that matches decides; empty: any.',
            reload=Reload.FIB,
        ),
        Key(name="prefix_set", kind=NAME, meaning="Only prefixes in this set.", reload=Reload.FIB, absent="any prefix"),
        Key(
            name="local_pref",
            kind=Integer(0, MAX_NUMBER),
            meaning="LOCAL_PREF of the routes that this entry takes.",
            reload=Reload.FIB,
            absent="`default_local_pref`",
        ),
        Key(name="med", kind=Integer(0, MAX_NUMBER), meaning="Their MED.", reload=Reload.FIB),
        Key(
            name="communities",
            kind=ListOf(COMMUNITY, like='["64512:1"]'),
            meaning="Their communities, of all kinds.",
            reload=Reload.FIB,
        ),
    ),
    FibImportConfig,
    sparse=True,
)
FIB: Final = Table(
    (
        Key(
            name="protocol",
            kind=Integer(5, 255, "(0..4 are the kernel's and the administrator's)"),
            meaning="What carries this protocol number is ours, and nothing else. 12 is BIRD's.",
            reload=Reload.RESTART,
        ),
        Key(
            name="table",
            kind=Integer(1, MAX_NUMBER, "(255 is the kernel's own)"),
            meaning="The routing table; 254 is `main`. Of another one, next hops are looked up there and in `main`.",
            reload=Reload.RESTART,
        ),
        Key(
            name="metric",
            kind=Integer(0, MAX_NUMBER),
            meaning="Metric of our routes; 0 means 1024 for IPv6, which is the kernel's way.",
            reload=Reload.RESTART,
        ),
        Key(
            name="export_policy",
            kind=POLICY,
            meaning="Which best routes, learned ones and `routes`, go into the kernel.",
            reload=Reload.FIB,
        ),
        Key(
            name="on_stop",
            kind=Choice("leave", "flush"),
            meaning="When pybgp stops, its routes stay, or go.",
            reload=Reload.VALUE,
        ),
        Key(
            name="imports",
            kind=ListOf(FIB_IMPORT, like='[{ protocols = ["boot"], interfaces = ["cali*"] }]'),
            meaning="Which kernel routes are announced: those that one of these takes.",
            reload=Reload.FIB,
        ),
        Key(
            name="state_file",
            kind=FILE_PATH,
            meaning="Where pybgp notes which routes it put there, so that the next run knows them.",
            reload=Reload.RESTART,
        ),
    ),
    FibConfig,
    hints=FAMILIES_ABOVE,
)
CONTROL: Final = Table(
    (
        Key(name="socket", kind=SOCKET_PATH, meaning="Where `pybgp status` asks.", reload=Reload.LISTENERS),
        Key(name="mode", kind=MODE, meaning="Its permissions.", reload=Reload.LISTENERS),
        Key(name="group", kind=USER_GROUP, meaning="Its group.", reload=Reload.LISTENERS, absent="the process's own"),
        Key(
            name="birdc",
            kind=ListOf(SOCKET_PATH, like='["/var/run/calico/bird.ctl"]', distinct=True),
            meaning="Sockets that answer as BIRD's do.",
            reload=Reload.LISTENERS,
            later=True,
        ),
    ),
    ControlConfig,
    hints=FAMILIES_ABOVE,
)
LOG: Final = Table(
    (
        Key(
            name="level",
            kind=Choice("debug", "info", "warn", "error"),
            meaning="The least important lines that are written.",
            reload=Reload.VALUE,
        ),
        Key(
            name="format",
            kind=Choice("auto", "text", "json"),
            meaning="`auto`: text on a terminal, else json.",
            reload=Reload.VALUE,
        ),
    ),
    LogConfig,
    hints=FAMILIES_ABOVE,
)
WEB: Final = Table(
    (
        Key(
            name="listen",
            kind=ENDPOINT,
            meaning="Where the pages are served.",
            reload=Reload.LISTENERS,
            later=True,
        ),
    ),
    WebConfig,
    hints={name: hint for name, hint in FAMILIES_ABOVE.items() if name != "listen"},
)
