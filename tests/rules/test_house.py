"""The house rules that a machine can check, read off the tree."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from flask import Flask
from jinja2 import meta, nodes

ROOT = Path(__file__).parents[2]
APP = ROOT / "app"
TEMPLATES = sorted((APP / "templates").rglob("*.html"))
CJK = re.compile(r"[\u3400-\u9fff]")


def test_imports_go_downwards() -> None:
    ran = subprocess.run(
        [Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout


def test_web_stays_out_of_the_inner_rooms() -> None:
    """flask, flask_login and htmx_flask are for routes; the user mixin is the one exception."""
    offenders = [
        f"{path.relative_to(ROOT)}: {line}"
        for path in (APP / "blueprints").rglob("*.py")
        if path.stem.split("_")[0] in ("models", "policies", "queries", "services", "schemas")
        for line in path.read_text().splitlines()
        if re.match(r"\s*(from|import) (flask|flask_login|htmx_flask)\b", line)
        and not (path.parts[-2:] == ("members", "models.py") and "UserMixin" in line)
    ]
    assert offenders == []


def test_only_a_feature_imports_its_models() -> None:
    offenders = []
    for path in (APP / "blueprints").rglob("*.py"):
        feature = path.relative_to(APP / "blueprints").parts[0]
        for found in re.findall(r"from app\.blueprints\.(\w+)\.models import", path.read_text()):
            if found != feature:
                offenders.append(f"{path.relative_to(ROOT)} imports {found}.models")
    assert offenders == []


def test_one_commit() -> None:
    committers = {
        str(path.relative_to(APP))
        for path in APP.rglob("*.py")
        if re.search(r"\.commit\(\)", path.read_text())
    }
    assert committers == {"core/uow.py"}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(APP / "templates")))
def test_template(path: Path, built_app: Flask) -> None:
    """Nothing inline that the CSP forbids, no third party, no text outside the catalogues."""
    text = path.read_text()
    source = re.sub(r"\{#.*?#\}", "", text, flags=re.S)
    assert not re.search(r"""\s(style|on[a-z]+)=["']""", source), "inline style or handler"
    assert not re.search(r"<script(?![^>]*\bsrc=)", source), "inline script"
    assert "<style" not in source
    assert not re.search(r"(src|href|action)=[\"'](https?:)?//", source), "third party"
    assert not CJK.search(source), "Chinese outside the catalogue"
    assert not re.search(r"hx-(on|vals=.js:)", source), "htmx eval"
    tree = built_app.extensions["lightup_templates"]["zh"].parse(text)
    if path.name.startswith("_") and any(drawn(node) for node in tree.body):
        declared = re.match(r"\{#-? in:(.*?)-?#\}", text, flags=re.S)
        assert declared, "a fragment names its inputs in its first comment"
        names = set(re.findall(r"[a-z_]\w*", re.sub(r"\(.*?\)", "", declared[1], flags=re.S)))
        known = set(built_app.extensions["lightup_templates"]["zh"].globals)
        shell = {"actor", "programme", "request", "caller", *built_app.extensions["lightup_shell"]}
        used = meta.find_undeclared_variables(tree) - own_names(tree) - known - shell
        assert used <= names, f"undeclared inputs: {sorted(used - names)}"


def drawn(node: nodes.Node) -> bool:
    """Whether a node of a template's top level puts anything on the page; a library of macros has none."""
    if isinstance(node, nodes.Output):
        return any(not isinstance(part, nodes.TemplateData) or part.data.strip() for part in node.nodes)
    return not isinstance(
        node, nodes.Macro | nodes.FromImport | nodes.Import | nodes.Assign | nodes.AssignBlock
    )


def own_names(tree: nodes.Template) -> set[str]:
    """Names that a template sets or imports itself, perhaps only in one branch."""
    names = {name.name for name in tree.find_all(nodes.Name) if name.ctx in ("store", "param")}
    for imported in tree.find_all(nodes.FromImport):
        names |= {name if isinstance(name, str) else name[1] for name in imported.names}
    return names


def test_no_text_outside_the_catalogues() -> None:
    offenders = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in [*APP.rglob("*.py"), *(APP / "static" / "js").glob("*.js")]
        if "demo" not in path.parts and not path.name.endswith(".min.js")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if CJK.search(line)
        and not line.lstrip().startswith(("#", "//", "*", '"""'))
        and not (path.name == "__init__.py" and "点亮" in line)
    ]
    assert offenders == []


def test_catalogue_is_complete() -> None:
    """Every text of the app stands in the Chinese catalogue, with the same placeholders."""
    wanted: set[tuple[str | None, str]] = set()
    keywords = {
        "_": None,
        "N_": None,
        "gettext": None,
        "both": None,
        "ngettext": (1, 2),
        "pgettext": ((1, "c"), 2),
    }
    found = extract_from_dir(
        APP,
        [("**.py", "python"), ("templates/**.html", "jinja2")],
        keywords=keywords,
        options_map={"templates/**.html": {"silent": "false"}},
    )
    for _file, _line, message, _comments, context in found:
        wanted.add((context, message if isinstance(message, str) else message[0]))
    catalogue = read_po((APP / "translations/zh_Hans_CN/LC_MESSAGES/messages.po").open("rb"))
    texts = {}
    for message in catalogue:
        if message.id:
            first = message.id if isinstance(message.id, str) else message.id[0]
            text = message.string if isinstance(message.string, str) else message.string[0]
            texts[message.context, first] = text
            if text:
                holes = set(re.findall(r"%\((\w+)\)", first)) | set(
                    re.findall(r"%\((\w+)\)", message.id[1] if not isinstance(message.id, str) else "")
                )
                assert set(re.findall(r"%\((\w+)\)", text)) <= holes, first
        assert not message.fuzzy, message.id
    missing = sorted(key[1] for key in wanted if key[1] and not texts.get(key))
    assert missing == []
    unused = sorted(key[1] for key in texts if key not in wanted)
    assert unused == []
