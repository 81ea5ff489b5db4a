import io
import zipfile

from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.aws.code.zips import make_zip

paths = st.from_regex(r"[a-z]{1,5}(/[a-z]{1,5}){0,2}\.py", fullmatch=True)


@settings(max_examples=50)
@given(st.dictionaries(paths, st.binary(max_size=200), max_size=6))
def test_the_same_content_gives_the_same_bytes_in_any_order(content: dict[str, bytes]) -> None:
    backwards = dict(reversed(list(content.items())))
    assert make_zip(content) == make_zip(backwards)
    with zipfile.ZipFile(io.BytesIO(make_zip(content))) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == content


def test_files_are_readable_by_all_and_have_no_time() -> None:
    with zipfile.ZipFile(io.BytesIO(make_zip({"a": b"x"}))) as archive:
        entry = archive.getinfo("a")
    assert entry.external_attr >> 16 == 0o100644
    assert entry.date_time == (1980, 1, 1, 0, 0, 0)
