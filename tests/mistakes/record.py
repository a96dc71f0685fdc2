"""Put what Ingot answers now on record: `python tests/mistakes/record.py [words of a name …]`. Then read the diff."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from cases import answer, mistakes

if __name__ == "__main__":
    for mistake in mistakes():
        if all(word in mistake.name for word in sys.argv[1:]):
            with tempfile.TemporaryDirectory() as folder:
                mistake.record(answer(mistake, Path(folder)))
