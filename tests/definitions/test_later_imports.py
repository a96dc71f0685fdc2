"""Which modules of a project its files import within functions."""

import json

from ingot.definitions.later_imports import later_imports


def found(root, files: dict[str, str], executed: list[str]) -> list[str]:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    modules = later_imports([root / name for name in executed], [str(root), str(root / "src")])
    return sorted(path.relative_to(root).as_posix() for path in modules)


def test_modules_and_what_they_import_in_turn_are_found_on_every_folder(tmp_path):
    files = {
        "a.py": "def f():\n    import one.two\n    from one import *\n    __import__('')\n    __import__('/x')\n",
        "one/__init__.py": "",
        "src/one/two.py": "from ..three import x\nfrom . import four\nimport a\n",
        "src/three.py": "",
        "src/one/four.py": "",
        "src/one/five.py": "",
    }
    assert found(tmp_path, files, ["a.py"]) == ["one/__init__.py", "src/one/four.py", "src/one/two.py", "src/three.py"]


def test_cells_of_notebooks_are_read_and_what_is_not_python_is_not(tmp_path):
    code = ["%pip install x\n", "def f():\n", "    import one\n"]
    cells = [{"cell_type": "code", "source": code}, {"cell_type": "code", "source": "%sql\nSELECT import FROM"}]
    files = {
        "a.ipynb": json.dumps({"cells": cells}), "b.ipynb": "{", "c.py": "def import (", "d.sql": "import one",
        "one.py": "def f(): import two\n", "two.py": "import = 3\n", "import.py": "",
    }  # fmt: skip
    assert found(tmp_path, files, ["a.ipynb", "b.ipynb", "c.py", "d.sql", "gone.py"]) == ["one.py", "two.py"]


def test_installed_packages_are_not_looked_into(tmp_path):
    (tmp_path / "site-packages").mkdir()
    (tmp_path / "site-packages/one.py").write_text("")
    (tmp_path / "a.py").write_text("def f():\n    import one, json\n")
    assert later_imports([tmp_path / "a.py"], [str(tmp_path / "site-packages")]) == []
