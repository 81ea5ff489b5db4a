"""Ladders: versions of one scheme from the oldest to the newest, every pair of which is compared both ways."""

from itertools import combinations

import pytest

from landwaiter.versions import compare, sort_key

LADDERS: dict[str, str] = {
    "deb": """0~~ 0~~a 0~ 0 0a 0.0~rc1 0.0 0.1 1~~ 1~ 1~alpha 1~rc1-1 1~rc1-2 1 1-0ubuntu1 1-1~bpo12+1 1-1 1-1+b1 1-1+deb12u1
        1-1+deb12u2 1-1.1 1-1.10 1-2 1+dfsg-1 1+git20240101-1 1.0-1 1.0.1-1 1.9-1 1.10-1 1.10a-1 1.10ab-1 1.10+x-1 1:0.1-1
        1:1.0-1 2:0-1 10:0-1""",
    "rpm": """0 0.1 1.0~alpha 1.0~beta1 1.0~rc1-1.el9 1.0~rc2-1.el9 1.0 1.0-1.el8 1.0-1.el8_9 1.0-1.el9 1.0-1.el9_2.1
        1.0-1.el10 1.0-2.el8 1.0-10.el8 1.0^20240101git1-1 1.0^20240102git0-1 1.0a-1 1.0b-1 1.0.1-1 1.9-1 1.10-1 1.010.1-1
        2-1 2.0-1 20190101-1 1:0.1-1 1:1.0-1 2:0.1-1""",
    "apk": """0.1_alpha 0.1_alpha1 0.1_alpha2 0.1_beta 0.1_pre 0.1_pre1 0.1_rc1 0.1_rc2 0.1 0.1-r1 0.1-r2 0.1-r10 0.1_cvs1 0.1_svn2
        0.1_git20230101 0.1_git20240101 0.1_hg1 0.1_p 0.1_p1 0.1_p1-r1 0.1_p2 0.1a 0.1b 0.1b-r3 0.1.1 0.2 0.10 0.11 1.0_rc1-r0
        1.0-r0 1.0.0-r0 1.0.1-r0 1.2.3_git20200101-r0 1.2.3_p1-r0 1.2.3a-r0 1.2.4-r0 3.0.2 3.0.2-r18 3.0.10 20191008-r0
        20230506-r0""",
    "pypi": """1.dev0 1.0.dev456 1.0a1 1.0a2.dev456 1.0a2 1.0a12.dev456 1.0a12 1.0b1.dev456 1.0b2 1.0b2.post345.dev456
        1.0b2.post345 1.0rc1.dev456 1.0rc1 1.0rc2 1.0 1.0+abc.5 1.0+abc.7 1.0+ubuntu-1 1.0+5 1.0.post456.dev34 1.0.post456
        1.0.15 1.1.dev1 1.1 1.2 1.2+123abc 1.2+123abc456 1.2+abc 1.2+1234.abc 1.10 2012.10 1!0.1 1!1.0""",
    "npm": """0.0.0-0 0.0.0-foo 0.0.0 0.0.1 0.9.9 0.10.0 0.99.0 1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-alpha-x
        1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 1.2.3-4 1.2.3-4-foo 1.2.3-5-Foo 1.2.3-5-foo 1.2.3-R2 1.2.3-a.5
        1.2.3-a.10 1.2.3-a.b 1.2.3-a.b.c.5.d.100 1.2.3-asdf 1.2.3 1.2.4""",
    "semver": """0.0.0 0.0.1 0.1.0 1.0.0-0 1.0.0-0.3.7 1.0.0-1 1.0.0-10 1.0.0-99999999999999999999 1.0.0-A 1.0.0-a 1.0.0-alpha
        1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-rc.1 1.0.0-x.7.z.92 1.0.0-x-y-z.-- 1.0.0 1.0.1 1.1.0 1.2.0 1.10.0 2.0.0
        2.1.0 2.1.1 10.0.0 99999999999999999999.0.0""",
    "cargo": """0.0.0-alpha.0 0.0.1 0.1.0-alpha.1 0.1.0-alpha.2 0.1.0 0.1.1 0.2.0-pre 0.2.0 0.9.0 0.10.0 1.0.0-beta.2
        1.0.0-beta.11 1.0.0-rc.1 1.0.0 1.0.1 1.5.0-rc-1 1.5.0 2.0.0""",
    "hex": "0.9.0 0.9.1-dev 0.9.1-dev.2 0.9.1 1.0.0-1 1.0.0-a 1.0.0-alpha.2 1.0.0-alpha.11 1.0.0-rc.0 1.0.0 1.0.1 1.2.0 1.10.0",
    "golang": """0.0.0-20180214000028-650f4a345ab4 0.0.0-20190308221718-c2843e01d9a2 0.0.0-20191011191535-87dc89f01550 0.0.1
        0.3.7 0.8.0 1.0.0-beta v1.0.0-rc.1 1.0.0 v1.0.1-0.20200101000000-abcdefabcdef 1.0.1-rc1 1.0.1
        1.1.1-pre.0.20200101000000-abcdefabcdef 1.1.1 2.0.0+incompatible v2.0.1+incompatible go3.1beta1 go3.1rc1 3.1.0-rc.2
        go3.1 go3.1.1 go3.1.10 go3.2rc1""",
    "maven": """1-alpha-1 1-alpha2 1-beta1 1-beta-2 1-m1 1-rc1 1-cr2 1-SNAPSHOT 1 1-sp 1-sp-1 1-jre 1-1 1-2 1.0.1-rc1 1.0.1
        1.0.1.Final-redhat-1 1.1-alpha-1 1.1 1.2-SNAPSHOT 1.2 1.9 1.10 2.0.0-M1 2.0.0-M10 2.0.0-RC1 2.0.0.RELEASE 2.0.1.RELEASE
        4.1.100.Final 4.1.101.Final 31.1-android 31.1-jre 32.0.0-android 32.0.0-jre 20040616 20231013""",
    "gem": """0.beta.1 0.beta.10.1 0.0 0.0.2.a 0.0.2 0.9 1.A 1.a 1.a1 1.a.2 1.a10 1.b 1.rc1 1 1.0.1.pre1 1.0.1 1.1.rc10 1.1 1.8.2.a
        1.8.2.a9 1.8.2.a10 1.8.2.b 1.8.2 1.9.9 1.10 2.0.0.pre.1 2.0.0.rc2 2.0.0 5.2.4 5.2.4.1 5.2.4.10""",
    "composer": """dev-main 0.1-dev 0.1-alpha 0.1 1.0.0-dev 1.0.0-alpha1 1.0.0-alpha2 1.0.0-alpha10 1.0.0-beta1 1.0.0-beta.2
        1.0.0-RC1 v1.0.0-RC2 v1.0 1.0.0-p1 1.0.0-patch2 1.0.0.1 1.0.1 1.9.0 1.10.0 2.0.0-RC1 2.0.0 2.1.x-dev 3.0.0""",
    "nuget": """0.0.0-alpha 0.0.1 1.0.0-1 1.0.0-2 1.0.0-10 1.0.0-ALPHA 1.0.0-alpha.1 1.0.0-alpha-2 1.0.0-Beta 1.0.0-beta.2
        1.0.0-beta.11 1.0.0-rc.1 1.0 1.0.0.1-pre 1.0.0.1 1.0.0.2 1.0.0.10 1.0.1 1.1 1.10 2.0.0-preview.1 2.0.0 2.0.0.1
        10.0.0-rc.2.25502.107 10.0.0 2147483647.0""",
    "cran": "0.1 0.1-1 0.1-2 0.1.10 0.2 0.9-9 0.9-10 0.10 1.0 1.0-0 1.0.0.1 1.0-1 1.0.2 1.1-19 1.2 3.4-5 3.4-14 4.0 2020.1-1 2020.2",
    "alpm": "1.0alpha 1.0alpha2 1.0b 1.0beta 1.0rc1 1.0-1 1.0-2 1.0.a 1.0.1 1.1-1 1.1-10 1.10 2 1:0.1-1 1:1 2:0",
    "conda": """0.4 0.4.1.rc 0.4.1 0.5a1 0.5b3 0.5C1 0.5 0.9.6 0.960923 1.0 1.1dev1 1.1_ 1.1a1 1.1.0dev1 1.1.0a1 1.1.0rc1 1.1.0
        1.1.0post1 1996.07.12 1!0.4.1 1!3.1.1.6 2!0.4.1""",
    "bitnami": "1.0.0-rc1 1.0.0 1.0.0-1 1.0.0-2 1.0.0-10 1.0.1-beta.1 1.0.1-0 1.1.0 1.10.0",
}
TWINS: dict[str, str] = {
    "deb": "1=0:1 1=1-0 1.0=1.00 1.2-1=1.02-01 1.0=01.0 0=0-0",
    "rpm": "1=0:1 1.0=1.00 1.0=1_0 1.0=1..0 2.0.1=2.0.1. 1.a=1a fc4=fc.4",
    "apk": "1.0=v1.0 1.0-r0=1.0-r00 01.2=1.2",
    "pypi": "1=1.0.0 1.0a1=1.0-alpha.1 1.0b2=1.0_beta2 1.0rc1=1.0c1 1.0rc1=1.0-preview1 1.0.post1=1.0-1 1.0.post1=1.0-r1 v1.0=1.0 0!1=1 1.0+a.1=1.0+a-1 1.0.dev=1.0dev0",
    "npm": "1.2.3=v1.2.3 1.2.3==1.2.3 1.2.3-beta=1.2.3beta 1.2.3+a=1.2.3+b 1.2.3-1=v1.2.3-1+x",
    "golang": "1.0.0=v1.0.0 v2.0.0=v2.0.0+incompatible go1.20=1.20.0 go1.21rc2=1.21.0-rc.2 go1.22.1=go1.22.1-fips",
    "maven": "1=1.0 1=1-ga 1=1.Final 1=1-release 1-rc=1-cr 1a1=1-alpha-1 1b2=1-beta-2 1m3=1-milestone-3 1.0.0-X=1.0-x 1-0.ga=1",
    "gem": "1=1.0.0 1.0.a=1.a 1-1=1.pre.1 1.0.0-alpha=1.pre.alpha 01=1",
    "composer": "1.0=v1.0.0.0 1.0b2=1.0.0-beta2 1.0.0-stable=1.0.0 1.0.0+x=1.0.0 1.0pl1=1.0.0-patch1 1.x-dev=1.x.x-dev dev-master=master",
    "nuget": "1=1.0.0.0 1.0.0-BETA=1.0.0-beta 1.0.0+a=1.0.0+b 1.01.1=1.1.1 v1.2=1.2.0",
    "cran": "1.0-1=1.0.1 01.2=1.2",
    "alpm": "1.0=1.0-1 0:1.0=1.0 01=1",
    "conda": "0.4=0.4.0 1.0=1.0.0 1_0=1.0 0.5C1=0.5c1",
    "bitnami": "1.0.0=1.0.0-0 1.0=1.0.0",
}


@pytest.mark.parametrize("scheme", LADDERS)
def test_every_rung_is_above_those_below(scheme: str) -> None:
    ladder = LADDERS[scheme].split()
    wrong = [
        pair for pair in combinations(ladder, 2) if compare(scheme, *pair) != -1 or compare(scheme, *pair[::-1]) != 1
    ]
    assert wrong == []
    assert sorted(ladder, key=lambda version: sort_key(scheme, version)) == ladder


@pytest.mark.parametrize("scheme", TWINS)
def test_twins_are_one_version(scheme: str) -> None:
    for pair in TWINS[scheme].split():
        a, _, b = pair.partition("=")
        assert (a, b, compare(scheme, a, b), compare(scheme, b, a)) == (a, b, 0, 0)
