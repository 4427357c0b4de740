"""``make bench``: every benchmark in turn, each a table of ratios with what they were measured on.

python -m benchmarks              all of them
python -m benchmarks store probe  only these
"""

from __future__ import annotations

import sys
import time
from importlib import import_module
from pathlib import Path

from paralbench.results.provenance import hardware, packages
from paralbench.system.text_table import columns


def names() -> list[str]:
    """All benchmarks there are: the files here that have a ``run``."""
    here = Path(__file__).parent
    return sorted(f.stem for f in here.glob("[a-z]*.py") if "\ndef run(" in f.read_text("utf-8"))


def main() -> int:
    """Run what was asked for; return an exit code."""
    wanted = sys.argv[1:] or names()
    unknown = sorted(set(wanted) - set(names()))
    if unknown:
        print(
            f"no benchmark {', '.join(unknown)}; there are: {', '.join(names())}", file=sys.stderr
        )
        return 2
    machine = hardware()
    print(f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB, "
          f"{' '.join(machine['instructions'])}")  # fmt: skip
    print(" ".join(f"{name} {version}" for name, version in packages().items()))
    for name in wanted:
        module = import_module(f"benchmarks.{name}")
        began = time.monotonic()
        print(f"\n{(module.__doc__ or '').strip().splitlines()[0]}")
        print(columns(("what", "measured"), module.run()))
        print(f"({name}: {time.monotonic() - began:.0f} s)", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
