"""Inventories of real inputs, taken by the way that the command line takes."""

from collections.abc import Callable

import pytest

from landwaiter.images.open import open_source
from landwaiter.inventory.models import Inventory
from landwaiter.inventory.take import take_inventory

Take = Callable[[str], Inventory]


@pytest.fixture(scope="session")
def take() -> Take:
    def run(target: str) -> Inventory:
        with open_source(target) as source:
            return take_inventory(source)

    return run
