"""Tests of what authors write and what becomes of it: frozen once, in HTML and in text, or refused with its line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.mail import post_office
from tests.mail.post_office import Shape
from tests.mail.presses import CAMPAIGN, EVENTS, NEWS, SHARED, bulletin, call, frozen, posted, reader
from tests.mail.test_hostile import hostile
from tests.support.people import candidate
from workers.campaign.mailings import Content
from workers.campaign.news import NewsItem
from workers.errors import ConfigError
from workers.mail import plaintext

ALL = """
Dear {{ person.name }},

in {{ person.constituency }} {{ tally.contacts }} of {{ tally.supporters }}, {{ date }}.

{{ signed_since | under("Signed") }}

{{ candidates | under("Who stands") }}

{{ news | under("News") }}

{{ events | under("Dates") }}
"""


def mail(body: str, **who: object) -> post_office.Mail:
    return post_office.arrived(posted(body, [reader(1, **who)])[0])[0]


def test_a_copy_says_the_same_in_text_and_in_html():
    """Whoever reads plain text misses nothing."""
    got = mail(ALL)
    shown = Shape(got.html).words
    for words in (
        "Dear Reader 1,", "in Testford 1,565 of 700, 21 September 2026.", "Signed",
        "Candidate 1, River Party, Testford",
        "Who stands", "Candidate 1, River Party (has signed)", "Candidate 2, Hill Party", "Otters", "Otter Trust",
        "They are back.", "Clean-up", "Tuesday 1 December 2026, 09:00, The weir", CAMPAIGN.imprint, "Unsubscribe",
    ):  # fmt: skip
        assert words in " ".join(got.text.split()), words
        assert words.casefold() in " ".join(shown.split()).casefold(), words
    links = {dict(attributes).get("href") for tag, attributes in Shape(got.html).elements if tag == "a"}
    assert all(str(link) in got.text for link in links)
    assert got.sender.addr_spec == got.reply_to.addr_spec == "post@rivers.example"


def test_no_tag_is_left_in_a_copy():
    """Each has a value for each recipient."""
    content = frozen(ALL)
    got = mail(ALL)
    assert content.words == {
        "name", "constituency", "candidates", "unsubscribe_url", "preferences_url", "online_url"
    }  # fmt: skip
    assert "-text-" not in got.text
    assert "-html-" not in got.html
    assert "-url-" not in got.text + got.html


def test_styles_are_in_the_elements_and_dark_ones_in_the_head():
    """Many mail programs read no style sheet; those that know the dark do."""
    html = frozen("# Hello\n\n![A river](https://rivers.example/r.png)\n").html
    assert '<h1 style="' in html
    assert "prefers-color-scheme: dark" in html.partition("</head>")[0]
    assert 'lang="en-GB"' in html
    assert 'alt="A river"' in html
    assert "font-style: italic" in html.partition("<img")[2].partition(">")[0]


def test_the_preheader_is_shown_by_the_list_of_mails_only():
    """Beside the subject; in the mail itself it is hidden."""
    html = frozen(bulletin("Hello", preheader="What <is> new")).html
    assert 'style="display: none' in html
    assert "What &lt;is&gt; new" in html


def test_who_gave_no_name_is_greeted_all_the_same():
    """As the text says, or else as a friend."""
    assert "Dear friend," in mail("Dear {{ person.name }},", name=" ").text
    assert "Dear neighbour," in mail('Dear {{ person.name | otherwise("neighbour") }},', name="").text
    got = mail('{{ person.name | otherwise("a") }} {{ person.name | otherwise("b <c>") }}', name="")
    assert "a b <c>" in got.text
    assert "a b <c>" in Shape(got.html).words
    assert got.to.display_name == ""


def test_blocks_with_nothing_to_tell_vanish():
    """With their headings, and without a gap."""
    nothing = replace(SHARED, signed_since=(), news=(), events=())
    body = "A.\n\n" + ALL.partition("\n\n{{ signed")[2].join(["{{ signed", "\nZ."])
    got = post_office.arrived(posted(body, [reader(candidates=())], nothing)[0])[0]
    assert got.text.startswith("A.\n\nZ.\n")
    assert "<h2" not in got.html
    assert "<ul" not in got.html


def test_an_edition_counts_what_it_has_to_tell():
    """One with nothing new would be empty; a text without such blocks tells by itself."""
    nothing = replace(SHARED, signed_since=(), news=(), events=())
    assert frozen(ALL).news == len(NEWS) + len(EVENTS) + 1
    assert frozen(ALL, nothing).news == 0
    assert frozen("The news: vote!", nothing).news == 1


def test_the_page_for_everybody_names_nobody():
    """It is the text alone, without what was meant for one reader."""
    online = frozen(ALL + "\n[Leave]({{ unsubscribe_url }})").online
    assert "Dear friend," in online
    assert "your constituency" in online
    assert "Otters" in online
    assert "Who stands" not in online
    assert "style=" not in online.replace('style="text-align', "")
    assert 'href="https://campaign.example/campaigns/clean-rivers"' in online
    assert frozen(call("Hello")).online == ""


def test_the_page_for_everybody_has_one_address():
    """It is written once, not for each reader."""
    content = frozen("[See]({{ online_url }}) {{ online_url }}", replace(SHARED, online_url="https://rivers.example/7"))
    assert content.html.count("https://rivers.example/7") == 3
    assert content.words == {"unsubscribe_url", "preferences_url"}


def test_a_call_leads_to_a_page_of_the_readers_own():
    """By a button, and in plain text by its address on a line of its own."""
    envelope = posted(call('{{ act_url | button("Write <now>") }}\n\nor {{ act_url }}.'), [reader(7)])[0]
    got = post_office.arrived(envelope)[0]
    assert "Write <now>:\nhttps://campaign.example/act/a7\n\nor https://campaign.example/act/a7." in got.text
    assert got.html.count('href="https://campaign.example/act/a7"') == 2
    assert 'class="button"' in got.html
    assert "Write &lt;now&gt;</a>" in got.html


def test_a_reminder_has_a_subject_and_words_of_its_own():
    """The same call, once more."""
    made = call("{% if reminder %}Again{% else %}First{% endif %}", remind_subject="Still time")
    assert (frozen(made).subject, frozen(made, reminder=True).subject) == ("Act", "Still time")
    assert frozen(made).text.startswith("First")
    assert frozen(made, reminder=True).text.startswith("Again")


def test_a_subject_may_hold_numbers_and_names():
    """A name of a reader is put in for each."""
    made = bulletin("Hello", subject="{{ person.name }}: {{ tally.signatories }} signed")
    got = post_office.arrived(posted(made, [reader(name="Jo & Co")])[0])[0]
    assert got.subject == "Jo & Co: 239 signed"


def test_authors_can_lay_blocks_out_themselves():
    """Item by item; the text of an item is finished, and stays a block."""
    got = mail("{% for one in news %}\n### {{ one.title }} by {{ one.organisation }}\n\n{{ one.text }}\n{% endfor %}")
    assert "Otters by Otter Trust\n\nThey are back." in got.text
    assert "<strong>back</strong>" in got.html


def test_tables_are_aligned_or_told_row_by_row():
    """Plain text has 72 columns."""
    head = "| Party | Contacts |\n|:--|--:|\n"
    loop = "{% for one in tally.parties %}\n| {{ one.name }} | {{ one.contacts }} |\n{% endfor %}"
    assert frozen(head + loop).text.startswith(
        "Party        Contacts\n-----------  --------\nRiver Party       900\nHill Party        665"
    )
    wide = frozen("| Party | What |\n|--|--|\n| Hill | " + "word " * 20 + "|\n").text
    assert wide.startswith("Party: Hill\nWhat: word word")


def test_lists_are_as_tight_as_they_were_written():
    """Also where one stands in another."""
    assert frozen("1. One\n2. Two\n   - deep\n3. Three\n").text.startswith("1. One\n2. Two\n   - deep\n3. Three\n")
    assert frozen("- One\n\n  more\n\n- Two\n").text.startswith("- One\n\n  more\n\n- Two\n")


def test_plain_text_keeps_to_its_columns():
    """All but addresses, which must not be broken."""
    body = ALL + "\n> " + "quoted " * 30 + "\n\n1. " + "listed " * 30 + "\n   - " + "deeper " * 30
    for line in mail(body, name="Sam").text.splitlines():
        assert len(line) <= plaintext.WIDTH or "https://" in line


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("a\n{{ person.nmae }}", "body.md:2: unknown name 'person.nmae' (did you mean person.name?)"),
        ("a\n\n{% if tally.contacts %}\n", "body.md:3: Unexpected end of template"),
        ("{% if candidates %}x{% endif %}", "body.md:1: candidates is each reader's own, and can only be printed"),
        ("a\n{% if person.name == 'x' %}y{% endif %}", "body.md:2: person is each reader's own"),
        ("{{ person.name | upper }}", "body.md:1: person is each reader's own"),
        ("{{ 'Dear ' ~ person.name }}", "body.md:1: person is each reader's own"),
        ("{% set x = act_url %}", "body.md:1: unknown name 'act_url'"),
        ("{{ person.name | under('x') }}", "body.md:1: under() is for blocks"),
        ("{{ news | button('x') }}", "body.md:1: button() is for addresses"),
        ("a\n{{ candidates | otherwise('x') }}", "body.md:2: otherwise() is for person.name"),
        ("a\n\n{% for one in news %}{{ one.titel }}{% endfor %}", "body.md:3: it has no titel here"),
        ("{{ tally.parties }}", "body.md:1: is a list or a record: print its parts"),
        ("{{ news[7].title }}", "body.md:1: there is no item 7 in it"),
        ("```\n{{ candidates }}\n```", "body.md: has a block, such as candidates, in a table or in code"),
        ("{{ title.__class__ }}", "body.md:1: unknown name 'title.__class__'"),
        ("{% macro x() %}{% endmacro %}", "body.md:1: macro cannot be used here"),
        ("{% include 'x' %}", "body.md:1: include cannot be used here"),
        ("a\n\n<b>b</b>", "body.md:3: holds raw HTML (write it in Markdown"),
        ("a\nb <br> c", "body.md:2: holds raw HTML"),
        ("a\n\n{% if date %}\n\n![](https://x.example/y.png)\n{% endif %}", "body.md:5: has an image without alt text"),
        ("![x](y.png)", "body.md:1: has an image whose address is not absolute"),
        ("[x](/letters)", "body.md:1: has a link whose address is not absolute (write it with https://"),
        ("[x](javascript:alert(1))", "body.md:1: has a link that is none"),
        ("[x]({{ person.name }})", "body.md: has a link whose address is not absolute"),
        ("{% if not tally.contacts %}x{% endif %}", "body.md: comes to nothing"),
        ("{{ 1 / 0 }}", "body.md:1: fails with ZeroDivisionError"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_its_place(body, said):
    """Before anybody gets it."""
    with pytest.raises(ConfigError) as problem:
        frozen(body)
    assert str(problem.value).startswith(f"bulletins/post/{said}")


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ("{{ nothing }}", "unknown name 'nothing'"),
        ("{{ news }}", "unknown name 'news'"),
        ("{{ '' }}", "is empty or longer than 150 characters"),
        ("x" * 151, "is empty or longer"),
    ],
)
def test_a_subject_that_cannot_be_sent_is_refused(subject, said):
    """It is a template as well."""
    with pytest.raises(ConfigError, match=r"bulletin\.toml, subject") as problem:
        frozen(bulletin("Hello", subject=subject))
    assert said in str(problem.value)


def test_a_frame_that_is_not_there_is_named():
    """A campaign may have its own, in its own language."""
    with pytest.raises(ConfigError, match=r"there is no template bulletin/welsh/body\.txt"):
        frozen(bulletin("Hello", frame="welsh"))


def test_news_that_mail_cannot_carry_is_refused():
    """Whoever sent it in."""
    news = (NewsItem("n1", "Otters", "A\n![](https://x.example/y.png)"),)
    with pytest.raises(ConfigError, match="news item n1: line 2 has an image without alt text"):
        frozen(ALL, replace(SHARED, news=news))


def test_values_are_words_however_they_are_written(shared):
    """Names, titles and places come from files that anybody may have edited: none becomes markup or a link."""
    body = "{{ signed_since }}\n\n{{ events }}\n\n{% for n in news %}\n## {{ n.title }}\n{% endfor %}"
    tags, links = drawn(frozen(body))
    for words in list(hostile(shared))[::29]:
        told = replace(
            SHARED,
            signed_since=(candidate(1, name=words, party=words, constituency_name=words),),
            events=(replace(EVENTS[0], title=words, place=words, description=words, organiser=words),),
            news=(NewsItem("n1", words, "x", organisation=words),),
        )
        assert drawn(frozen(body, told))[1] == links, words
        assert drawn(frozen(body, told))[0] <= tags | {"br", "p"}, words


def drawn(content: Content) -> tuple[set[str], set[str | None]]:
    """The elements of a content, and where its links lead."""
    found = Shape(content.html.replace(content.token, "")).elements
    return {tag for tag, _ in found}, {dict(attributes).get("href") for tag, attributes in found if tag == "a"}


def test_an_items_text_cannot_run_into_the_rest():
    """Unclosed code, quotations and headings end with their item."""
    for text in (
        "```\nopen",
        "> quoted",
        "- a",
        "[x]: https://evil.example",
        "    code",
        "{{ tally }}",
        "`x",
    ):
        content = frozen("{{ news }}\n\nAfter [x] **all**.", replace(SHARED, news=(NewsItem("n", "T", text),)))
        assert "After [x] <strong>all</strong>." in content.html, text
        assert "[x]" in content.text
