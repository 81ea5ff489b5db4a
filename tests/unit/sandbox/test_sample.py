"""What is told of a package manager that fails."""

import sys

import pytest

from landwaiter.errors import UnreachableError
from landwaiter.sandbox import sample


def test_the_reason_is_told_and_not_where_the_log_is():
    said = "npm error code E404\\nnpm error 404 no such package\\nnpm error A complete log of this run can be found in: x.log"
    with pytest.raises(UnreachableError, match="npm could not fetch .*: npm error 404 no such package") as caught:
        sample._run([sys.executable, "-c", f"import sys; sys.exit('{said}')"], "npm")
    assert "IMAGE=" in caught.value.remedy


def test_a_package_manager_that_says_nothing():
    with pytest.raises(UnreachableError, match="no output"):
        sample._run([sys.executable, "-c", "import sys; sys.exit(1)"], "pip")
