"""Maven groups of widely used artifacts whose jars do not state them (they were not built by Maven).

A line counts only where the jar bears it out: it has classes in the named package, or its automatic module name is the
artifact's name with dots (a jar without classes, such as Spring Boot's starters). Facts, from the artifacts' own pages
in Maven Central.
"""

import re
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Publisher:
    """Artifacts of one group, with classes below `package`.

    `artifacts` and `versions` are regular expressions over the whole name, and over the beginning of the version: some
    projects have moved to another group.
    """

    group: str
    artifacts: re.Pattern[str]
    package: bytes
    versions: re.Pattern[str]


_SPRING = (
    "aop|aspects|beans|context(-support|-indexer)?|core|core-test|expression|instrument|jcl|jdbc|jms|messaging|orm|oxm"
)
_SPRING_SECURITY = (
    "acl|aspects|cas|config|core|crypto|data|ldap|messaging|openid|remoting|rsa|rsocket|taglibs|test|web|jwt"
    "|oauth2-(authorization-server|client|core|jose|resource-server)|saml2-service-provider"
)
_HIBERNATE = (
    "hibernate-(core|agroal|c3p0|community-dialects|ehcache|entitymanager|envers|graalvm|hikaricp|java8|jcache|jpamodelgen"
    "|micrometer|proxool|scan-jandex|spatial|testing|vibur)"
)
_MONGO = "bson(-record-codec|-kotlin)?|mongodb-driver-(core|sync|legacy|reactivestreams|kotlin-sync)|mongo-java-driver"

