"""Reading map tiles from an MBTiles file (a SQLite database; rows are counted from the south)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

MIMETYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "pbf": "application/x-protobuf",
    "num": "application/octet-stream",
}
GZIP = b"\x1f\x8b"


class MbTiles:
    """One MBTiles file, opened read-only."""

    def __init__(self, path: str | Path) -> None:
        """Open the file; raises `sqlite3.DatabaseError` when it is none."""
        self._connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=False)
        row = self._connection.execute("SELECT value FROM metadata WHERE name = 'format'").fetchone()
        self.mimetype = MIMETYPES.get(row[0] if row else "png", "application/octet-stream")

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """The tile in XYZ numbering, or None. Raises `sqlite3.DatabaseError` when the file is damaged."""
        return self.read(self._connection, z, x, y)

    @staticmethod
    def read(connection: sqlite3.Connection, z: int, x: int, y: int) -> bytes | None:
        """The same over a connection of one's own, as while a file is being made."""
        query = "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?"
        row = connection.execute(query, (z, x, (1 << z) - 1 - y)).fetchone()
        return None if row is None else bytes(row[0])

    def all(self) -> Iterator[tuple[int, int, int, bytes]]:
        """(z, x, y, bytes) of every tile."""
        for z, x, row, data in self._connection.execute("SELECT zoom_level, tile_column, tile_row, tile_data FROM tiles"):
            yield z, x, (1 << z) - 1 - row, bytes(data)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
