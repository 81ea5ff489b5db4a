import pytest

from landwaiter.reports.image_name import image_purl, is_local, repository, tag

DIGEST = "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("reference", "where", "label", "purl"),
    [
        (
            "registry.example.com:443/Team/app:1.4",
            "registry.example.com:443/Team/app",
            "1.4",
            f"pkg:oci/app@{DIGEST}?arch=amd64&repository_url=registry.example.com:443/team/app&tag=1.4",
        ),
        ("app", "app", "", f"pkg:oci/app@{DIGEST}?arch=amd64&repository_url=app"),
        (
            "r.example/a@sha256:" + "0" * 64,
            "r.example/a",
            "",
            f"pkg:oci/a@{DIGEST}?arch=amd64&repository_url=r.example/a",
        ),
        ("docker-archive:app.tar", "docker-archive:app.tar", "", ""),
        ("./folder", "./folder", "", ""),
    ],
)
def test_names(image, reference, where, label, purl):
    named = image(reference)
    assert (repository(named), tag(named), image_purl(named)) == (where, label, purl)
    assert is_local(named) == (purl == "")
