"""Entry of the CodeBuild build: `python3 -m landwaiter.scan`. Exits non-zero when the scan failed, and tells why."""

import sys
import traceback

from landwaiter.errors import InputError, LandwaiterError, NotPermittedError, UnreachableError
from landwaiter.scan.credentials import job_access
from landwaiter.scan.document import ScanFailure
from landwaiter.scan.pipeline import Scan
from landwaiter.scan.platform_client import ScanClient
from landwaiter.scan.settings import read_settings

_KINDS = ((NotPermittedError, "unauthorized"), (UnreachableError, "unreachable"), (InputError, "unreadable"))


def main() -> int:
    """Run one scan from the environment's settings; return the exit code."""
    try:
        settings = read_settings()
        platform = ScanClient(settings)
    except LandwaiterError as error:
        print(f"the scan cannot start: {error}", file=sys.stderr)
        return error.exit_code
    try:
        Scan(settings, platform, job_access(settings)).run()
    except LandwaiterError as error:
        return _fail(platform, _failure(error), error.exit_code)
    except Exception as error:  # noqa: BLE001 - the platform must hear of our own faults too
        traceback.print_exc()
        return _fail(platform, ScanFailure("internal", f"The scan stopped on a fault of its own: {error!r}."), 70)
    finally:
        platform.close()
    return 0


def _failure(error: LandwaiterError) -> ScanFailure:
    kind = next((kind for of, kind in _KINDS if isinstance(error, of)), "internal")
    return ScanFailure(kind, error.what, error.remedy)


def _fail(platform: ScanClient, failure: ScanFailure, code: int) -> int:
    print(f"the scan failed: {failure.what} {failure.remedy}", file=sys.stderr)
    try:
        platform.report_failure(failure)
    except LandwaiterError as error:
        print(f"the platform could not be told: {error}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
