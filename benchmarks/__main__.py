"""`make bench`: run the benchmarks, print ratios to the peers and write them to `benchmarks/results/`."""

import argparse
import sys

from benchmarks import bench_inventory, bench_osv_scanner
from benchmarks.inputs import MissingInputError


def main() -> int:
    """Run what was asked for; say in one line what is missing."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--runs", type=int, default=3, help="measured runs of each command (default 3)")
    options = parser.parse_args()
    complete = True
    for benchmark in (bench_inventory, bench_osv_scanner):
        try:
            benchmark.main(options.runs)
        except MissingInputError as error:
            print(error, file=sys.stderr)
            complete = False
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main())
