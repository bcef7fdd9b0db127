"""A plain process that only renders and posts the packed calls: no queue, no ledger. Prints its letters a second."""

from __future__ import annotations

import sys
import time

from tests.bench.loads import SEAT, actions, candidates
from tests.bench.rig import ROOT
from workers.app import App, boot
from workers.campaign.ids import delivery_id
from workers.campaign.links import Links
from workers.mail.envelope import Composer
from workers.mail.templates import Templates
from workers.settings import Settings


def post_letters(app: App, letters: int) -> float:
    """Letters a second between the first tenth and the last, as those of the ledger are counted."""
    everyone = {candidate.id: candidate for candidate in candidates()}
    composer = Composer(Templates(ROOT / app.settings.templates.folder), Links(app.ids, app.settings.web.public_url))
    campaign = app.campaigns["bench"]
    work = list(actions(app, letters // SEAT))
    begun = ended = 0.0
    for number, (person, action) in enumerate(work):
        if number == len(work) // 10:
            begun = time.monotonic()
        if number == len(work) * 9 // 10:
            ended = time.monotonic()
        addressed = [(delivery_id(action.group, one), everyone[one]) for one in action.candidates]
        for envelope in composer.compose(campaign, person, action, addressed):
            app.mailer.post(envelope)
    return SEAT * (len(work) * 9 // 10 - len(work) // 10) / (ended - begun)


if __name__ == "__main__":
    services = boot(Settings.load(ROOT), ROOT)
    sys.stdout.write(f"{post_letters(services, int(sys.argv[1]))}\n")
