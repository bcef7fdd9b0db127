"""A supporter of the demo who has no key to vouch for them: they get a mail, open its link, and say yes."""

from __future__ import annotations

import re
import time
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from workers.demo.client import Client
from workers.errors import MobiliseError
from workers.outbox import ledger

#: A supporter's link, as it stands in the mail.
_LINK = re.compile(r"https?://\S+/confirm/[\w-]+")
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
#: Seconds for the mail to come, and between looks into the outbox.
_PATIENCE_S, _LOOK_S = 60.0, 0.1


class Confirming:
    """What stands in the outbox is what they would read."""

    def __init__(self, web: Client, outbox: Path) -> None:
        self._web, self._outbox = web, outbox

    def confirm(self, email: str) -> None:
        """Returns once the letters that wait for this supporter are confirmed."""
        path = urlsplit(self._link(email)).path
        page = self._web.request("GET", path).text
        form, boxes = (
            re.search(r'name="form" value="(\w+)"', page),
            re.findall(r'name="candidate" value="([^"]+)"', page),
        )
        pressed = [("form", form[1] if form else ""), ("answer", "confirm"), *(("candidate", box) for box in boxes)]
        answer = self._web.request("POST", path, urlencode(pressed).encode(), _FORM)
        if answer.status != 303:
            raise MobiliseError(f"a supporter could not confirm: {answer.complaint}")

    def _link(self, email: str) -> str:
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            for mail in ledger.read(self._outbox):
                if mail.to.email == email and (link := _LINK.search(mail.text)):
                    return link[0]
            time.sleep(_LOOK_S)
        raise MobiliseError("no mail came that asks a supporter to confirm")
