"""What is the matter with a server's certificate, if anything: from handshakes to a verdict and the reason.

Reasons of verdict "well-known": trusted. Of "custom": custom-root, root-not-sent, trusted-here-only. Of "broken":
unreachable, unknown-host, not-tls, refused, malformed, expired, not-yet-valid, wrong-host, incomplete-chain,
self-signed, other-root, strict, bad-signature, unsuitable, weak. Source of the codes: OpenSSL, x509_vfy.h.
"""

import socket
import ssl
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from cryptography import x509

from landwaiter.aws.ca import handshake
from landwaiter.aws.ca.certificate_facts import Certificate, facts_of
from landwaiter.aws.ca.handshake import Address
from landwaiter.errors import InputError

_REASONS = {
    9: "not-yet-valid",
    10: "expired",
    18: "self-signed",
    19: "other-root",
    20: "other-root",
    21: "other-root",
    2: "other-root",
    7: "bad-signature",
    62: "wrong-host",
    64: "wrong-host",
    24: "unsuitable",
    26: "unsuitable",
    79: "unsuitable",
    32: "unsuitable",
    66: "weak",
    67: "weak",
    68: "weak",
}
_NOT_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "UNEXPECTED_MESSAGE", "PACKET_LENGTH")


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict with its reason; see `landwaiter.aws.ca.certificates.ChainReport` for the fields."""

    verdict: str
    reason: str
    why: str
    remedy: str = ""
    chain: tuple[Certificate, ...] = ()
    extra: tuple[Certificate, ...] = ()
    root: Certificate | None = None
    stores: dict[str, bool] = field(default_factory=dict)
    protocol: str = ""
    warnings: tuple[str, ...] = ()


def diagnose(address: Address, roots: str, timeout: float) -> Finding:
    """Examine one server. `roots` is PEM text of root CAs to test with, "" for none; `timeout` is in seconds."""
    try:
        shown = handshake.read_chain(address, timeout)
        chain, extra = handshake.in_order(shown.certificates)
        facts = tuple(facts_of(one) for one in chain)
        besides = tuple(facts_of(one) for one in extra)
    except OSError as error:
        return _no_handshake(address, error)
    except (ValueError, InputError) as error:
        return Finding("broken", "malformed", f"{address} shows a certificate that cannot be read: {error}", _REISSUE)
    if not facts:
        return Finding("broken", "malformed", f"{address} shows no certificate.", _REISSUE)
    found = _judge_again(_Examination(address, roots, timeout, facts))
    return replace(found, chain=facts, extra=besides, protocol=shown.protocol)


_REISSUE = "Let the platform's owner install another certificate."


def _no_handshake(address: Address, error: OSError) -> Finding:
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
        if any(word in str(error) for word in _NOT_TLS):
            return Finding("broken", "not-tls", f"{address} does not speak TLS.", "Check the port.")
        return Finding(
            "broken", "refused", f"{address} refuses the handshake: {_words(error)}.", "It must offer TLS 1.2 or newer."
        )
    if isinstance(error, socket.gaierror):
        return Finding("broken", "unknown-host", f"{address.host} has no address: {error.strerror}.", "Check the name.")
    if isinstance(error, (ssl.SSLEOFError, ConnectionResetError)):
        text = f"{address} closed the connection during the handshake."
        return Finding("broken", "not-tls", text, "Check the port, and whether a firewall stands in between.")
    return Finding(
        "broken", "unreachable", f"{address} is not reached: {_words(error)}.", "Check address, port and network."
    )


def _words(error: OSError) -> str:
    return str(getattr(error, "reason", "") or error.strerror or error)


@dataclass(frozen=True, slots=True)
class _Examination:
    address: Address
    roots: str
    timeout: float
    chain: tuple[Certificate, ...]

    def verified(self, context: ssl.SSLContext) -> ssl.SSLCertVerificationError | None:
        return handshake.verify(self.address, context, self.timeout)

    @property
    def top(self) -> Certificate:
        return self.chain[-1]


def _judge_again(seen: _Examination) -> Finding:
    """Judge; a server that goes away meanwhile is unreachable."""
    try:
        return _judge(seen)
    except OSError as error:
        return _no_handshake(seen.address, error)


def _judge(seen: _Examination) -> Finding:
    problem = seen.verified(handshake.mozilla_trust())
    system = seen.verified(handshake.system_trust()) is None
    stores = {"mozilla": problem is None, "system": system}
    if problem is None:
        text = "The certificate is signed by a well-known CA: function and builds trust it as they are."
        return Finding("well-known", "trusted", text, "No layer is needed.", stores=stores)
    found = _with_roots(seen) if seen.roots else _without_roots(seen, here=system)
    if seen.roots:
        stores["given"] = found.verdict == "custom"
    return replace(found, stores=stores)


def _with_roots(seen: _Examination) -> Finding:
    """The platform's certificate, held against the roots that a person gave."""
    problem = seen.verified(handshake.given_trust(seen.roots))
    root = _root_of(seen)
    if problem is not None:
        below = _fault_below(seen)
        return below or _explained(seen, problem, root)
    strict = seen.verified(handshake.given_trust(seen.roots, strict=True))
    if strict is not None:
        return _not_strict(strict, root)
    text = "The given root CA vouches for the certificate: publish it for function and builds."
    return Finding("custom", "custom-root", text, "landwaiter aws ca publish FILE", root=root)


