"""An operator at the console of a site: logs in, reads pages, sends the forms on them."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from tests.web.asking import Answer, Site

PASSWORD = "a password that only tests use"
TOKEN = "a-token-that-only-tests-use"
FORM = {"content-type": "application/x-www-form-urlencoded", "accept": "text/html"}
_FORM = re.compile(r'name="form" value="([a-z2-7]{24})"')


class Operator:
    """Keeps the cookie that it was given."""

    def __init__(self, site: Site, by: str = "ines") -> None:
        self.site, self.by, self.cookie = site, by, ""

    def login(self, password: str = PASSWORD, **more: Any) -> Answer:
        """Sends the form of the login."""
        answer = self.send("/console/login", by=self.by, password=password, **more)
        if "set-cookie" in answer.headers:
            self.cookie = answer.headers["set-cookie"].partition(";")[0]
        return answer

    def get(self, path: str) -> Answer:
        return self.site.ask("GET", path, headers=self._headers({"accept": "text/html"}))

    def send(self, path: str, site: str = "same-origin", **fields: Any) -> Answer:
        """Posts a form as it stands, from a page of ``site`` as browsers say it."""
        headers = self._headers({**FORM, "sec-fetch-site": site})
        return self.site.ask("POST", path, urlencode(fields).encode(), headers)

    def does(self, path: str, **fields: Any) -> Answer:
        """Posts a form with what the console's pages put into theirs."""
        found = _FORM.search(self.get("/console").body.decode())
        assert found, "the console has no form"
        return self.send(path, form=found[1], **fields)

    def _headers(self, headers: dict[str, Any]) -> dict[str, str]:
        return {**headers, "cookie": self.cookie} if self.cookie else headers


def script(site: Site, path: str, token: str = TOKEN) -> Answer:
    """What a script with a token gets."""
    return site.ask("GET", path, headers={"authorization": f"Bearer {token}"})
