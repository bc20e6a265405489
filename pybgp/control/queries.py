"""One implementation of each question; every front (socket, web, ``--json``) gives these answers."""

from .aggregates import aggregates
from .explain import explain
from .fib import fib
from .peers import peers
from .policies import policies
from .routes import routes
from .rpki import rpki
from .status import status, version

__all__ = ["aggregates", "explain", "fib", "peers", "policies", "routes", "rpki", "status", "version"]
