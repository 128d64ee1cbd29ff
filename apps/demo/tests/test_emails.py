"""The built e-mail templates."""

import json
from pathlib import Path

from demo.emails import build, write


def test_styles_are_inline_and_placeholders_stay() -> None:
    emails = {email.name: email for email in build()}
    assert sorted(emails) == ["job_done", "job_failed", "welcome"]
    done = emails["job_done"]
    assert done.subject == "{{ filename }} is ready"
    assert done.placeholders == ["email", "filename", "job_url", "name", "seconds"]
    assert "class=" not in done.html and 'style="' in done.html
    assert "[%" not in done.html and "[[" not in done.html


def test_the_plain_text_writes_links_out() -> None:
    welcome = next(email for email in build() if email.name == "welcome")
    assert "Submit something: {{ start_url }}" in welcome.text
    assert "<" not in welcome.text


def test_writing_again_changes_nothing(tmp_path: Path) -> None:
    emails = build()
    assert len(write(emails, tmp_path / "mails")) == 7
    assert write(emails, tmp_path / "mails") == []
    assert list(json.loads((tmp_path / "mails" / "manifest.json").read_text())) == ["job_done", "job_failed", "welcome"]