def _root_of(seen: _Examination) -> Certificate | None:
    """The given root at the end of the chain; by name, since the handshake checks the signature."""
    for certificate in x509.load_pem_x509_certificates(seen.roots.encode()):
        facts = facts_of(certificate)
        if facts.sha256 == seen.top.sha256 or facts.subject in {one.issuer for one in seen.chain}:
            return facts
    return None


def _without_roots(seen: _Examination, *, here: bool) -> Finding:
    """No root given: all below the top of the chain is checked, and the top is what a person has to judge."""
    if len(seen.chain) == 1 and seen.top.self_signed and not seen.top.is_ca:
        return _broken("self-signed", "The server's certificate is signed by itself, by no CA.", _FROM_A_CA)
    below = _fault_below(seen)
    if below is not None:
        return below
    if here:
        text = f"This machine trusts {seen.top.issuer}, as an administrator has taught it; AWS does not know that CA."
        return Finding("custom", "trusted-here-only", text, _publish(seen.top.issuer), root=_shown_root(seen))
    if seen.top.self_signed:
        text = f"The chain ends at {seen.top.subject}, which no public store knows: a custom root CA."
        return Finding("custom", "custom-root", text, _publish(seen.top.subject), root=seen.top)
    if seen.top.public and not seen.top.is_ca:
        return _incomplete(seen)
    text = f"The certificate leads to {seen.top.issuer}, which no public store knows and the server does not send."
    warning = f"If {seen.top.issuer} is no root but an intermediate CA, the server must send its certificate as well."
    return Finding("custom", "root-not-sent", text, _publish(seen.top.issuer), warnings=(warning,))


_FROM_A_CA = "Have a CA, your own or a public one, issue the platform's certificate."


def _shown_root(seen: _Examination) -> Certificate | None:
    return seen.top if seen.top.self_signed else None


def _publish(name: str) -> str:
    return (
        f"Get the root CA {name} from those who run it, not from this connection, compare its fingerprint, and: "
        "landwaiter aws ca publish FILE"
    )


def _incomplete(seen: _Examination) -> Finding:
    return _broken(
        "incomplete-chain",
        f"The server does not send the certificate of {seen.top.issuer}, which is not a root: the chain is incomplete.",
        "Install the full chain on the platform (its own certificate, then every intermediate).",
    )


def _fault_below(seen: _Examination) -> Finding | None:
    """What is wrong with the chain whoever its root is, such as dates or the host name; None when nothing is."""
    problem = seen.verified(handshake.anchored_trust(seen.top.pem))
    if problem is not None:
        return _explained(seen, problem, None)
    strict = seen.verified(handshake.anchored_trust(seen.top.pem, strict=True))
    return _not_strict(strict, _shown_root(seen)) if strict else None


def _explained(seen: _Examination, problem: ssl.SSLCertVerificationError, root: Certificate | None) -> Finding:
    reason = _REASONS.get(problem.verify_code, "unsuitable")
    now = datetime.now(UTC)
    host, leaf = seen.address.host, seen.chain[0]
    if reason == "expired":
        gone = next((one for one in seen.chain if one.not_after < now), root or seen.top)
        return _broken(reason, f"{gone.subject} expired on {gone.not_after:%Y-%m-%d %H:%M} UTC.", _REISSUE)
    if reason == "not-yet-valid":
        early = next((one for one in seen.chain if one.not_before > now), seen.top)
        text = f"{early.subject} is not valid before {early.not_before:%Y-%m-%d %H:%M} UTC."
        return _broken(reason, text, "Check the clocks of this machine and of the CA.")
    if reason == "wrong-host":
        named = ", ".join(leaf.names[:5]) or "no host at all"
        return _broken(
            reason, f"The certificate is for {named}, not for {host}.", "Use a name it is for, or reissue it."
        )
    if reason == "other-root":
        return _other_root(seen)
    return _broken(reason, f"The certificate does not verify: {problem.verify_message}.", _REISSUE)


def _other_root(seen: _Examination) -> Finding:
    if len(seen.chain) == 1 and seen.top.self_signed and not seen.top.is_ca:
        return _broken("self-signed", "The server's certificate is signed by itself, by no CA.", _FROM_A_CA)
    if seen.top.self_signed:
        text = f"The chain ends at {seen.top.subject}, which is none of the given root CAs."
        return _broken("other-root", text, _publish(seen.top.subject))
    text = f"None of the given root CAs issued {seen.top.subject}; its issuer is {seen.top.issuer}, which is not sent."
    remedy = f"If {seen.top.issuer} is the root, give it; if it is an intermediate CA, the server must send it."
    return _broken("incomplete-chain", text, remedy)


def _not_strict(problem: ssl.SSLCertVerificationError, root: Certificate | None) -> Finding:
    text = f"The function (Python 3.13) refuses the chain, as it asks all that RFC 5280 does: {problem.verify_message}."
    return replace(
        _broken("strict", text, "Have the CA reissue the certificate at fault with that extension."), root=root
    )


def _broken(reason: str, why: str, remedy: str) -> Finding:
    return Finding("broken", reason, why, remedy)
