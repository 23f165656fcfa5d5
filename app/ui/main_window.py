"""The window: where each panel stands, and what passes between them. The work itself is the desk's."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import cast

from PySide6.QtCore import QByteArray, QEvent, QMimeData, QSize, Qt, QUrl, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDesktopServices,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMainWindow, QMenu, QSplitter, QVBoxLayout, QWidget

from app.core.exporting import Format
from app.core.failures import Failure
from app.core.model_choice import ModelChoice
from app.core.records import SearchHit
from app.core.settings import Preferences
from app.core.settings import save as save_preferences
from app.services.desk import Desk, settings_of
from app.ui.body import NARROW, OVERLAY, RAIL, Body
from app.ui.budget.panel import BudgetPanel
from app.ui.centre import ALONE, Centre, Mode, Steps
from app.ui.commands.command import Commands
from app.ui.commands.palette import CommandPalette
from app.ui.conversation.composer import Composer
from app.ui.conversation.view import WIDEST, ConversationView
from app.ui.main_commands import commands_of
from app.ui.mode_pages import ModePages
from app.ui.places import Places
from app.ui.sessions.panel import SessionsPanel
from app.ui.sources.panel import SourcesPanel
from app.ui.start_page import StartPage
from app.ui.status_strip import StatusStrip
from app.ui.theme.style import Theme
from app.ui.toast import Toast
from app.ui.top_bar import TopBar
from app.ui.viewer.viewer import Viewer
from app.ui.window_dialogs import WindowDialogs
from ingest.document import Ingested

SAMPLE = Path(__file__).resolve().parents[2] / "resources" / "sample"
SMALLEST = QSize(800, 560)
LOW = 700
"""Window height below which the budget has no scale."""


class MainWindow(QMainWindow):
    """Everything of one running program. `closing` when it is about to close; then the desk has ended."""

    closing = Signal()

    def __init__(self, theme: Theme, desk: Desk, preferences: Preferences | None = None) -> None:
        super().__init__()
        self.theme, self.desk = theme, desk
        self.preferences = preferences or Preferences()
        self.dialogs = WindowDialogs(self, theme, desk)
        self._closed = False
        self._viewer_waits = False
        self._hit: SearchHit | None = None
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
        self.viewer = Viewer(theme, passwords=desk.passwords)
        self.status = StatusStrip(theme, desk)
        self._lay_out()
        self.places = Places(self)
        self.toast = Toast(theme, self.centre, self.composer)
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
        self._side = QSplitter(Qt.Orientation.Vertical)
        self._side.addWidget(self.sessions)
        self._side.addWidget(self.sources)
        self._side.setSizes([160, 480])
        self._side.setChildrenCollapsible(False)
        self.centre = Centre(self.start, self._asking(), ModePages(self).makers())
        for widget, field in ((self._side, "sunken"), (self.viewer, "window")):
            widget.setProperty("field", field)
            widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.body = Body(self._side, self.centre, self.viewer)
        whole = QWidget()
        rows = QVBoxLayout(whole)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        for part in (self.top, _rule(), self.budget, _rule(), self.body, _rule(), self.status):
            rows.addWidget(part, 1 if part is self.body else 0)
        self.setCentralWidget(whole)

    def _asking(self) -> QWidget:
        asking = QWidget()
        asking.setProperty("field", "surface")
        asking.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.composer.setMaximumWidth(WIDEST + 24)
        foot = QHBoxLayout()
        foot.setContentsMargins(20, 4, 20, 14)
        foot.addWidget(self.composer)
        column = QVBoxLayout(asking)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.conversation, 1)
        column.addLayout(foot)
        return asking

    def _connect(self) -> None:
        desk, dialogs = self.desk, self.dialogs
        self.start.adding.connect(self.add_files)
        self.start.sample_wanted.connect(self.open_sample)
        self.start.model_wanted.connect(self.choose_model)
        self.start.evidence_wanted.connect(lambda: desk.set_mode("evidence"))
        self.start.evidence_wanted.connect(self.add_files)
        self.sources.adding.connect(self.add_menu)
        self.sources.chosen.connect(self.places.source)
        self.sources.secrets.showing.connect(self.places.secret)
        self.sources.menu.limiting.connect(lambda key: dialogs.pages(key, self.sources.foresight.pages))
        self.sources.menu.unlocking.connect(dialogs.password)
        self.sources.menu.recognising.connect(dialogs.recognise)
        self.sources.menu.filtering.connect(dialogs.log)
        self.sources.menu.comparing.connect(dialogs.changes)
        desk.recogniser.arrived.connect(self._recognised)
        desk.locked.connect(dialogs.password)
        desk.unlocked.connect(self.places.source)
        self.budget.chosen.connect(self.sources.select)
        self.budget.chosen.connect(self.places.source)
        self.sessions.opening.connect(self._open_session)
        self.sessions.deleted.connect(self._deleted)
        self.sessions.exporting.connect(self._export)
        desk.exporter.written.connect(self.tell_written)
        desk.exporter.cancelled.connect(self._not_written)
        self.conversation.cited.connect(self.places.citation)
        self.conversation.editing.connect(self.composer.put)
        self.conversation.branching.connect(desk.branch)
        self.conversation.linked.connect(dialogs.link)
        self.viewer.ask_about.connect(lambda _: self.turn_to("ask"))
        self.viewer.ask_about.connect(self.composer.quote)
        self.viewer.leave_out.connect(lambda key: desk.set_included([key], False))
        self.viewer.unfolding.connect(desk.views.unfold)
        self.viewer.closed.connect(self.hide_viewer)
        self.top.mode_wanted.connect(lambda mode: self.turn_to(cast(Mode, mode)))
        self.top.side_wanted.connect(self.toggle_side)
        self.top.search_wanted.connect(self.search)
        self.top.renaming.connect(self.rename)
        self.top.model_wanted.connect(self.choose_model)
        self.top.settings_wanted.connect(self.open_settings)
        self.composer.presets_wanted.connect(self.open_settings)
        self.composer.history.toggled.connect(lambda on: self.prefer(replace(self.preferences, with_history=on)))
        self.commands.refused.connect(lambda _, why: self.toast.say(why, tone="warn"))
        desk.intake.huge.connect(dialogs.huge)
        desk.said.connect(self.say)
        desk.sources_changed.connect(self._show_centre)
        desk.sources_changed.connect(self._warm_up)
        desk.sources_changed.connect(self.places.follow)
        desk.exchange_added.connect(lambda _: self._show_centre())
        desk.leaving.connect(self.places.keep)
        desk.opened.connect(self._opened)
        desk.session_changed.connect(self._name_window)

    def _warm_up(self) -> None:
        """Pages are shown at once later if what draws them has started before."""
        if any(entry.document.kind == "pdf" for entry in self.desk.workspace.entries):
            self.viewer.warm_up()

    def _show_centre(self) -> None:
        self.centre.set_started(bool(self.desk.workspace.entries or self.desk.exchanges))

    def turn_to(self, mode: Mode) -> None:
        """Use the centre for this. A page with evidence of its own has the viewer's room as well."""
        if mode in ALONE and self.centre.mode not in ALONE:
            self._viewer_waits = not self.viewer.isHidden()
            self.viewer.hide()
        elif mode not in ALONE and self.centre.mode in ALONE and self._viewer_waits:
            self.body.show_viewer()
        self.centre.turn_to(mode)
        self.top.modes.choose(mode)

    def step_evidence(self, by: int) -> None:
        """To the next citation (1) or the one before (-1); in a review to the next finding."""
        page = self.centre.currentWidget()
        (page if isinstance(page, Steps) else self.viewer).step(by)

    def find_in_evidence(self) -> None:
        """Search what is shown beside the conversation, in a review the code of the finding."""
        page = self.centre.currentWidget()
        (page if isinstance(page, Steps) else self.viewer).open_find()

    def _name_window(self) -> None:
        self.setWindowTitle(f"{self.desk.name} – Plumbline" if self.desk.name else "Plumbline")

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Leave out what there is no room for."""
        super().resizeEvent(event)
        width = event.size().width()
        self.top.set_narrow(width < NARROW)
        self.budget.set_narrow(narrow=width < OVERLAY, low=event.size().height() < LOW)
        self.body.fit(width)
        self.top.side.setVisible(width < RAIL or self._side.isHidden())

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
        self.dialogs.files(folder=False)

    def add_folder(self) -> None:
        """Choose a folder to add."""
        self.dialogs.files(folder=True)

    def open_sample(self) -> None:
        """The bundled sample, and its first question in the composer."""
        self.turn_to("ask")
        self.desk.add([SAMPLE / "workspace"], name=self.tr("Sample"))
        rows = json.loads((SAMPLE / "questions.json").read_text(encoding="utf-8"))
        self.composer.put(rows[0]["question"])
        self._offer([row["question"] for row in rows])

    def _offer(self, questions: list[str]) -> None:
        self.conversation.suggestions.set_questions([(question, question) for question in questions])

    def paste(self) -> None:
        """What is on the clipboard becomes a source: files as files, text as text."""
        self._take(QGuiApplication.clipboard().mimeData())

    def write(self) -> None:
        """Go to the composer."""
        self.turn_to("ask")
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

    def choose_model(self) -> None:
        """Pick a model and how to load it."""
        self.dialogs.model(self.preferences, self._model_chosen)

    def open_settings(self) -> None:
        """The settings."""
        self.dialogs.settings(self.preferences, self.prefer)

    def open_palette(self) -> None:
        """All commands."""
        self.palette_of_commands.open()

    def show_keys(self) -> None:
        """All keys."""
        self.dialogs.keys(self.commands)

    def recognise(self) -> None:
        """Read the pages of the selected scans, else of all that wait for it."""
        self.dialogs.recognise(self.sources.scans())

    def compare(self) -> None:
        """Add what changed in the repository of the selected sources, else of the first that lies in one."""
        repository = self.sources.repository()
        if repository is not None:
            self.dialogs.changes(repository)

    def filter_log(self) -> None:
        """Choose which records of the selected log are read."""
        self.dialogs.log(self.sources.logs()[0])

    def filter_sources(self) -> None:
        """Show the filter of the source list."""
        self._side.show()
        self.sources.toggle_filter()

    def search(self) -> None:
        """Search everything said and read."""
        self._side.show()
        self.sessions.toggle_search()

    def rename(self) -> None:
        """Another name for the open session."""
        if self.desk.session is not None:
            self.sessions.rename(self.desk.session)

    def toggle_side(self) -> None:
        """Show sessions and sources, or hide them."""
        self._side.setVisible(self._side.isHidden())
        self.top.side.setVisible(self._side.isHidden() or self.width() < RAIL)

    def toggle_viewer(self) -> None:
        """Show the viewer, or hide it."""
        if self.viewer.isHidden():
            self.body.show_viewer()
        else:
            self.hide_viewer()

    def hide_viewer(self) -> None:
        """Give its room to the conversation."""
        self.viewer.hide()
        if self.centre.mode == "ask":
            self.composer.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def step_panel(self, by: int) -> None:
        """Go round the panels."""
        asking = self.composer.edit if self.centre.started else self.start.add
        centre = asking if self.centre.mode == "ask" else self.centre.page(self.centre.mode)
        panels: list[QWidget] = [self.top.model, self.budget.bar, self.sessions.view, self.sources.view, centre]
        shown = [panel for panel in (*panels, self.viewer) if panel.isVisible()]
        focus = self.focusWidget()
        at = next((i for i, p in enumerate(shown) if focus is p or (focus and p.isAncestorOf(focus))), -1)
        shown[(at + by) % len(shown)].setFocus(Qt.FocusReason.TabFocusReason)

    def say(self, failure: Failure) -> None:
        """Show what went wrong."""
        self.toast.say(f"{failure.message} {failure.hint}".strip(), tone="bad")

    def prefer(self, preferences: Preferences) -> None:
        """Use these settings from now on and keep them."""
        self.preferences = preferences
        self._follow_preferences()
        self.desk.library.do(lambda: save_preferences(preferences))

    def restore(self) -> None:
        """Size, place and panels as they were left."""
        if self.preferences.geometry:
            self.restoreGeometry(QByteArray.fromBase64(self.preferences.geometry.encode()))
        body, _, side = self.preferences.panels.partition(" ")
        if body:
            self.body.restore(body)
            self._side.restoreState(QByteArray.fromBase64(side.encode()))

    # What happens

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Esc stops the answer, then closes what lies beside or over the conversation."""
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        elif self.desk.busy:
            self.desk.stop()
        elif not self.viewer.isHidden():
            self.hide_viewer()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """Files, folders and text are welcome anywhere."""
        if event.mimeData().hasUrls() or event.mimeData().hasText():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Take what was dropped."""
        self._take(event.mimeData())
        event.acceptProposedAction()

    def read_changed(self) -> None:
        """Read again what is known to have changed; what is not known yet is looked for first."""
        if self.desk.freshness.to_read_again():
            self.desk.read_changed()
        else:
            self.desk.freshness.look()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Back from another program: the files may have changed there."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow() and self.desk.workspace.entries:
            self.desk.freshness.look()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Save, and end every child."""
        if not self._closed:
            self._closed = True
            self._remember()
            self.closing.emit()
            self.viewer.shut_down()
            self.desk.close()
        super().closeEvent(event)

    def _remember(self) -> None:
        panels = f"{self.body.state()} {_plain(self._side.saveState())}"
        self.prefer(replace(self.preferences, geometry=_plain(self.saveGeometry()), panels=panels))

    def _follow_preferences(self) -> None:
        wanted = self.preferences
        if wanted.theme != self.theme.chosen and not self._closed:
            self.theme.choose(wanted.theme)
        self.composer.edit.send_on_enter = wanted.ask_on_enter
        self.composer.set_presets(wanted.presets)
        self.conversation.suggestions.set_questions(wanted.presets)
        self.budget.bar.animated = not wanted.reduced_motion
        if self.composer.history.isChecked() != wanted.with_history:
            self.composer.history.setChecked(wanted.with_history)

    def _model_chosen(self, choice: ModelChoice) -> None:
        self.prefer(self.preferences.with_model(choice))
        self.desk.use_model(settings_of(choice, self.desk.settings))

    def _take(self, data: QMimeData) -> None:
        paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
        if paths:
            self.desk.add(paths)
        elif data.hasText() and data.text().strip():
            self.desk.intake.read([], pasted=data.text())

    def _open_session(self, session: int, hit: SearchHit | None) -> None:
        if session != self.desk.session:
            self._hit = hit
            self.desk.open_session(session)
        elif hit is not None:
            self.places.hit(hit)

    def _opened(self) -> None:
        self.turn_to("ask")
        self.hide_viewer()
        self.viewer.clear()
        self.conversation.suggestions.set_questions(self.preferences.presets)
        self._show_centre()
        hit, self._hit = self._hit, None
        if hit is not None:
            self.places.hit(hit)
        else:
            self.places.restore()

    def export_session(self, form: str = "html") -> None:
        """The open session as a file."""
        if self.desk.session is not None:
            self._export(self.desk.session, form)

    def _export(self, session: int, form: str) -> None:
        name = next((s.name for s in self.sessions.sessions if s.id == session), self.desk.name)
        self.dialogs.export(session, name, cast(Format, form))

    def _recognised(self, ingested: Ingested) -> None:
        """Say it: whoever started it does something else by now."""
        read = [document for document in ingested.documents if document.has_recognised]
        if read:
            name = Path(read[0].path).name
            more = self.tr(" and {0} more").format(len(read) - 1) if len(read) > 1 else ""
            self.toast.say(self.tr("Recognised the text of {0}{1}").format(name, more))

    def tell_written(self, path: Path) -> None:
        """Say that a file is there, and offer to show where."""
        folder = QUrl.fromLocalFile(str(path.parent))
        self.toast.say(
            self.tr("Written to {0}").format(path.name),
            action=self.tr("Show the folder"),
            act=lambda: QDesktopServices.openUrl(folder),
        )

    def _not_written(self, path: Path) -> None:
        self.toast.say(self.tr("The export was cancelled; {0} is not written").format(path.name))

    def _deleted(self, session: int, name: str) -> None:
        if session == self.desk.session:
            self.desk.new_session()
        self.toast.say(
            self.tr("Deleted “{0}”").format(name),
            action=self.tr("Undo"),
            act=lambda: self.desk.library.undo_delete(session),
        )


def _rule() -> QFrame:
    line = QFrame()
    line.setProperty("rule", "horizontal")
    return line


def _plain(state: QByteArray) -> str:
    return bytes(state.toBase64().data()).decode()
