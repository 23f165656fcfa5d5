"""Drawn parts of pages, the least recently shown forgotten first once they fill their share of memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from app.services.page_render import Tile, TileWanted

LARGEST_BYTES = 96 << 20


class TileCache:
    """Tiles by what was wanted. largest: bytes of pixels kept."""

    def __init__(self, largest: int = LARGEST_BYTES) -> None:
        self._largest = largest
        self._bytes = 0
        self._tiles: OrderedDict[TileWanted, Tile] = OrderedDict()

    @property
    def bytes(self) -> int:
        """Memory that the kept pixels take."""
        return self._bytes

    def get(self, want: TileWanted) -> Tile | None:
        """The tile, which counts as shown now."""
        tile = self._tiles.get(want)
        if tile is not None:
            self._tiles.move_to_end(want)
        return tile

    def __contains__(self, want: TileWanted) -> bool:
        """Whether the tile is here."""
        return want in self._tiles

    def put(self, want: TileWanted, tile: Tile) -> None:
        """Keep a tile; older ones may go."""
        self._drop(want)
        self._tiles[want] = tile
        self._bytes += tile.image.sizeInBytes()
        while self._bytes > self._largest and len(self._tiles) > 1:
            self._drop(next(iter(self._tiles)))

    def others(self, page: int, width: int) -> Iterator[tuple[TileWanted, Tile]]:
        """Tiles of a page that were drawn at another width than `width`, to stand in while it is drawn anew."""
        return ((want, tile) for want, tile in self._tiles.items() if want.page == page and want.width != width)

    def clear(self) -> None:
        """Forget all."""
        self._tiles.clear()
        self._bytes = 0

    def _drop(self, want: TileWanted) -> None:
        tile = self._tiles.pop(want, None)
        if tile is not None:
            self._bytes -= tile.image.sizeInBytes()
