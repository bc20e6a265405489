"""Inputs that are worth mutating, by target: those of the repository, and folders of files that a run keeps."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from random import Random

CORPUS = Path(__file__).parent / "corpus"
"""Comes with the repository: ``TARGET.hex`` has inputs of earlier runs and findings, one a line, "#" for comments."""


class Corpus:
    """The seeds of one target, and what was found; new ones are written to ``folder`` when there is one."""

    def __init__(self, target: str, seeds: list[bytes], folder: Path | None, limit: int = 5000) -> None:
        self._folder = None if folder is None else folder / target
        self._limit = limit
        self._inputs = list(dict.fromkeys((*seeds, *shipped(target), *(kept(target, folder) if folder else ()))))
        self._features: set[str] = set()

    def __len__(self) -> int:
        return len(self._inputs)

    @property
    def features(self) -> int:
        """How many different things inputs have done so far."""
        return len(self._features)

    @property
    def inputs(self) -> list[bytes]:
        return self._inputs

    def pick(self, random: Random) -> bytes:
        """One input; the newest half is picked as often as all the others."""
        inputs = self._inputs
        first = len(inputs) // 2 if random.random() < 0.5 else 0
        return inputs[random.randrange(first, len(inputs))] if inputs else b""

    def saw(self, octets: bytes, feature: str) -> None:
        """Keep the input if its feature is new."""
        if feature in self._features:
            return
        self._features.add(feature)
        if len(self._inputs) >= self._limit or octets in self._inputs:
            return
        self._inputs.append(octets)
        if self._folder is not None:
            write(self._folder, octets)


def shipped(target: str) -> list[bytes]:
    """What the repository has for a target."""
    file = CORPUS / f"{target}.hex"
    lines = file.read_text().splitlines() if file.exists() else []
    return [bytes.fromhex(line.partition("#")[0]) for line in lines]


def kept(target: str, folder: Path) -> list[bytes]:
    """What a folder has for a target, a file each."""
    return [file.read_bytes() for file in sorted((folder / target).glob("*")) if file.is_file()]


def write(folder: Path, octets: bytes) -> Path:
    """Save an input under the name of its contents."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / sha256(octets).hexdigest()[:16]
    file.write_bytes(octets)
    return file
