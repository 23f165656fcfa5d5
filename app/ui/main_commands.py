"""Everything that can be done in the window, with its keys, for the keyboard, the palette and the page of keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from app.ui.centre import Mode
from app.ui.commands.command import Command
from ingest.view import Detail

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow


def _tr(text: str) -> str:
    return QCoreApplication.translate("commands", text)


def commands_of(window: MainWindow) -> list[Command]:
    """The commands of the main window."""
    desk = window.desk
    ask, sources, evidence = _tr("Conversation"), _tr("Sources"), _tr("Evidence")
    sessions, program = _tr("Sessions"), _tr("Program")

    def not_busy() -> bool | str:
        return not desk.busy or _tr("An answer is under way; Esc stops it.")

    def can_send() -> bool | str:
        return not_busy() if window.centre.mode == "ask" else _tr("Turn to Ask first (Ctrl+1).")

    def has_answer() -> bool | str:
        return bool(desk.exchanges) or _tr("Nothing has been asked yet.")

    def has_session() -> bool | str:
        return desk.session is not None or _tr("Nothing is saved yet: add a source first.")

    def can_ask_again() -> bool | str:
        answer = has_answer()
        return not_busy() if answer is True else answer

    def has_model() -> bool | str:
        return desk.around is not None or _tr("There is no model; choose one first.")

    def has_scan() -> bool | str:
        return bool(window.sources.scans()) or _tr("No source here is a scan.")

    def has_code() -> bool | str:
        chosen = window.sources.menu.outlined(window.sources.selected_keys())
        return bool(chosen) or _tr("Select source code or Markdown first.")

    def read_as(detail: Detail) -> Callable[[], None]:
        return lambda: window.sources.menu.read_as(window.sources.selected_keys(), detail)

    def has_log() -> bool | str:
        return bool(window.sources.logs()) or _tr("Select a log first.")

    def has_repository() -> bool | str:
        return window.sources.repository() is not None or _tr("No source here lies in a Git repository.")

    titles: dict[Mode, str] = {
        "ask": _tr("Mode: ask"),
        "review": _tr("Mode: review"),
        "logs": _tr("Mode: logs"),
        "check": _tr("Mode: self-check"),
    }

    def turn_to(mode: Mode) -> Callable[[], None]:
        return lambda: window.turn_to(mode)

    def is_shown() -> bool | str:
        return window.viewer.isVisible() or _tr("Show a source first.")

    return [
        Command("ask.focus", _tr("Write a question"), ask, "Ctrl+L", window.write),
        Command("ask.send", _tr("Ask"), ask, "Ctrl+Return", window.composer.send, can_send),
        Command("ask.again", _tr("Ask the last question again"), ask, "Ctrl+R", window.ask_again, can_ask_again),
        Command("ask.copy", _tr("Copy the last answer"), ask, "Ctrl+Shift+C", window.copy_answer, has_answer),
        Command("ask.mode", _tr("Switch between model and evidence"), ask, "Ctrl+E", window.switch_mode),
        Command("ask.sent", _tr("Show what the model is sent"), ask, "Ctrl+I", window.places.sent, has_model),
        Command("ask.system", _tr("Edit the system prompt"), ask, "", window.dialogs.system_prompt, has_model),
        Command("sources.add", _tr("Add files"), sources, "Ctrl+O", window.add_files),
        Command("sources.folder", _tr("Add a folder"), sources, "Ctrl+Shift+O", window.add_folder),
        Command("sources.paste", _tr("Add what is on the clipboard"), sources, "Ctrl+Shift+V", window.paste),
        Command("sources.changed", _tr("Read again what changed on disk"), sources, "F5", window.read_changed),
        Command("sources.filter", _tr("Filter the sources"), sources, "Ctrl+Shift+F", window.filter_sources),
        Command("sources.recognise", _tr("Recognise the text of scans"), sources, "", window.recognise, has_scan),
        Command("sources.whole", _tr("Read the selected code whole"), sources, "Alt+1", read_as("whole"), has_code),
        Command(
            "sources.outline", _tr("Read the selected code as outlines"), sources, "Alt+2", read_as("outline"), has_code
        ),
        Command(
            "sources.name", _tr("Read the selected code by name only"), sources, "Alt+3", read_as("name"), has_code
        ),
        Command("sources.log", _tr("Filter and fold a log"), sources, "Ctrl+Shift+L", window.filter_log, has_log),
        Command(
            "sources.compare", _tr("Add the changes in a Git repository"), sources, "", window.compare, has_repository
        ),
        Command("sources.sample", _tr("Open the sample"), sources, "", window.open_sample),
        Command("evidence.next", _tr("Next citation or finding"), evidence, "F3", lambda: window.step_evidence(1)),
        Command(
            "evidence.previous",
            _tr("Previous citation or finding"),
            evidence,
            "Shift+F3",
            lambda: window.step_evidence(-1),
        ),
        Command("evidence.find", _tr("Find in what is shown"), evidence, "Ctrl+F", window.viewer.open_find, is_shown),
        Command("evidence.show", _tr("Show or hide the viewer"), evidence, "F4", window.toggle_viewer),
        Command("sessions.new", _tr("New session"), sessions, "Ctrl+N", desk.new_session, not_busy),
        Command("sessions.search", _tr("Search everything said and read"), sessions, "Ctrl+K", window.search),
        Command("sessions.rename", _tr("Rename this session"), sessions, "F2", window.rename, has_session),
        Command(
            "sessions.export", _tr("Export this session"), sessions, "Ctrl+Shift+E", window.export_session, has_session
        ),
        Command("sessions.import", _tr("Take in a session from a file"), sessions, "", window.dialogs.open_json),
        *(
            Command(f"mode.{mode}", title, program, f"Ctrl+{number}", turn_to(mode))
            for number, (mode, title) in enumerate(titles.items(), 1)
        ),
        Command("program.commands", _tr("All commands"), program, "Ctrl+Shift+P", window.open_palette),
        Command("program.model", _tr("Choose a model"), program, "Ctrl+M", window.choose_model),
        Command("program.settings", _tr("Settings"), program, "Ctrl+,", window.open_settings),
        Command("program.keys", _tr("Keys"), program, "F1", window.show_keys),
        Command("program.side", _tr("Show or hide sessions and sources"), program, "Ctrl+B", window.toggle_side),
        Command("program.panel", _tr("Go to the next panel"), program, "F6", lambda: window.step_panel(1)),
        Command(
            "program.previous_panel", _tr("Go to the panel before"), program, "Shift+F6", lambda: window.step_panel(-1)
        ),
        Command("program.quit", _tr("Quit"), program, "Ctrl+Q", window.close),
    ]
