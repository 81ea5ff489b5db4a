"""Read a small YAML file that an operator wrote; whatever is wrong with it becomes a sentence."""

from pathlib import Path

import yaml

from landwaiter.errors import InputError

_LARGEST = 1 << 20


def read_yaml(file: Path, kind: str) -> object:
    """Return the document in `file`; `kind` ("policy") is what a person calls it. Raises InputError naming the file."""
    try:
        with file.open("rb") as stream:
            content = stream.read(_LARGEST + 1)
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}.", "Check its name and permissions.") from None
    if len(content) > _LARGEST:
        raise InputError(f"{file} is larger than {_LARGEST:,} bytes.", f"A {kind} is a small text file.")
    try:
        return yaml.safe_load(content)
    except yaml.YAMLError as error:
        raise InputError(f"{file} is not YAML: {_place(error)}.", "Mend the file's syntax.") from None
    except (ValueError, RecursionError) as error:  # a date that does not exist, folders of brackets
        raise InputError(f"{file} is not YAML: {error}.", "Mend the file's syntax.") from None


def _place(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}: {error.problem or 'unexpected text'}"
    return str(error).partition("\n")[0]
