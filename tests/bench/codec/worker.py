"""One codec in a process: ``python -m tests.bench.codec.worker SUBJECT FOLDER``; a line in is work, a line out its CPU.

The first line out is what the subject is and can do. The collector of garbage is on, as it comes, and has nothing left
over from before; what was made lives until the clock has stopped.
"""

from __future__ import annotations

import gc
import json
import logging
import sys
import time
from pathlib import Path

from .material import Material
from .subjects import SUBJECTS, Work


def measure(work: Work) -> tuple[float, int]:
    """CPU seconds of one round, and how much it found."""
    work.fresh()
    gc.collect()
    started = time.process_time()
    made = work.make()
    seconds = time.process_time() - started
    return seconds, work.count(made)


def main() -> None:
    """Serve until standard input ends."""
    logging.disable()
    out = sys.stdout
    sys.stdout = sys.stderr  # what a library prints is no answer
    name, works = SUBJECTS[sys.argv[1]](Material.read(Path(sys.argv[2])))
    gc.collect()
    gc.freeze()
    print(json.dumps({"name": name, "works": list(works)}), file=out, flush=True)
    for line in sys.stdin:
        print(json.dumps(measure(works[line.strip()])), file=out, flush=True)


if __name__ == "__main__":
    main()
