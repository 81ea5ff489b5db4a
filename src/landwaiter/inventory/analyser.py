"""The plug for one kind of package evidence: which files it wants, and what it reads in them.

To add an ecosystem, write a module with a pure function from one file's content to `Evidence`, and name it here:

    # inventory/languages/rust.py
    def read_lockfile(path: str, content: bytes) -> Evidence | None:
        packages = tuple(PackageFact("cargo", name, version) for name, version in ...)
        return Evidence(path, "rust-lock", packages)

    RUST_LOCK = Analyser("rust-lock", read=read_lockfile, basenames=frozenset({"Cargo.lock"}), limit=8 * MIB)

    # inventory/analysers.py
    ANALYSERS = (..., RUST_LOCK)

How a file finds its analyser: a regular file goes to at most one analyser, the first of `ANALYSERS` that chooses it. It
chooses by any of these (all are looked up in dictionaries, so they cost the same for one or a hundred analysers):

- `paths`       the whole path is one of these (`var/lib/dpkg/status`);
- `basenames`   the file's name is one of these (`package.json`);
- `suffixes`    the path ends with one of these, in lower case, each beginning with a dot (`.jar`, `.deps.json`);
- `folders`     the path of the folder it lies in is one of these (`var/lib/dpkg/status.d`);
- `parents`     the name of the folder it lies in is one of these, wherever that is (`conda-meta`);
- `executables` it has an execute permission and its content begins with one of `magics` (ELF unless told otherwise).
  These are asked last, after every choice by path.

`wants(path)`, where given, must agree. It is asked only of files chosen above, and so may cost a regular expression. An
analyser of executables should refuse by `wants` what it knows to be useless: all others are read.

What it is given: give exactly one of

- `read(path, content)`: the whole content, as bytes. It is called for files of at most `limit` bytes. Larger files are
  not read and become a `too-large` note, visibly, unless `quiet` says that nothing is lost thereby;
- `stream(content)`: a `Content`, for what is large and can be judged by its beginning or in one pass. `limit` bounds
  what `content.whole()` returns (it raises `TooLargeError`, which becomes the `too-large` note). One file is in memory
  per thread at a time; keep no reference to it;
- `gather(files)`: the rare case of files of one folder that make sense only together (a database and its write-ahead
  log). It is called at the end of the layer, once for each folder, with the contents by path.

What it gives back: an `Evidence`, several, or None when the file says nothing of packages. `Evidence.path` is always
the path it was called with (coalescing replaces and removes evidence by that path); a package inside a container file
has its own `PackageFact.path` (`app.war!/WEB-INF/lib/x.jar`). `Evidence.analyser` is the analyser's name. An evidence
without packages is right for a file that is readable but empty: it replaces the one of that path in a lower layer.

What it raises: `InputError(what)` when the content cannot be understood; it becomes `Evidence.unreadable`, a coverage
note, and the image's inventory is then not complete. (ValueError, LookupError, struct.error, zlib.error, EOFError and
the like have the same effect, but a sentence that a person understands is better.) When a part was understood, return
what was, and say the rest in `Evidence.notes` (`Note("too-deep", "…", path)`): this too makes it incomplete.

It must be pure (same bytes, same evidence), bounded in time and memory whatever the bytes, and its module must import
quickly: what is heavy (`zipfile`, `defusedxml`, …) is imported inside the function. Raise `ANALYSER_VERSION` in
`models.py` when the result for the same bytes changes.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass

from landwaiter.errors import InputError
from landwaiter.images.tarstream import Member
from landwaiter.inventory.models import Evidence

MIB = 1 << 20
HEAD = 4096
"""Bytes that `Content.head` holds at least, unless the file is shorter."""

Found = Evidence | tuple[Evidence, ...] | None


class TooLargeError(InputError):
    """A file is larger than its analyser reads."""


class Content:
    """A file of the layer that is being read: `path`, `size` (bytes), `mode`, the first bytes, and the rest once.

    `head` may be looked at any time. Then call either `whole` or `chunks`, once. `failure` is the error with which the
    layer's stream ended, if it did: it is the layer that is damaged then, not the file.
    """

    __slots__ = ("_rest", "failure", "head", "limit", "mode", "path", "size")

    def __init__(self, member: Member, limit: int) -> None:
        self.path, self.size, self.mode = member.path, member.size, member.mode
        self.failure: Exception | None = None
        self.limit = limit
        self._rest = iter(member.chunks())
        self.head = b""
        while len(self.head) < HEAD:
            chunk = self._next()
            if chunk is None:
                break
            self.head = self.head + chunk if self.head else chunk

    def _next(self) -> bytes | None:
        try:
            return next(self._rest, None)
        except Exception as error:
            self.failure = error
            raise

    def chunks(self) -> Iterator[bytes]:
        """Yield the whole content from its first byte, in pieces of any size."""
        if self.head:
            yield self.head
        while (chunk := self._next()) is not None:
            yield chunk

    def whole(self) -> bytes:
        """Return the whole content; raises TooLargeError when it is larger than the analyser's `limit`."""
        if self.size > self.limit:
            raise TooLargeError(f"The file has {self.size:,} bytes; at most {self.limit:,} are read.")
        return b"".join(self.chunks())


@dataclass(frozen=True, slots=True)
class Analyser:
    """One kind of evidence; the module's text says what each field means. `limit` is in bytes."""

    name: str
    _: KW_ONLY
    paths: frozenset[str] = frozenset()
    basenames: frozenset[str] = frozenset()
    suffixes: tuple[str, ...] = ()
    folders: frozenset[str] = frozenset()
    parents: frozenset[str] = frozenset()
    executables: bool = False
    magics: tuple[bytes, ...] = (b"\x7fELF",)
    wants: Callable[[str], bool] | None = None
    read: Callable[[str, bytes], Found] | None = None
    stream: Callable[[Content], Found] | None = None
    gather: Callable[[Mapping[str, bytes]], Found] | None = None
    limit: int = 16 * MIB
    quiet: bool = False
    """A file over the limit says nothing of packages (a fixture, a data file), so no note is made of it."""

    def __post_init__(self) -> None:
        if sum(reader is not None for reader in (self.read, self.stream, self.gather)) != 1:
            raise ValueError(f"{self.name}: give one of read, stream and gather")
