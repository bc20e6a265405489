"""Python policies: ``module:function`` in the configuration becomes the function itself.

Modules are looked for where Python does, then beside the configuration file. On a reload a module whose text has
changed is run again, from its text; another stays the same, so that its policies need not be run again on all routes.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

from ..config.model import NodeConfig, PeerConfig, PolicyRef

Function = Callable[..., Any]


class FunctionLoader:
    """Imports what a configuration names, and remembers from which text."""

    def __init__(self, directory: Path | None) -> None:
        self._known: dict[str, tuple[bytes, ModuleType]] = {}  # name -> (text, module)
        if directory is not None and str(directory) not in sys.path:
            sys.path.append(str(directory))  # last: a policy's name can't hide a module of ours

    def load(self, node: NodeConfig, problems: list[str]) -> Mapping[str, Function]:
        """The functions by their reference; what can't be had is added to ``problems``."""
        return self.load_named(references(node), problems)

    def load_named(self, named: Iterable[tuple[str, str]], problems: list[str]) -> Mapping[str, Function]:
        """The same for references with the place that each stands at, which problems begin with."""
        functions: dict[str, Function] = {}
        failed: set[str] = set()
        fresh: dict[str, ModuleType] = {}
        for where, reference in named:
            if reference in functions or reference in failed:
                continue
            try:
                functions[reference] = self._function(reference, fresh)
            except _UnusableError as error:
                failed.add(reference)
                problems.append(f'{where} = "{reference}": {error}')
        return functions

    def _function(self, reference: str, fresh: dict[str, ModuleType]) -> Function:
        module_name, _, function_name = reference.partition(":")
        if module_name not in fresh:
            fresh[module_name] = self._module(module_name)
        module = fresh[module_name]
        function = getattr(module, function_name, None)
        if callable(function):
            return function  # type: ignore[no-any-return]
        where = getattr(module, "__file__", None) or module_name
        if function is not None:
            raise _UnusableError(f"{function_name} in {where} is not a function")
        near = get_close_matches(function_name, vars(module), n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise _UnusableError(f"there is no {function_name} in {where}{hint}")

    def _module(self, name: str) -> ModuleType:
        known = self._known.get(name)
        if known is None:
            importlib.invalidate_caches()
            module = _run(lambda: importlib.import_module(name))
            self._known[name] = (_text(module), module)
            return module
        text, module = known
        now = _text(module)
        if now == text:
            return module
        changed = _run(lambda: _module_from_text(name, str(module.__file__), now))
        self._known[name] = (now, changed)
        return changed


class TrialLoader(FunctionLoader):
    """Imports what another loader would, and leaves everything as it was: the running policies keep their modules."""

    def __init__(self, running: FunctionLoader) -> None:
        super().__init__(None)
        self._known = dict(running._known)

    def load(self, node: NodeConfig, problems: list[str]) -> Mapping[str, Function]:
        before = dict(sys.modules)
        try:
            return super().load(node, problems)
        finally:
            for name in self._known:
                if name in before:
                    sys.modules[name] = before[name]
                else:
                    sys.modules.pop(name, None)


class _UnusableError(Exception):
    """Why a reference can't be used, in words for its line of the configuration."""


def references(node: NodeConfig) -> Iterator[tuple[str, str]]:
    """All "module:function" references with the key they stand at."""
    speaker = node.speaker
    for index, peer in enumerate(speaker.peers):
        yield from _of_peer(f"peers[{index}]", peer)
    for index, dynamic in enumerate(speaker.dynamic_peers):
        yield from _of_peer(f"dynamic_peers[{index}]", dynamic.template)
    if node.fib is not None:
        yield from _python("fib.export_policy", node.fib.export_policy)


def _of_peer(where: str, peer: PeerConfig) -> Iterator[tuple[str, str]]:
    for key, chain in (("import_policy", peer.import_policy), ("export_policy", peer.export_policy)):
        for index, reference in enumerate(chain or ()):
            yield from _python(f"{where}.{key}[{index}]", reference)
    if peer.orr is not None:
        yield from _python(f"{where}.orr", peer.orr)


def _python(where: str, reference: PolicyRef) -> Iterator[tuple[str, str]]:
    if isinstance(reference, str) and ":" in reference:
        yield where, reference


def _text(module: ModuleType) -> bytes:
    """The module's text; b"" for one without (built in, compiled), which never changes."""
    try:
        path = Path(str(module.__file__))
        return path.read_bytes() if path.suffix == ".py" else b""
    except OSError:
        return b""


def _module_from_text(name: str, path: str, text: bytes) -> ModuleType:
    """Run the text as the module, not a cached translation of an earlier one; the old module stays if it fails."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None  # a path that ends in .py has one
    module = importlib.util.module_from_spec(spec)
    before = sys.modules.get(name)
    sys.modules[name] = module
    try:
        exec(compile(text, path, "exec"), module.__dict__)
    except BaseException:
        if before is not None:
            sys.modules[name] = before
        raise
    return module


def _run(load: Callable[[], ModuleType]) -> ModuleType:
    try:
        return load()
    except (Exception, SystemExit) as error:  # whatever the operator's module does while it is imported
        raise _UnusableError(f"can't be imported: {_words(error)}") from None


def _words(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return f"{error.msg} ({error.filename} line {error.lineno})"
    kind = "" if isinstance(error, ImportError) else f"{type(error).__name__}: "
    return f"{kind}{error}{_place(error.__traceback__)}"


def _place(trace: TracebackType | None) -> str:
    """The innermost line that is not the import system's."""
    place = ""
    while trace is not None:
        filename = trace.tb_frame.f_code.co_filename
        if not filename.startswith("<frozen") and filename != __file__ and "importlib" not in filename:
            place = f" ({filename} line {trace.tb_lineno})"
        trace = trace.tb_next
    return place
