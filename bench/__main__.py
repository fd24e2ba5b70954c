"""Run the benchmark: every part in its own process, with figures printed as they come.

    python -m bench [--rounds 3] [--only decode plan] [--size usual] [--json FILE] [--write]

``--write`` puts the figures into ``docs/performance.md``. No part needs a network. Without Java, the parts that read
from Kafka use the mock cluster of Kafka's C client, and their figures say so.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from bench import parts, report
from bench.figures import Figure
from bench.sizes import SIZES


def main() -> int:
    """Run, print, write; return 1 if a part failed. A missed target is not a failure, because machines differ."""
    arguments = _arguments()
    begun = time.monotonic()
    results: dict[str, list[Figure]] = {}
    failed = []
    print(report.described(report.machine()))
    for name in arguments.only:
        print(f"\n{parts.title(name)} ({name}): min, median, max of {arguments.rounds} rounds", flush=True)
        figures = results.setdefault(name, [])
        since = time.monotonic()
        try:
            for figure in parts.run(name, arguments.rounds, arguments.size):
                figures.append(figure)
                print(report.line(figure), flush=True)
        except parts.PartFailedError as error:
            failed.append(name)
            print(f"  FAILED: {error}", flush=True)
        print(f"  ({time.monotonic() - since:.0f} s)", flush=True)
    document = report.document(results, failed, arguments.rounds, arguments.size, time.monotonic() - begun)
    print(f"\n{document['seconds']:.0f} s" + (f"; failed: {', '.join(failed)}" if failed else ""))
    if arguments.json:
        arguments.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    if arguments.write and not failed:
        report.write(report.section(document, {name: parts.title(name) for name in results}))
    return 1 if failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each measurement (default: 3)")
    parser.add_argument(
        "--only", nargs="+", choices=parts.PARTS, default=list(parts.PARTS), metavar="PART", help="parts to run"
    )
    parser.add_argument("--size", choices=SIZES, default="usual", help="amount of traffic; full takes hours")
    parser.add_argument("--json", type=Path, metavar="FILE", help="file for all figures")
    parser.add_argument("--write", action="store_true", help="put the figures into docs/performance.md")
    arguments = parser.parse_args()
    if arguments.rounds < 1:
        parser.error("--rounds must be 1 or more")
    if arguments.write and list(arguments.only) != list(parts.PARTS):
        parser.error("--write needs all parts, because it replaces all figures; leave out --only")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
