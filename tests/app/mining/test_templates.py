"""What changes from time to time is a placeholder; what is a person's own looking around is nothing to propose."""

from __future__ import annotations

import pytest

from ergos.app.mining.templates import masked_example, template_of


@pytest.mark.parametrize(
    ("command", "template"),
    [
        ("pg_dump shop > shop-2026-11-20.sql", "pg_dump shop > shop-{date}.sql"),
        ("tar czf /srv/backup_20261120.tgz data", "tar czf /srv/backup_{date}.tgz data"),
        ("git commit -m 'fix the thing' && git push", "git commit -m {text} && git push"),
        ("./deploy --build 1234", "./deploy --build {number}"),
        ("./show 9f86d081884c", "./show {id}"),
        ("psql -c 'select 1' shop", "psql -c 'select 1' shop"),
        ("make   test", "make test"),
        ("rsync -av a host:/srv/a", "rsync -av a host:/srv/a"),
        ("python3 report.py", "python3 report.py"),
        ("ls | wc -l > n.txt", "ls | wc -l > n.txt"),
    ],
)
def test_a_command_is_its_template(command: str, template: str) -> None:
    found = template_of(command)
    assert found is not None
    assert found.text == template
    assert not found.dangerous


@pytest.mark.parametrize(
    "command",
    [
        "ls -la",
        "cd /srv",
        "vim x",
        "git status",
        "git",
        "make\ntest",
        "",
        "  ",
        "x" * 700,
        "python3",
        "top",
        "docker ps",
    ],
)
def test_looking_around_and_what_cannot_be_shown_is_none(command: str) -> None:
    assert template_of(command) is None


def test_days_of_one_command_have_one_template() -> None:
    texts = {
        template_of(f"./backup --date 2026-{month:02}-{day:02}").text for month in range(1, 13) for day in range(1, 28)
    }  # type: ignore[union-attr]
    assert texts == {"./backup --date {date}"}


def test_an_example_has_no_secret_and_no_end() -> None:
    assert "hunter2hunter2" not in masked_example("mysql --password=hunter2hunter2 shop")
    assert len(masked_example("x" * 1_000)) == 300
