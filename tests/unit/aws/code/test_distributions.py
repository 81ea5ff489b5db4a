from landwaiter.aws.code.distributions import closure_of, distributions_of, files_of


def test_imports_are_followed_into_functions_and_packages() -> None:
    closure = closure_of(["landwaiter.images.open"])
    assert {"landwaiter/__init__.py", "landwaiter/images/open.py", "landwaiter/errors.py"} <= set(closure.files)
    assert "msgspec" in closure.imports
    assert closure.imports.isdisjoint({"os", "pathlib", "landwaiter"})


def test_distributions_bring_what_they_require() -> None:
    found = distributions_of({"boto3"})
    assert {"boto3", "botocore", "s3transfer", "jmespath", "urllib3", "python-dateutil", "six"} <= set(found)
    files = files_of(found["jmespath"])
    assert "jmespath/__init__.py" in files
    assert not [name for name in files if "__pycache__" in name or name.startswith("..")]


def test_what_nobody_installed_has_no_distribution() -> None:
    assert distributions_of({"no_such_package"}) == {}
