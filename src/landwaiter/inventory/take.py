"""Takes the inventory of an image: analyses the layers that are not known yet, in parallel, and coalesces."""

import time
from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from landwaiter.errors import InputError, LandwaiterError
from landwaiter.images.models import ImageSource, Layer, LocalSource
from landwaiter.inventory.cache import FactsCache
from landwaiter.inventory.coalesce import coalesce
from landwaiter.inventory.models import Inventory, LayerFacts

_THREADS = 2
"""Decompression releases the interpreter's lock, the rest of the work does not; more threads only cost memory."""


class LayerProgress(msgspec.Struct, frozen=True):
    """One layer is done: its place in the image, whether its facts were known, and how long it took in seconds."""

    index: int
    layer: Layer
    cached: bool
    seconds: float = 0.0
    facts: LayerFacts | None = None


Progress = Callable[[LayerProgress], None]


def _ignore(_: LayerProgress) -> None:
    return


def take_facts(
    source: ImageSource, *, cache: FactsCache | None = None, progress: Progress = _ignore, threads: int = _THREADS
) -> tuple[LayerFacts, ...]:
    """Return the facts of every layer, in order. Raises InputError or UnreachableError when a layer cannot be read.

    `cache` is asked for, and given, the layers whose blob has a digest that reading it verifies; others are read each
    time. `progress` is called in this thread, as each layer is done.
    """
    known: dict[tuple[str, str], LayerFacts] = {}
    unknown: dict[tuple[str, str], int] = {}
    for index, layer in enumerate(source.image.layers):
        facts = cache.get(layer.diff_id, layer.digest) if cache and layer.digest else None
        if facts is not None:
            known[_key(layer)] = facts
            progress(LayerProgress(index, layer, cached=True, facts=facts))
        elif _key(layer) not in known:
            unknown.setdefault(_key(layer), index)
    for done in _analyse_all(source, sorted(unknown.values()), progress, threads):
        layer = done.layer
        if done.facts is not None:
            known[_key(layer)] = done.facts
            if cache and layer.digest:
                cache.put(done.facts, layer.digest)
    return tuple(known[_key(layer)] for layer in source.image.layers)


def take_inventory(
    source: ImageSource, *, cache: FactsCache | None = None, progress: Progress = _ignore, threads: int = _THREADS
) -> Inventory:
    """Return the inventory of the image; arguments and errors as of `take_facts`."""
    return coalesce(source.image, take_facts(source, cache=cache, progress=progress, threads=threads))


def read_layer(source: ImageSource, layer: Layer) -> LayerFacts:
    """Return the facts of one layer of the image. Raises InputError or UnreachableError when it cannot be read."""
    # The analysers are many modules; an image whose layers are all known has no need of them.
    from landwaiter.inventory.analyse import analyse_layer  # noqa: PLC0415

    try:
        with source.members(layer) as members:
            return analyse_layer(layer.diff_id, members, again=lambda: source.members(layer))
    except LandwaiterError:
        raise
    except (OSError, ValueError, ArithmeticError, LookupError, EOFError) as error:
        place = source.image.layers.index(layer)
        what = f"Layer {place} of {source.image.reference} cannot be read ({type(error).__name__}: {error})."
        raise InputError(what, "Pull or export the image again.") from error


def _key(layer: Layer) -> tuple[str, str]:
    return layer.diff_id, layer.digest


def _analyse_all(
    source: ImageSource, indexes: Sequence[int], progress: Progress, threads: int
) -> Sequence[LayerProgress]:
    """Analyse the layers, largest first: so the threads or processes end at about the same time."""
    ordered = sorted(indexes, key=lambda index: source.image.layers[index].size, reverse=True)
    if len(ordered) < 2 or threads < 2:
        return [_report(_analyse(source, index), progress) for index in ordered]
    if isinstance(source, LocalSource) and source.reads_files:
        from landwaiter.inventory import workers  # noqa: PLC0415 - see read_layer

        if workers.can_fork(len(ordered)):
            # Imported before the fork, so that it is done once.
            import landwaiter.inventory.analyse  # noqa: F401, PLC0415

            outcomes = workers.analyse_in_processes(ordered, partial(_analyse, source), LayerProgress)
            return [_report(outcome, progress) for outcome in outcomes]
    from concurrent.futures import ThreadPoolExecutor, as_completed  # noqa: PLC0415 - see read_layer

    with ThreadPoolExecutor(threads, thread_name_prefix="landwaiter-layer") as pool:
        futures = [pool.submit(_analyse, source, index) for index in ordered]
        try:
            return [_report(future.result(), progress) for future in as_completed(futures)]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _report(done: LayerProgress, progress: Progress) -> LayerProgress:
    progress(done)
    return done


def _analyse(source: ImageSource, index: int) -> LayerProgress:
    layer = source.image.layers[index]
    started = time.monotonic()
    facts = read_layer(source, layer)
    return LayerProgress(index, layer, cached=False, seconds=time.monotonic() - started, facts=facts)
