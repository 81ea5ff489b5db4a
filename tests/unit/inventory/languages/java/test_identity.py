import time
from collections.abc import Sequence

import pytest

from landwaiter.inventory.languages.java.identity import identify


def name(
    stem: str, manifest: dict[str, str] | None = None, names: Sequence[bytes] = (), path: str | None = None
) -> tuple[str, str] | None:
    found, exact = identify(path or f"app/lib/{stem}.jar", stem, manifest or {}, names)
    assert not (exact and found is None)
    return None if found is None else (found.name, found.version)


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("commons-logging-1.2", ("commons-logging", "1.2")),
        ("guava-31.1-jre", ("guava", "31.1-jre")),
        ("netty-transport-4.1.94.Final-linux-x86_64", ("netty-transport", "4.1.94.Final")),
        ("akka-actor_2.13-2.6.20", ("akka-actor_2.13", "2.6.20")),
        ("org.eclipse.osgi_3.18.0.v20220516-2155", ("org.eclipse.osgi", "3.18.0.v20220516-2155")),
        ("lib-1.0-sources", ("lib", "1.0")),
        ("joda-time-2.10-no_tzdb-all", ("joda-time", "2.10-no_tzdb")),
        ("app", None),
    ],
)
def test_artifact_and_version_by_the_files_name(stem: str, expected: object) -> None:
    assert name(stem) == expected


def test_the_version_of_the_manifest_where_the_name_has_none() -> None:
    assert name("tools", {"Implementation-Version": "1.4.0 (abc)"}) == ("tools", "1.4.0")
    assert name("tools", {"Bundle-Version": "2.0.0"}) == ("tools", "2.0.0")
    assert name("app", {"Implementation-Title": "order-service", "Implementation-Version": "0.0.1"}) == (
        "order-service",
        "0.0.1",
    )
    assert (
        name("app", {"Implementation-Title": "Order Service", "Implementation-Version": "${project.version}"}) is None
    )


@pytest.mark.parametrize(
    "path",
    [
        "root/.m2/repository/org/springframework/spring-core/5.3.20/spring-core-5.3.20.jar",
        "usr/share/maven-repo/org/springframework/spring-core/5.3.20/spring-core-5.3.20.jar",
        "home/g/.gradle/caches/modules-2/files-2.1/org.springframework/spring-core/5.3.20/0123456789abcdef0123456789abcdef01234567/spring-core-5.3.20.jar",
    ],
)
def test_the_place_in_a_repository_is_exact(path: str) -> None:
    found, exact = identify(path, "spring-core-5.3.20", {}, [])
    assert (found.name, found.version, exact) == ("org.springframework:spring-core", "5.3.20", True)


def test_gradles_long_title() -> None:
    manifest = {"Implementation-Title": "org.elasticsearch#server;7.17.7", "Implementation-Version": "7.17.7"}
    assert name("elasticsearch-7.17.7", manifest) == ("org.elasticsearch:elasticsearch", "7.17.7")


@pytest.mark.parametrize(
    ("stem", "bundle", "expected"),
    [
        ("catalina", "org.apache.tomcat-catalina", "org.apache.tomcat:tomcat-catalina"),
        ("tomcat-embed-el-9.0.68", "org.apache.tomcat-embed-jasper-el", "org.apache.tomcat.embed:tomcat-embed-el"),
    ],
)
def test_tomcat_shortens_its_files_names(stem: str, bundle: str, expected: object) -> None:
    assert name(stem, {"Bundle-SymbolicName": bundle, "Implementation-Version": "9.0.68"}) == (expected, "9.0.68")


@pytest.mark.parametrize(
    ("stem", "entry", "expected"),
    [
        ("spring-core-5.3.20", b"org/springframework/core/Ordered.class", "org.springframework:spring-core"),
        (
            "spring-security-web-5.7.4",
            b"org/springframework/security/web/A.class",
            "org.springframework.security:spring-security-web",
        ),
        ("hibernate-core-5.6.12.Final", b"org/hibernate/A.class", "org.hibernate:hibernate-core"),
        ("hibernate-core-6.2.0.Final", b"org/hibernate/A.class", "org.hibernate.orm:hibernate-core"),
        ("groovy-3.0.13", b"groovy/lang/A.class", "org.codehaus.groovy:groovy"),
        ("dom4j-2.1.3", b"org/dom4j/A.class", "org.dom4j:dom4j"),
        ("spring-core-5.3.20", b"com/attacker/Core.class", "spring-core"),
        ("kotlin-stdlib-1.6.21", b"kotlin/A.class", "org.jetbrains.kotlin:kotlin-stdlib"),
    ],
)
def test_a_known_publisher_counts_where_the_classes_bear_it_out(stem: str, entry: bytes, expected: object) -> None:
    assert name(stem, {}, [b"META-INF/", entry])[0] == expected


def test_a_starter_without_classes_is_known_by_its_module() -> None:
    manifest = {"Automatic-Module-Name": "spring.boot.starter.web"}
    assert name("spring-boot-starter-web-2.7.5", manifest)[0] == "org.springframework.boot:spring-boot-starter-web"


@pytest.mark.parametrize(
    ("stem", "manifest", "expected"),
    [
        ("zstd-jni-1.5.2", {"Bundle-SymbolicName": "com.github.luben.zstd-jni"}, "com.github.luben:zstd-jni"),
        ("brave-5.14.1", {"Bundle-SymbolicName": "io.zipkin.brave"}, "brave"),
        ("some-tool-1.0", {"Bundle-SymbolicName": "org.apache.some-tool"}, "some-tool"),
        (
            "some-tool-1.0",
            {"Implementation-Title": "some-tool", "Implementation-Vendor-Id": "org.acme.tools"},
            "org.acme.tools:some-tool",
        ),
        (
            "some-tool-1.0",
            {"Implementation-Title": "Some Tool", "Implementation-Vendor-Id": "org.acme.tools"},
            "some-tool",
        ),
        ("some-tool-1.0", {"Implementation-Title": "some-tool", "Implementation-Vendor-Id": "org.apache"}, "some-tool"),
        ("activation-1.1.1", {"Implementation-Vendor-Id": "com.sun"}, "activation"),
    ],
)
def test_a_group_is_taken_from_the_manifest_only_where_it_cannot_be_another(
    stem: str, manifest: dict[str, str], expected: object
) -> None:
    assert name(stem, manifest)[0] == expected


@pytest.mark.parametrize("text", ["a-" * 30_000, "repository/" * 20_000, "a_1.1." * 10_000])
def test_names_longer_than_a_file_system_allows_are_not_looked_at(text: str) -> None:
    started = time.monotonic()
    assert name(text) is None
    assert name("a-1.0", path=text) == ("a", "1.0")
    assert time.monotonic() - started < 2


def test_the_java_runtimes_own_jars_are_no_packages() -> None:
    assert (
        name("jrt-fs", {"Implementation-Title": "Java Runtime Environment", "Implementation-Version": "17.0.2"}) is None
    )
