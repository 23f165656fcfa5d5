"""Puts drawn parts of a page, and what is marked on it, on the screen. Pages are white in every theme."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.services.page_render import TileWanted
from app.ui.theme.tokens import LIGHT
from app.ui.viewer.base_view import paint_rule
from app.ui.viewer.page_marks import PageMarks
from app.ui.viewer.text_painter import underline
from app.ui.viewer.tile_cache import TileCache

if TYPE_CHECKING:
    from app.ui.viewer.page_view import PageView

_RULE_AWAY = 7
_SELECTED = 0.26


def paint_page(
    painter: QPainter, area: QRect, boxes: Sequence[TileWanted], tiles: TileCache, device_ratio: float
) -> None:
    """Draw the tiles `boxes` of the page at `area`; until they are there, older ones of another size stand in."""
    if not boxes:
        return
    painter.save()
    painter.setClipRect(area, Qt.ClipOperation.IntersectClip)
    if any(box not in tiles for box in boxes):
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for want, tile in tiles.others(boxes[0].page, boxes[0].width):
            scale = area.width() / want.width
            at = QPointF(area.topLeft()) + QPointF(tile.left * scale, tile.top * scale)
            painter.drawImage(
                QRectF(at.x(), at.y(), tile.image.width() * scale, tile.image.height() * scale), tile.image
            )
    for box in boxes:
        drawn = tiles.get(box)
        if drawn:
            drawn.image.setDevicePixelRatio(device_ratio)
            at = QPointF(area.topLeft()) + QPointF(drawn.left / device_ratio, drawn.top / device_ratio)
            painter.drawImage(at, drawn.image)
    painter.restore()


def paint_marks(painter: QPainter, view: PageView, marks: PageMarks, page: int) -> None:
    """Draw hits, passage and selection of a page; what is printed below stays readable."""
    painter.save()
    painter.setClipRect(view.page_rect(page), Qt.ClipOperation.IntersectClip)
    found, current = (view.rects_in_view(page, rects) for rects in marks.hit_rects(page))
    _wash(painter, found, QColor(LIGHT.accent_soft))
    secrets = view.rects_in_view(page, marks.secret_rects(page))
    _wash(painter, secrets, QColor(LIGHT.warn_soft))
    underline(painter, secrets, QColor(LIGHT.warn))
    if marks.passage is not None and marks.passage_page() == page:
        passage = view.rects_in_view(page, marks.passage_rects())
        mark = LIGHT.mark if marks.passage.state in ("exact", "passage") else LIGHT.mark_near
        _wash(painter, passage, QColor(mark))
        if passage:
            # In the margin of the whole block, where it covers no words.
            blocks = view.rects_in_view(page, marks.passage_block())
            left = min(box.left() for box in (*blocks, *passage)) - _RULE_AWAY
            top, bottom = min(box.top() for box in passage), max(box.bottom() for box in passage)
            paint_rule(painter, LIGHT, marks.passage.state, (QPointF(left, top), QPointF(left, bottom)))
    chosen = QColor(LIGHT.accent)
    chosen.setAlphaF(_SELECTED)
    for box in view.rects_in_view(page, marks.selection_rects(page)):
        painter.fillRect(box, chosen)
    painter.setPen(QPen(QColor(LIGHT.accent), 2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for box in current:
        painter.drawRect(box.adjusted(-2, -1, 2, 1))
    painter.restore()


def _wash(painter: QPainter, boxes: Sequence[QRectF], colour: QColor) -> None:
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Multiply)
    for box in boxes:
        painter.fillRect(box.adjusted(-1, 0, 1, 0), colour)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
