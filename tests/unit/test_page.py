"""The page's shell, its files, and their budgets."""

import gzip
import json
import re

from service.page.bundle import FILES, Bundle, load_bundle
from service.page.shell import Start, shell

CORE_BYTES_MAX = 60_000
"""Scripts and styles of the first load, compressed."""
LAZY_BYTES_MAX = 40_000
"""A file that is loaded when it is needed, compressed."""
ALL_BYTES_MAX = 200_000


def built() -> Bundle:
    bundle = load_bundle()
    assert bundle is not None, "the page is not built: uv sync --reinstall-package digsite-server"
    return bundle


def test_nothing_in_the_start_ends_its_script() -> None:
    text = shell("<!--start-->", Start("/</script><script>", 1)).decode()
    assert text.count("</script>") == 1
    assert json.loads(text.removeprefix('<script type="application/json" id="start">').removesuffix("</script>"))


def test_the_shell_names_its_files_below_the_root() -> None:
    text = shell('<script src="./_/index.js"></script>', Start("/x", None)).decode()
    assert text == '<script src="/x/_/index.js"></script>'


def test_the_first_load_is_small() -> None:
    bundle = built()
    first = re.findall(rf'"\./{FILES}/([^"]+\.(?:js|css))"', bundle.index)
    assert first
    assert sum(len(gzip.compress(bundle.files[name].content)) for name in first) <= CORE_BYTES_MAX


def test_every_file_is_small_and_so_is_the_whole() -> None:
    sizes = {name: len(file.compressed) for name, file in built().files.items()}
    first = set(re.findall(rf'"\./{FILES}/([^"]+)"', built().index))
    assert {name: size for name, size in sizes.items() if name not in first and size > LAZY_BYTES_MAX} == {}
    assert sum(sizes.values()) <= ALL_BYTES_MAX
