import hashlib

import pytest

from landwaiter.errors import InputError
from landwaiter.images.digest import check_content, digest_of, parse_digest


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_content_is_checked(algorithm):
    digest = f"{algorithm}:{hashlib.new(algorithm, b'x').hexdigest()}"
    check_content("It", digest, b"x")
    with pytest.raises(
        InputError, match=f"It is damaged: its content has the digest {algorithm}:.* but {digest} is expected"
    ):
        check_content("It", digest, b"y")


def test_digest_of():
    assert parse_digest(digest_of(b"x")) == "sha256:" + hashlib.sha256(b"x").hexdigest()


@pytest.mark.parametrize(
    "text", ["", "sha256:", "sha256:" + "A" * 64, "sha256:" + "a" * 63, "md5:" + "a" * 32, "sha256:" + "a" * 64 + "\n"]
)
def test_malformed_digests(text):
    with pytest.raises(InputError, match="is not a digest"):
        parse_digest(text)
