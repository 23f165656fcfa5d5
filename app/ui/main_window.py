"""The window: where each panel stands, and what passes between them. The work itself is the desk's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QByteArray, QMimeData, QSize, Qt, QUrl, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDesktopServices,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QMenu,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.core.failures import Failure
from app.core.ledger import colour_index
from app.core.model_choice import ModelChoice
from app.core.models import find_model
from app.core.records import SearchHit
from app.core.settings import Preferences
from app.core.settings import save as save_preferences
from app.services.desk import Desk, settings_of
from app.ui.budget.panel import BudgetPanel
from app.ui.commands.command import Commands
from app.ui.commands.palette import CommandPalette
from app.ui.commands.shortcuts import ShortcutsDialog
from app.ui.conversation.composer import Composer
from app.ui.conversation.view import WIDEST, ConversationView
from app.ui.dialogs import PagesQuestion, huge_drop, open_link
from app.ui.evidence import evidence_of, not_shown
from app.ui.main_commands import commands_of
from app.ui.models.dialog import ModelDialog
from app.ui.sessions.panel import SessionsPanel
from app.ui.settings.dialog import SettingsDialog
from app.ui.sources.panel import SourcesPanel
from app.ui.start_page import StartPage
from app.ui.status_strip import StatusStrip
from app.ui.system_prompt import SystemPromptDialog
from app.ui.theme.style import Theme
from app.ui.toast import Toast
from app.ui.top_bar import TopBar
from app.ui.viewer.viewer import Viewer

SAMPLE = Path(__file__).resolve().parents[2] / "resources" / "sample"
SMALLEST = QSize(800, 560)
NARROW, OVERLAY, RAIL, LOW = 1400, 1180, 960, 700
_SIDE, _VIEWER = 272, 470


class MainWindow(QMainWindow):
    """Everything of one running program. `closing` when it is about to close; then the desk has ended."""

    closing = Signal()

    def __init__(self, theme: Theme, desk: Desk, preferences: Preferences | None = None) -> None:
        super().__init__()
        self.theme, self.desk = theme, desk
        self.preferences = preferences or Preferences()
        self._closed = False
        self.setWindowTitle("Plumbline")
        self.setMinimumSize(SMALLEST)
        self.setAcceptDrops(True)
        self.top = TopBar(theme, desk)
        self.budget = BudgetPanel(theme, desk)
        self.sessions = SessionsPanel(theme, desk)
        self.sources = SourcesPanel(theme, desk)
        self.conversation = ConversationView(theme, desk)
        self.composer = Composer(theme, desk)
        self.start = StartPage(theme)
        self.viewer = Viewer(theme)
        self.status = StatusStrip(theme, desk)
        self._lay_out()
        self.toast = Toast(theme, self._centre)
        self.commands = Commands(self)
        self.commands.add(*commands_of(self))
        self.commands.install(self)
        self.palette_of_commands = CommandPalette(theme, self.commands, self)
        self._connect()
        self._follow_preferences()
        self._show_centre()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    # Layout

    def _lay_out(self) -> None:
        self.side = QSplitter(Qt.Orientation.Vertical)
        self.side.setProperty("field", "sunken")
        self.side.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.side.addWidget(self.sessions)
        self.side.addWidget(self.sources)
        self.side.setSizes([160, 480])
        self.side.setChildrenCollapsible(False)
        self.side.setMinimumWidth(200)
        self.side.setMaximumWidth(420)
        asking = QWidget()
        column = QVBoxLayout(asking)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.conversation, 1)
        foot = QWidget()
        self.composer.setMaximumWidth(WIDEST + 24)
        self._foot = QHBoxLayout(foot)
        self._foot.setContentsMargins(20, 4, 20, 14)
        self._foot.addWidget(self.composer)
        column.addWidget(foot)
        asking.setProperty("field", "surface")
        asking.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._centre = QStackedWidget()
        self._centre.addWidget(self.start)
        self._centre.addWidget(asking)
        self._centre.setMinimumWidth(440)
        self.viewer.setProperty("field", "window")
        self.viewer.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.viewer.setMinimumWidth(320)
        self.body = QSplitter(Qt.Orientation.Horizontal)
        self.body.setHandleWidth(1)
        for widget in (self.side, self._centre, self.viewer):
            self.body.addWidget(widget)
        self.body.setStretchFactor(1, 1)
        self.body.setChildrenCollapsible(False)
        self.body.setSizes([_SIDE, 700, _VIEWER])
        whole = QWidget()
        rows = QVBoxLayout(whole)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        for part in (self.top, _rule(), self.budget, _rule(), self.body, _rule(), self.status):
            rows.addWidget(part, 1 if part is self.body else 0)
        self.setCentralWidget(whole)
        self.viewer.hide()

    def _connect(self) -> None:
        desk = self.desk
        self.start.adding.connect(self.add_files)
        self.start.sample_wanted.connect(self.open_sample)
        self.start.evidence_wanted.connect(lambda: desk.set_mode("evidence"))
        self.start.evidence_wanted.connect(self.add_files)
        self.sources.adding.connect(self.add_menu)
        self.sources.chosen.connect(self.show_source)
        self.sources.limiting.connect(self.limit_pages)
        self.budget.chosen.connect(self.sources.select)
        self.budget.chosen.connect(self.show_source)
        self.sessions.opening.connect(self._open_session)
        self.sessions.deleted.connect(self._deleted)
        self.conversation.cited.connect(self.show_citation)
        self.conversation.editing.connect(self.composer.put)
        self.conversation.branching.connect(desk.branch)
        self.conversation.linked.connect(self._link)
        self.viewer.ask_about.connect(self.composer.quote)
        self.viewer.leave_out.connect(lambda key: desk.set_included([key], False))
        self.viewer.closed.connect(self.hide_viewer)
        self.top.side_wanted.connect(self.toggle_side)
        self.top.search_wanted.connect(self.search)
        self.top.renaming.connect(self.rename)
        self.top.model_wanted.connect(self.choose_model)
        self.top.settings_wanted.connect(self.open_settings)
        self.start.model_wanted.connect(self.choose_model)
        self.composer.presets_wanted.connect(self.open_settings)
        self.composer.history.toggled.connect(lambda on: self.prefer(replace(self.preferences, with_history=on)))
        self.commands.refused.connect(lambda _, why: self.toast.say(why, tone="warn"))
        desk.intake.huge.connect(self._huge)
        desk.said.connect(self.say)
        desk.sources_changed.connect(self._show_centre)
        desk.exchange_added.connect(lambda _: self._show_centre())
        desk.opened.connect(self._opened)

    def _show_centre(self) -> None:
        started = bool(self.desk.workspace.entries or self.desk.exchanges)
        self._centre.setCurrentIndex(1 if started else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Leave out what there is no room for."""
        super().resizeEvent(event)
        width, height = event.size().width(), event.size().height()
        self.top.set_narrow(width < NARROW)
        self.budget.set_narrow(narrow=width < OVERLAY, low=height < LOW)
        old = event.oldSize().width()
        if (width < RAIL) != (0 <= old < RAIL):
            self.side.setVisible(width >= RAIL)
        self.top.side.setVisible(width < RAIL or self.side.isHidden())
        if self._floating():
            self._place_overlay()

    # What a person can do

    def add_menu(self) -> None:
        """Files or a folder: a dialog can offer only one of both."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("Files…")).triggered.connect(self.add_files)
        menu.addAction(self.tr("A folder…")).triggered.connect(self.add_folder)
        if QGuiApplication.clipboard().text().strip():
            menu.addAction(self.tr("Text from the clipboard")).triggered.connect(self.paste)
        menu.popup(self.sources.add_button.mapToGlobal(self.sources.add_button.rect().topLeft()))

    def add_files(self) -> None:
        """Choose files to add."""
        dialog = QFileDialog(self, self.tr("Add files"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(lambda names: self.desk.add([Path(name) for name in names]))
        dialog.open()

    def add_folder(self) -> None:
        """Choose a folder to add."""
        dialog = QFileDialog(self, self.tr("Add a folder"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.filesSelected.connect(lambda names: self.desk.add([Path(name) for name in names]))
        dialog.open()

    def open_sample(self) -> None:
        """The bundled sample, and its first question in the composer."""
        import json

        self.desk.add([SAMPLE / "workspace"], name=self.tr("Sample"))
        rows = json.loads((SAMPLE / "questions.json").read_text(encoding="utf-8"))
        self.composer.put(rows[0]["question"])

    def paste(self) -> None:
        """What is on the clipboard becomes a source: files as files, text as text."""
        self._take(QGuiApplication.clipboard().mimeData())

    def show_source(self, key: str) -> None:
        """Show a source in the viewer."""
        entry = next((e for e in self.desk.workspace.entries if e.key == key), None)
        if entry is not None and entry.document.sections:
            self.viewer.show_entry(entry, colour_index(key))
            self.show_viewer()

    def show_citation(self, exchange: int, number: int) -> None:
        """Show the place that a citation or passage of an answer speaks of, or say why there is none."""
        entries = {e.key: (e, colour_index(e.key)) for e in self.desk.workspace.entries}
        evidence, index = evidence_of(self.desk.exchanges[exchange], number, self.desk.workspace.entries)
        if index is None:
            self.say(Failure("citation", not_shown(self.desk.exchanges[exchange], number), ""), tone="warn")
            return
        self.viewer.show_all(evidence, index, entries)
        self.show_viewer()

    def limit_pages(self, key: str) -> None:
        """Ask which pages of a source take part."""
        entry = next(e for e in self.desk.workspace.entries if e.key == key)
        count = max(s.span.page or 1 for s in entry.document.sections)
        question = PagesQuestion(entry.name, count, entry.pages, self)
        question.accepted.connect(lambda: self.desk.set_pages(key, question.pages))
        question.open()

    def write(self) -> None:
        """Go to the composer."""
        self.composer.edit.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def ask_again(self) -> None:
        """Ask the last question once more."""
        last = self.desk.exchanges[-1]
        self.desk.ask(last.question, "evidence" if last.mode == "evidence" else "model")

    def copy_answer(self) -> None:
        """The last answer, onto the clipboard."""
        self.conversation.turns[-1].copy()
        self.toast.say(self.tr("The answer is on the clipboard"))

    def switch_mode(self) -> None:
        """From the model to passages alone, and back."""
        if self.desk.settings is not None:
            self.desk.set_mode("model" if self.desk.mode == "evidence" else "evidence")

    def inspect(self) -> None:
        """Show in the viewer what the model is sent."""

        def show(parts: list[tuple[str, str]]) -> None:
            self.viewer.show_text(self.tr("What the model is sent"), parts)
            self.show_viewer()

        self.desk.parts_sent(show)

    def edit_system_prompt(self) -> None:
        """Read and change what the model is told before the sources."""
        from app.core.models import mark_style
        from app.core.prompt import default_system

        around, settings = self.desk.around, self.desk.settings
        if around is None or settings is None:
            return
        dialog = SystemPromptDialog(settings.system, default_system(mark_style(around.info)), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.chosen.connect(self.desk.set_system)
        dialog.open()

    def choose_model(self) -> None:
        """Pick a model and how to load it."""
        settings = self.desk.settings
        path = settings.model if settings is not None else find_model(None) or Path()
        current = (
            ModelChoice(path, settings.n_ctx, settings.kv, settings.threads, settings.gpu_layers)
            if settings is not None
            else ModelChoice(path)
        )
        dialog = ModelDialog(self.theme, current, self.preferences.recent_models, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.applied.connect(self._model_chosen)
        dialog.open()

    def open_settings(self) -> None:
        """The settings."""
        dialog = SettingsDialog(self.theme, self.preferences, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.changed.connect(self.prefer)
        dialog.open()

    def open_palette(self) -> None:
        """All commands."""
        self.palette_of_commands.open()

    def show_keys(self) -> None:
        """All keys."""
        dialog = ShortcutsDialog(self.theme, self.commands, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def filter_sources(self) -> None:
        """Show the filter of the source list."""
        self.side.show()
        self.sources.toggle_filter()

    def next_panel(self) -> None:
        """Go round the panels."""
        self._step_panel(1)

    def previous_panel(self) -> None:
        """Go round the panels the other way."""
        self._step_panel(-1)

    def prefer(self, preferences: Preferences) -> None:
        """Use these settings from now on and keep them."""
        self.preferences = preferences
        self._follow_preferences()
        self.desk.library.do(lambda: save_preferences(preferences))

    def search(self) -> None:
        """Search everything said and read."""
        self.side.show()
        self.sessions.toggle_search()

    def rename(self) -> None:
        """Another name for the open session."""
        if self.desk.session is not None:
            self.sessions.rename(self.desk.session)

    def toggle_side(self) -> None:
        """Show sessions and sources, or hide them."""
        self.side.setVisible(self.side.isHidden())
        self.top.side.setVisible(self.side.isHidden() or self.width() < RAIL)

    def toggle_viewer(self) -> None:
        """Show the viewer, or hide it."""
        if self.viewer.isHidden():
            self.show_viewer()
        else:
            self.hide_viewer()

    def show_viewer(self) -> None:
        """Beside the conversation where there is room, over it where there is not."""
        if self.width() < OVERLAY:
            if not self._floating():
                self.viewer.setParent(self.centralWidget())
            self._place_overlay()
            self.viewer.show()
            self.viewer.raise_()
        else:
            if self._floating():
                self.body.addWidget(self.viewer)
            if self.viewer.isHidden():
                self.viewer.show()
                total = self.body.width()
                side = self.side.width() if self.side.isVisible() else 0
                wanted = min(max(400 if total < NARROW else _VIEWER, self.viewer.width()), total // 2)
                self.body.setSizes([side, total - side - wanted, wanted])

    def hide_viewer(self) -> None:
        """Give its room to the conversation."""
        self.viewer.hide()
        self.composer.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def say(self, failure: Failure, *, tone: str = "bad") -> None:
        """Show a sentence."""
        self.toast.say(f"{failure.message} {failure.hint}".strip(), tone=tone)

    # What happens

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Esc stops the answer, then closes what lies over the conversation."""
        if event.key() == Qt.Key.Key_Escape:
            if self.desk.busy:
                self.desk.stop()
            elif not self.viewer.isHidden():
                self.hide_viewer()
            return
        super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """Files, folders and text are welcome anywhere."""
        if event.mimeData().hasUrls() or event.mimeData().hasText():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Take what was dropped."""
        self._take(event.mimeData())
        event.acceptProposedAction()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Save, and end every child."""
        if not self._closed:
            self._closed = True
            self._remember()
            self.closing.emit()
            self.viewer.shut_down()
            self.desk.close()
        super().closeEvent(event)

    def restore(self) -> None:
        """Size, place and panels as they were left."""
        if self.preferences.geometry:
            self.restoreGeometry(QByteArray.fromBase64(self.preferences.geometry.encode()))
        body, _, side = self.preferences.panels.partition(" ")
        if body:
            self.body.restoreState(QByteArray.fromBase64(body.encode()))
            self.side.restoreState(QByteArray.fromBase64(side.encode()))
            self.viewer.hide()

    def _remember(self) -> None:
        def plain(state: QByteArray) -> str:
            return bytes(state.toBase64().data()).decode()

        panels = f"{plain(self.body.saveState())} {plain(self.side.saveState())}"
        self.prefer(replace(self.preferences, geometry=plain(self.saveGeometry()), panels=panels))

    def _follow_preferences(self) -> None:
        wanted = self.preferences
        if wanted.theme != self.theme.chosen and not self._closed:
            self.theme.choose(wanted.theme)
        self.composer.edit.send_on_enter = wanted.ask_on_enter
        self.composer.set_presets(wanted.presets)
        self.budget.bar.animated = not wanted.reduced_motion
        if self.composer.history.isChecked() != wanted.with_history:
            self.composer.history.setChecked(wanted.with_history)

    def _model_chosen(self, choice: ModelChoice) -> None:
        self.prefer(self.preferences.with_model(choice))
        self.desk.use_model(settings_of(choice, self.desk.settings))

    def _step_panel(self, by: int) -> None:
        panels = [self.top.model, self.budget.bar, self.sessions.view, self.sources.view, self.composer.edit]
        if self._centre.currentIndex() == 0:
            panels[-1] = self.start.add
        panels.append(self.viewer)
        shown = [panel for panel in panels if panel.isVisible()]
        focus = self.focusWidget()
        at = next((i for i, p in enumerate(shown) if focus is p or (focus and p.isAncestorOf(focus))), -1)
        target = shown[(at + by) % len(shown)]
        if target is self.viewer:
            target.focusNextChild()
        target.setFocus(Qt.FocusReason.TabFocusReason)

    def _take(self, data: QMimeData) -> None:
        paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
        if paths:
            self.desk.add(paths)
        elif data.hasText() and data.text().strip():
            self.desk.intake.read([], pasted=data.text())

    def _huge(self, preview: object) -> None:
        from app.services.intake import Preview

        assert isinstance(preview, Preview)
        question = huge_drop(preview, self)
        question.accepted.connect(lambda: self.desk.intake.read(preview.paths))
        question.open()

    def _link(self, address: str) -> None:
        question = open_link(address, self)
        question.accepted.connect(lambda: QDesktopServices.openUrl(QUrl(address)))
        question.open()

    def _open_session(self, session: int, hit: SearchHit | None) -> None:
        if session != self.desk.session:
            self._pending_hit = hit
            self.desk.open_session(session)
        elif hit is not None:
            self._show_hit(hit)

    _pending_hit: SearchHit | None = None

    def _opened(self) -> None:
        self.hide_viewer()
        self.viewer.clear()
        self._show_centre()
        self.setWindowTitle(f"{self.desk.name} – Plumbline" if self.desk.name else "Plumbline")
        hit, self._pending_hit = self._pending_hit, None
        if hit is not None:
            self._show_hit(hit)

    def _show_hit(self, hit: SearchHit) -> None:
        if hit.key is not None:
            self.sources.select(hit.key)
            self.show_source(hit.key)
        elif hit.message is not None:
            for index, exchange in enumerate(self.desk.exchanges):
                if exchange.message is not None and exchange.message >= hit.message:
                    self.conversation.step_to(index)
                    return

    def _deleted(self, session: int, name: str) -> None:
        if session == self.desk.session:
            self.desk.new_session()
        self.toast.say(
            self.tr("Deleted “{0}”").format(name),
            action=self.tr("Undo"),
            act=lambda: self.desk.library.undo_delete(session),
        )

    def _floating(self) -> bool:
        return self.viewer.parentWidget() is not self.body

    def _place_overlay(self) -> None:
        if self.width() >= OVERLAY and not self.viewer.isHidden():
            self.body.addWidget(self.viewer)
            return
        top = self.body.geometry()
        width = min(440, top.width() - 120)
        self.viewer.setGeometry(top.right() - width + 1, top.top(), width, top.height())


def _rule() -> QFrame:
    line = QFrame()
    line.setProperty("rule", "horizontal")
    return line


def focus_is_in_text(application: QApplication) -> bool:
    """Whether keys are being typed into a field."""
    from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QSpinBox

    return isinstance(application.focusWidget(), (QLineEdit, QPlainTextEdit, QSpinBox))
