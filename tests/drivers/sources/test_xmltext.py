"""XML is looked at before it is parsed, in linear time."""

from __future__ import annotations

import pytest

from ergos.base.errors import SourceError
from ergos.drivers.sources.xmltext import check_entities, legal, root_name, without_declaration


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("<rss version='2.0'>", "rss"),
        ("<?xml version='1.0'?><!-- <html> --><?pi?><!DOCTYPE rss [<!ENTITY a '>'>]><RSS>", "rss"),
        ("<rdf:RDF xmlns:rdf='x'>", "rdf"),
        ("<!DOCTYPE html><HTML>", "html"),
        ("no markup", ""),
        ("<!-- never closed <rss>", ""),
        ("<1>", ""),
        ("", ""),
    ],
)
def test_the_root_is_the_first_element(text: str, root: str) -> None:
    assert root_name(text) == root


def test_an_article_about_entities_is_no_attack() -> None:
    check_entities("<rss><![CDATA[ <!DOCTYPE x [<!ENTITY x SYSTEM 'file:///etc/passwd'>]> ]]></rss>")


def test_a_document_type_no_parser_reads_declares_nothing() -> None:
    with pytest.raises(SourceError, match="broken"):
        check_entities("<!DOCTYPE rss [<!ENTITY x <oops>]><rss/>")


def test_only_what_xml_forbids_goes() -> None:
    assert legal("a\x00b\tc&#0;&#x1F;&#65;&#xD800;&#x110000;d\ufffe") == "ab\tc&#65;d"


def test_the_declaration_goes_and_the_rest_stays() -> None:
    assert without_declaration("\ufeff <?xml version='1.0' encoding='x'?>\n<a/>") == "<a/>"
    assert without_declaration("<a/>") == "<a/>"
