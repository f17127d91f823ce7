from tests.compile.owner import codes, said


def test_counted_sources_are_asked_for_by_number() -> None:
    read = said("read these three sources and write a brief")
    assert [one.value.count for one in read.sources] == [3]
    assert "C202" in codes("read these three sources and write a brief")


def test_sources_on_the_following_lines_are_the_ones_that_were_counted() -> None:
    prose = "Read the three sources below:\n- https://a.example\n- https://b.example\n- https://c.example"
    assert [one.value.at for one in said(prose).sources] == [
        "https://a.example",
        "https://b.example",
        "https://c.example",
    ]
    assert "C202" not in codes(prose)


def test_mail_of_ones_own_needs_no_address() -> None:
    read = said("summarise my unread mail")
    assert [one.value.described for one in read.sources] == ["my unread mail"]
    assert "C202" not in codes("summarise my unread mail")


def test_ten_thousand_addresses_are_sources() -> None:
    assert len(said(", ".join(f"https://e{at}.ex" for at in range(5_000))).sources) == 5_000
