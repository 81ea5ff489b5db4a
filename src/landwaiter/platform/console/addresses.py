"""The parameters of the pages' addresses, bounded; a text with a NUL, which no database takes, is refused."""

from typing import Annotated

from fastapi import Path, Query

NO_NUL = r"^[^\x00]*$"

Text = Annotated[str, Query(max_length=512, pattern=NO_NUL)]
Cursor = Annotated[str | None, Query(max_length=512, pattern=NO_NUL)]
Start = Annotated[int, Query(ge=0, le=1_000_000)]
Name = Annotated[str, Path(max_length=512, pattern=NO_NUL)]
