"""The README's five steps: read from it, and done as a reader does them.

What stands in the README is taken word for word, with two exceptions: the wheel that was
built here stands in for the name on PyPI, and the file of the sandbox for the one of Coze.
"""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
NAME_ON_PYPI = "django-coze-widget"
SITES = '"django.contrib.sites"'
CONFIG = "/etc/coze/coze_oauth_config.json"
NO_NETWORK = (
    "pip failed. This test installs from a package index as anybody would, so it needs "
    "one that can be reached:\n"
)


@dataclass(frozen=True)
class Step:
    text: str

    def block(self, language):
        [block] = re.findall(
            rf"^```{re.escape(language)}\n(.*?)^```", self.text, re.M | re.S
        )
        return block

    @property
    def command(self):
        [command] = re.findall(r"`python (manage\.py \w+)`", self.text)
        return command


def read_steps(name="README.md"):
    """Return the steps by their numbers."""
    text = (ROOT / name).read_text(encoding="utf-8")
    parts = re.split(r"^(?:\*\*(\d)\. |#+ .*$)", text, flags=re.MULTILINE)
    return {
        int(number): Step(part)
        for number, part in zip(parts[1::2], parts[2::2], strict=True)
        if number
    }


def read_sandbox(name="README.md"):
    """Return the settings of those without an account at Coze."""
    text = (ROOT / name).read_text(encoding="utf-8")
    [section] = re.findall(r"^### .+?(?=^## )", text, re.MULTILINE | re.DOTALL)
    return Step(section).block("python")


@dataclass
class Project:
    """Somebody's Django project in a folder, and the interpreter that runs it."""

    folder: Path
    python: Path
    settings: Path
    urls: Path
    template: Path
    environ: dict[str, str] = field(default_factory=dict)

    def start(self, *arguments, **options):
        return [str(self.python), *arguments], {
            "cwd": self.folder,
            "env": self.environ,
            "text": True,
            **options,
        }

    def run(self, *arguments):
        """Run the interpreter and return what came of it, good or bad."""
        command, options = self.start(*arguments)
        return subprocess.run(command, capture_output=True, **options)

    def manage(self, *arguments):
        run = self.run("manage.py", *arguments)
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout + run.stderr

    def check(self, *options):
        """Return what `manage.py check` says, and nothing else."""
        run = self.run("manage.py", "check", *options)
        return run.stdout + run.stderr


def pip(python, *arguments):
    run = subprocess.run(
        [str(python), "-m", "pip", *arguments], capture_output=True, text=True
    )
    assert run.returncode == 0, NO_NETWORK + run.stdout + run.stderr
    return run.stdout


class Reader:
    """Somebody who does what the README says, step by step."""

    def __init__(self, project, *, wheel, config, within="urlpatterns"):
        self.project = project
        self.wheel = wheel
        self.config = config
        self.within = within
        self.steps = read_steps()
        self.commands = 0
        self.edits = 0

    def do(self, *numbers):
        for number in numbers:
            getattr(self, f"_step_{number}")(self.steps[number])

    def _step_1(self, step):
        words = shlex.split(step.block("sh"))
        assert words.pop(0) == "pip"
        words = [str(self.wheel) if word == NAME_ON_PYPI else word for word in words]
        pip(self.project.python, *words)
        self.commands += 1

    def _step_2(self, step):
        block = step.block("python")
        uses_sites = SITES in self.project.settings.read_text(encoding="utf-8")
        for name, entries in read_lists(block):
            left = [line for line in entries if not (uses_sites and SITES in line)]
            self._edit(self.project.settings, append_to_list, name, left)
        if not uses_sites:
            [site_id] = re.findall(r"^SITE_ID = \d$", block, re.MULTILINE)
            self._edit(self.project.settings, lambda source: f"{source}\n{site_id}\n")

    def _step_3(self, step):
        block = step.block("python")
        assert CONFIG in block
        self._edit(
            self.project.settings,
            lambda source: f"{source}\n{block.replace(CONFIG, str(self.config))}",
        )

    def _step_4(self, step):
        self.include_urls(step)
        self.project.manage(step.command.removeprefix("manage.py "))
        self.commands += 1

    def add_sandbox(self):
        """As the README says for those without an account at Coze, after step 3."""
        block = read_sandbox()
        [(name, entries)] = read_lists(block)
        [instead] = re.findall(r"^COZE_OAUTH_APPS = .+$", block, re.MULTILINE)
        line = re.compile(r"^COZE_OAUTH_APPS = .+$", re.MULTILINE)
        self._edit(self.project.settings, append_to_list, name, entries)
        self._edit(self.project.settings, lambda source: line.sub(instead, source))

    def include_urls(self, step):
        block = step.block("python")
        [(_name, entries)] = read_lists(block)
        self._edit(self.project.urls, put_imports, read_imports(block))
        append = append_to_list if self.within == "urlpatterns" else append_to_call
        self._edit(self.project.urls, append, self.within, entries)

    def _step_5(self, step):
        block = step.block("html+django")
        self._edit(
            self.project.template,
            lambda source: source.replace("</body>", f"{block}</body>"),
        )

    def _edit(self, path, change, *arguments):
        source = path.read_text(encoding="utf-8")
        changed = change(source, *arguments)
        assert changed != source
        path.write_text(changed, encoding="utf-8")
        self.edits += 1


def read_lists(block):
    """Yield the name of each list in the block, and the lines of its entries."""
    lines = block.splitlines()
    for node in ast.parse(block).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.List):
            entries = node.value.elts
            first, last = entries[0].lineno, entries[-1].end_lineno
            yield node.targets[0].id, lines[first - 1 : last]


def read_imports(block):
    return [
        ast.get_source_segment(block, node)
        for node in ast.parse(block).body
        if isinstance(node, ast.ImportFrom)
    ]


def append_to_list(source, name, entries):
    [list_] = [
        node.value
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.List)
        and ast.unparse(node.targets[0]) == name
    ]
    return insert_lines(source, list_.end_lineno, entries)


def append_to_call(source, name, entries):
    """Put the entries after the positional arguments of the call."""
    [call] = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name
    ]
    return insert_lines(source, call.keywords[0].value.lineno, entries)


def put_imports(source, imports):
    first = next(
        node.lineno
        for node in ast.parse(source).body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        and getattr(node, "module", "") != "__future__"
    )
    return insert_lines(source, first, imports)


def insert_lines(source, before, lines):
    """Insert above the line of this number, as people count."""
    found = source.splitlines()
    return "\n".join([*found[: before - 1], *lines, *found[before - 1 :], ""])
