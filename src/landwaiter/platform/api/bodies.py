"""Request bodies: read with a limit, unpacked with a limit, decoded straight into what the service takes."""

import zlib
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, TypeVar

import msgspec
from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from landwaiter.errors import InputError
from landwaiter.platform.api.errors import JSON, TooLargeError, UnsupportedTypeError

T = TypeVar("T")
MEGABYTE = 1024 * 1024
_CHUNK = 256 * 1024
_LARGE = 64 * 1024
"""Bytes from which decoding is left to a thread, so that nobody else waits for it."""


async def read_body(request: Request, limit: int) -> bytes:
    """Return the body, unpacked if it is gzip (RFC 9110, 8.4). `limit` (bytes) holds for both forms.

    Raises TooLargeError as soon as more is certain to come, and InputError on another coding or a damaged stream.
    """
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding in {"gzip", "x-gzip"}:
        return await _inflate(request.stream(), limit)
    if coding != "identity":
        raise InputError(f"Content-Encoding {coding[:40]!r} is not taken.", "Send gzip, or the body as it is.")
    return await _collect(request.stream(), limit)


def document(kind: type[T], limit: int) -> Callable[[Request], Coroutine[Any, Any, T]]:
    """Return a dependency that reads the JSON body as a `kind` of at most `limit` bytes."""
    decoder = msgspec.json.Decoder(kind)

    async def read(request: Request) -> T:
        _check_type(request.headers.get("content-type", ""))
        body = await read_body(request, limit)
        try:
            if len(body) > _LARGE:
                return await run_in_threadpool(decoder.decode, body)
            return decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            name = getattr(kind, "__name__", str(kind))
            raise InputError(f"The body is not a {name}: {error}.", "See /api/v1/openapi.json for its form.") from None

    return read


def _check_type(declared: str) -> None:
    kind = declared.partition(";")[0].strip().lower()
    if kind and kind != JSON and not kind.endswith("+json"):
        raise UnsupportedTypeError(f"A body of type {kind[:80]!r} is not taken.", f"Send JSON, as {JSON}.")


async def _collect(stream: AsyncIterator[bytes], limit: int) -> bytes:
    body = bytearray()
    async for chunk in stream:
        body += chunk
        if len(body) > limit:
            raise _too_large(limit)
    return bytes(body)


async def _inflate(stream: AsyncIterator[bytes], limit: int) -> bytes:
    """Unpack in bounded pieces: a bomb is refused at the limit, whatever it claims to hold."""
    unpacker, body, taken = zlib.decompressobj(wbits=31), bytearray(), 0
    try:
        async for packed in stream:
            taken += len(packed)
            rest = packed
            while rest and not unpacker.eof:
                body += unpacker.decompress(rest, _CHUNK)
                rest = unpacker.unconsumed_tail
                if len(body) > limit or taken > limit:
                    raise _too_large(limit)
        body += unpacker.flush(_CHUNK)
    except zlib.error as error:
        raise InputError(
            f"The body is not gzip: {error}.", "Send the body whole, or without Content-Encoding."
        ) from None
    if not unpacker.eof:
        raise InputError("The gzip body is truncated.", "Send it again.")
    return bytes(body)


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError(f"The body is larger than {limit // MEGABYTE} MB.", "Nothing of this kind is that large.")
