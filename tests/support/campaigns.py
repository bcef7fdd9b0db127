"""A campaign file that is open for as long as tests are run, whole or by its parts."""

from __future__ import annotations

#: All but the letter.
HEAD = """
title = "Clean rivers"
charter = "We ask for clean rivers."
opens = 2020-01-01T00:00:00
closes = 2099-01-01T00:00:00
polling_day = 2099-01-02
time_zone = "Europe/London"
imprint = "Published by Clean Rivers, 1 Weir Lane, Testford."
[sender]
name = "Clean Rivers"
address = "letters@rivers.example"
"""

#: With one variant for everybody, in as few words as a file can have.
OPEN = (
    HEAD
    + """
[letter]
salutation = "Dear {{ candidate.name }},"
sign_off = "Yours sincerely, {{ supporter.name }}"
[[letter.variants]]
name = "all"
subject = "Our river"
body = "Our river is not clean."
ask = "Will you sign the charter?"
"""
)

#: For those who have signed.
THANKS = """
[letter.thanks]
subject = "Thank you"
body = "I am glad that you signed."
"""

#: Where candidates for whom more than three letters wait get them together, at eight.
DAILY = """
[summary]
tolerance = 3
"""
