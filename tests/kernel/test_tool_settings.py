from __future__ import annotations

from ergos.kernel.tool_settings import Folder, Mail, ToolSettings


def test_what_is_not_set_is_absent_and_harmless() -> None:
    assert ToolSettings().mail is None
    assert not Folder(path="/x").write
    assert not Folder(path="/x").trusted
    assert Mail(host="h", sender="a@b").security == "tls"