_TABLE: tuple[tuple[str, str, str] | tuple[str, str, str, str], ...] = (
    ("org.springframework", f"spring-({_SPRING}|r2dbc|test|tx|web|webflux|webmvc|websocket)", "org/springframework"),
    ("org.springframework", "spring-jcl", "org/apache/commons/logging"),
    ("org.springframework.boot", "spring-boot(-.+)?", "org/springframework/boot"),
    ("org.springframework.security", f"spring-security-({_SPRING_SECURITY})", "org/springframework/security"),
    ("org.springframework.amqp", "spring-(amqp|rabbit(-.+)?)", "org/springframework/amqp"),
    ("org.springframework.batch", "spring-batch-.+", "org/springframework/batch"),
    ("org.springframework.integration", "spring-integration-.+", "org/springframework/integration"),
    ("org.springframework.kafka", "spring-kafka(-test)?", "org/springframework/kafka"),
    ("org.springframework.session", "spring-session-.+", "org/springframework/session"),
    ("org.springframework.ws", "spring-(ws-.+|xml)", "org/springframework"),
    ("com.h2database", "h2|h2-mvstore", "org/h2"),
    ("com.mchange", "c3p0|mchange-commons-java", "com/mchange"),
    ("com.mysql", "mysql-connector-j", "com/mysql"),
    ("com.oracle.database.jdbc", "ojdbc\\d+|ucp\\d*", "oracle"),
    ("com.squareup.okhttp3", "okhttp(-.+)?|logging-interceptor|mockwebserver", "okhttp3"),
    ("com.squareup.okio", "okio(-.+)?", "okio"),
    ("com.squareup.retrofit2", "retrofit|converter-.+|adapter-.+", "retrofit2"),
    ("com.typesafe.akka", "akka-.+_\\d.*", "akka"),
    ("com.auth0", "java-jwt|jwks-rsa", "com/auth0"),
    ("io.grpc", "grpc-.+", "io/grpc"),
    ("io.ktor", "ktor-.+", "io/ktor"),
    ("io.micrometer", "micrometer-.+", "io/micrometer"),
    ("io.opentelemetry", "opentelemetry-(api|context|exporter|extension|sdk).*", "io/opentelemetry"),
    ("io.opentelemetry", "opentelemetry-semconv", "io/opentelemetry", r"1\.(1?\d|20)\."),
    ("io.opentelemetry.semconv", "opentelemetry-semconv.*", "io/opentelemetry", r"1\.(2[1-9]|[3-9]\d)\."),
    ("io.perfmark", "perfmark-.+", "io/perfmark"),
    ("io.projectreactor", "reactor-(core|test|tools)", "reactor"),
    ("io.projectreactor.netty", "reactor-netty(-core|-http(-brave)?)?", "reactor/netty"),
    ("io.zipkin.brave", "brave(-.+)?", "brave"),
    ("io.zipkin.zipkin2", "zipkin", "zipkin2"),
    ("javax.servlet", "servlet-api|javax\\.servlet-api|jstl", "javax/servlet"),
    ("javax.servlet.jsp", "jsp-api", "javax/servlet/jsp"),
    ("javax.mail", "mail", "javax/mail"),
    ("javax.activation", "activation", "javax/activation"),
    ("javax.xml.bind", "jaxb-api", "javax/xml/bind"),
    ("junit", "junit", "org/junit"),
    ("mysql", "mysql-connector-java", "com/mysql"),
    ("net.java.dev.jna", "jna(-platform)?", "com/sun/jna"),
    ("org.antlr", "antlr4-runtime|ST4|antlr-runtime", "org/antlr"),
    ("org.apache.ant", "ant(-.+)?", "org/apache/tools", r"1\.([7-9]|1\d)"),
    ("org.apache.derby", "derby.*", "org/apache/derby"),
    ("org.apache.groovy", "groovy(-.+)?", "groovy", r"[4-9]\."),
    ("org.apache.groovy", "groovy-.+", "org/apache/groovy", r"[4-9]\."),
    ("org.apache.hadoop", "hadoop-.+", "org/apache/hadoop"),
    ("org.apache.kafka", "kafka-.+|connect-.+", "org/apache/kafka"),
    ("org.apache.kafka", r"kafka_\d.*", "kafka"),
    ("org.apache.lucene", "lucene-.+", "org/apache/lucene"),
    ("org.apache.poi", "poi(-.+)?", "org/apache/poi"),
    ("org.apache.solr", "solr-.+", "org/apache/solr"),
    ("org.apache.velocity", "velocity|velocity-tools.*", "org/apache/velocity", r"1\.[5-9]|2"),
    ("org.apache.xmlbeans", "xmlbeans", "org/apache/xmlbeans"),
    ("org.aspectj", "aspectj(weaver|rt|tools)", "org/aspectj"),
    ("org.attoparser", "attoparser", "org/attoparser"),
    ("org.bouncycastle", "bc(prov|pkix|pg|util|mail|tls|jmail|prov-ext)-.+|bc-fips", "org/bouncycastle"),
    ("org.checkerframework", "checker(-.+)?", "org/checkerframework"),
    ("org.codehaus.jackson", "jackson-.+-(asl|lgpl)|jackson-(jaxrs|xc)", "org/codehaus/jackson"),
    ("org.codehaus.groovy", "groovy(-.+)?", "groovy", r"[1-3]\."),
    ("org.codehaus.groovy", "groovy-.+", "org/apache/groovy", r"[1-3]\."),
    ("org.dom4j", "dom4j", "org/dom4j", r"2\."),
    ("org.elasticsearch", "elasticsearch(-(cli|core|geo|lz4|plugin-.+|secure-sm|x-content))?", "org/elasticsearch"),
    ("org.freemarker", "freemarker(-gae)?", "freemarker"),
    ("org.hamcrest", "hamcrest(-core|-library|-all)?", "org/hamcrest"),
    ("org.hibernate", _HIBERNATE, "org/hibernate", r"[3-5]\."),
    ("org.hibernate.orm", _HIBERNATE, "org/hibernate", r"[6-9]\."),
    ("org.hsqldb", "hsqldb", "org/hsqldb"),
    ("org.jdom", "jdom2", "org/jdom2"),
    ("org.jetbrains", "annotations", "org/jetbrains/annotations"),
    (
        "org.jetbrains.kotlin",
        "kotlin-(stdlib|reflect|compiler|script|scripting|annotation|daemon|test|util).*",
        "kotlin",
    ),
    ("org.jetbrains.kotlinx", "kotlinx-.+", "kotlinx"),
    ("org.junit.jupiter", "junit-jupiter(-.+)?", "org/junit/jupiter"),
    ("org.junit.platform", "junit-platform-.+", "org/junit/platform"),
    ("org.junit.vintage", "junit-vintage-.+", "org/junit/vintage"),
    ("org.liquibase", "liquibase-core", "liquibase"),
    ("org.lz4", "lz4-java", "net/jpountz"),
    ("org.mongodb", _MONGO, "org/bson"),
    ("org.mongodb", _MONGO, "com/mongodb"),
    ("org.mozilla", "rhino(-.+)?", "org/mozilla"),
    ("org.objenesis", "objenesis", "org/objenesis"),
    ("org.opensearch", "opensearch(-core|-cli|-geo|-secure-sm|-x-content|-common|-compress)?", "org/opensearch"),
    ("org.opentest4j", "opentest4j", "org/opentest4j"),
    ("org.apiguardian", "apiguardian-api", "org/apiguardian"),
    ("org.osgi", r"org\.osgi\.[\w.]+", "org/osgi"),
    ("org.ow2.asm", "asm(-(analysis|commons|tree|util|xml|all|debug-all))?", "org/objectweb/asm", r"[4-9]|\d\d"),
    ("org.postgresql", "postgresql", "org/postgresql"),
    ("org.python", "jython(-standalone)?", "org/python"),
    ("org.reactivestreams", "reactive-streams(-.+)?", "org/reactivestreams"),
    ("org.thymeleaf", "thymeleaf(-spring\\d)?", "org/thymeleaf"),
    ("org.unbescape", "unbescape", "org/unbescape"),
    ("org.xerial", "sqlite-jdbc", "org/sqlite"),
    ("org.xerial.snappy", "snappy-java", "org/xerial/snappy"),
    ("com.github.ben-manes.caffeine", "caffeine|guava|jcache", "com/github/benmanes/caffeine"),
    ("com.google.code.findbugs", "jsr305", "javax/annotation"),
    ("com.google.dagger", "dagger(-.+)?", "dagger"),
    ("com.google.protobuf", "protobuf-(java|java-util|javalite|kotlin|kotlin-lite)", "com/google/protobuf"),
    ("com.google.re2j", "re2j", "com/google/re2j"),
    ("com.graphql-java", "graphql-java", "graphql"),
    ("com.jayway.jsonpath", "json-path(-assert)?", "com/jayway/jsonpath"),
    ("com.squareup.moshi", "moshi(-.+)?", "com/squareup/moshi"),
    ("io.github.resilience4j", "resilience4j-.+", "io/github/resilience4j"),
    ("io.reactivex.rxjava2", "rxjava", "io/reactivex", r"2\."),
    ("io.reactivex.rxjava3", "rxjava", "io/reactivex/rxjava3", r"3\."),
    ("net.sourceforge.htmlunit", "htmlunit(-.+)?|neko-htmlunit", "com/gargoylesoftware", r"2\."),
    ("org.apache.ivy", "ivy", "org/apache/ivy"),
    ("org.apache.jmeter", "ApacheJMeter.*", "org/apache/jmeter"),
    ("org.apache.tomcat", "tomcat-(jdbc|dbcp)", "org/apache/tomcat"),
    ("org.apache.xmlgraphics", "xmlgraphics-commons|batik-.+|fop.*", "org/apache"),
    ("org.conscrypt", "conscrypt-openjdk(-uber)?", "org/conscrypt"),
    ("org.projectlombok", "lombok", "lombok"),
    ("org.rocksdb", "rocksdbjni", "org/rocksdb"),
    ("org.roaringbitmap", "RoaringBitmap", "org/roaringbitmap"),
    ("org.seleniumhq.selenium", "selenium-.+", "org/openqa/selenium"),
    ("org.springframework.graphql", "spring-graphql(-test)?", "org/springframework/graphql"),
    ("org.testcontainers", "testcontainers", "org/testcontainers"),
    ("org.tukaani", "xz", "org/tukaani/xz"),
    ("antlr", "antlr", "antlr"),
    ("xalan", "xalan|serializer", "org/apache/x"),
    ("xerces", "xercesImpl", "org/apache/xerces"),
    ("xml-apis", "xml-apis(-ext)?", "org/w3c/dom"),
    ("dom4j", "dom4j", "org/dom4j", r"1\."),
)

TOMCAT = "org.apache.tomcat"


@cache
def publishers() -> tuple[Publisher, ...]:
    """Return the table; its expressions are compiled when the first jar needs them."""
    return tuple(
        Publisher(group, re.compile(artifacts), package.encode(), re.compile("".join(versions)))
        for group, artifacts, package, *versions in _TABLE
    )
