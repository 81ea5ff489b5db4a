"""`make bench`: run the benchmarks, print ratios to the peers and write them to `benchmarks/results/`."""

import argparse
import sys

from benchmarks import bench_inventory
from benchmarks.inputs import MissingInputError


def main() -> int:
    """Run what was asked for; say in one line what is missing."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--runs", type=int, default=3, help="measured runs of each command (default 3)")
    options = parser.parse_args()
    try:
        bench_inventory.main(options.runs)
    except MissingInputError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
