"""Build the e-mail templates: `python -m demo.emails [folder]` (default EMAILS_DIR, else /tmp/emails).

The sources in `email_templates/` share one layout and one style sheet. Building puts the layout around each message,
writes the styles into the tags (mail programs ignore style sheets), derives the plain text from the HTML, and leaves
the `{{ placeholders }}` that are filled in for each recipient. Building tags are written `[[ ]]` and `[% %]` instead.
"""

import hashlib
import html
import json
import re
import sys
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import jinja2

from demo.logs import configure_logging, get_logger
from demo.settings import Settings

_PLACEHOLDER = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")
_RULE = re.compile(r"([a-z0-9.]+)\s*\{([^}]*)\}")
_CLASSED = re.compile(r'<([a-z0-9]+)([^>]*?) class="([a-z]+)"')
_LINK = re.compile(r'<a [^>]*href="([^"]+)"[^>]*>(.*?)</a>', re.DOTALL)
_BLOCK_END = re.compile(r"</(?:p|h1|h2|li|tr|div)>|<br\s*/?>")

log = get_logger("demo.emails")


class TemplateError(Exception):
    """A template cannot be built; the message names it."""


@dataclass(frozen=True)
class Email:
    """One built template; all three texts may hold placeholders."""

    name: str
    subject: str
    html: str
    text: str

    @property
    def placeholders(self) -> list[str]:
        """Names to fill in for each recipient, sorted."""
        return sorted(set(_PLACEHOLDER.findall(self.subject + self.html)))


def build() -> list[Email]:
    """All e-mails, by name. Raises `TemplateError`."""
    folder = files("demo") / "email_templates"
    sources = {entry.name: entry.read_text(encoding="utf-8") for entry in folder.iterdir() if entry.is_file()}
    rules = {name: " ".join(body.split()) for name, body in _RULE.findall(sources["styles.css"])}
    environment = jinja2.Environment(
        loader=jinja2.DictLoader(sources),
        block_start_string="[%",
        block_end_string="%]",
        variable_start_string="[[",
        variable_end_string="]]",
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    names = sorted(name for name in sources if name.endswith(".html") and name != "layout.html")
    return [_build(environment, name, rules) for name in names]


def _build(environment: jinja2.Environment, name: str, rules: dict[str, str]) -> Email:
    try:
        template = environment.get_template(name)
        subject = "".join(template.blocks["subject"](template.new_context())).strip()
        body = "".join(template.blocks["body"](template.new_context()))
        page = template.render()
        return Email(name.removesuffix(".html"), subject, _inline(page, rules), _plain(body))
    except (jinja2.TemplateError, KeyError) as error:
        raise TemplateError(f"{name}: {error}") from error


def _inline(page: str, rules: dict[str, str]) -> str:
    """Replace every `class` by the declarations of its rule."""

    def styled(match: re.Match[str]) -> str:
        tag, attributes, name = match.groups()
        return f'<{tag}{attributes} style="{rules["." + name]}"'

    return _CLASSED.sub(styled, page)


def _plain(body: str) -> str:
    """The text of an HTML fragment, links written out."""
    linked = _LINK.sub(lambda match: f"{match[2].strip()}: {match[1]}", " ".join(body.split()))
    lines = _BLOCK_END.sub("\n\n", linked)
    bare = html.unescape(re.sub(r"<[^>]+>", "", lines))
    return "\n\n".join(line.strip() for line in bare.split("\n") if line.strip()) + "\n"


def write(emails: list[Email], folder: Path) -> list[str]:
    """Write every e-mail and a manifest to a folder, and give the names of the files that changed."""
    folder.mkdir(parents=True, exist_ok=True)
    contents: dict[str, str] = {}
    manifest: dict[str, object] = {}
    for email in emails:
        contents[f"{email.name}.html"] = email.html
        contents[f"{email.name}.txt"] = email.text
        manifest[email.name] = {
            "subject": email.subject,
            "placeholders": email.placeholders,
            "sha256": hashlib.sha256((email.subject + email.html + email.text).encode()).hexdigest(),
        }
    contents["manifest.json"] = json.dumps(manifest, indent=2) + "\n"
    changed: list[str] = []
    for name, content in contents.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != content:
            path.write_text(content, encoding="utf-8")
            changed.append(name)
    return changed


def main() -> int:
    settings = Settings.load()
    configure_logging(settings.service_name, settings.log_level)
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else settings.emails_dir)
    try:
        emails = build()
        changed = write(emails, folder)
    except (TemplateError, OSError) as error:
        log.error("e-mail templates not built", error=str(error))
        return 1
    log.info("e-mail templates built", folder=str(folder), emails=len(emails), changed=len(changed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
