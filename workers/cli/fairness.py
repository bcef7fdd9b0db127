"""``mobilise campaigns fairness``: whether every party and region is asked alike, as charities must show."""

from __future__ import annotations

import click

from workers.cli.context import Context, pass_context
from workers.cli.shown import json_option, plain, show_json, show_rows


@click.command(short_help="by party and region: the share asked, reached, answered, signed")
@click.argument("slug")
@json_option
@pass_context
def fairness(context: Context, slug: str, as_json: bool) -> None:
    """By party and by region, of the candidates who stand: the share that was asked, reached, answered and signed.

    Asked: a letter was handed over to the provider. Reached: one of them did not come back. Answered: signed, also if
    it was withdrawn later. Median letters: of those that a candidate got. A party or region that is asked much less
    than the others is named on standard error; the exit status stays 0.
    """
    from workers.campaign.asked import MEASURE, groups_by, left_out
    from workers.cli.asked_shown import SHARES, facts, fairness_row

    campaign = context.campaign(slug)
    candidates, known = facts(context.store, campaign.slug)
    standing = [candidate for candidate in candidates.values() if candidate.is_standing]
    groups = {by: groups_by(by, standing, known) for by in ("party", "region")}
    rows = {by: [fairness_row(one, by) for one in found] for by, found in groups.items()}
    warnings = [_warning(by, one.name, one.share("asked")) for by, found in groups.items() for one in left_out(found)]
    if as_json:
        by = {f"by_{name}": listed for name, listed in rows.items()}
        show_json({"campaign": campaign.slug, **by, "warnings": warnings, "measure": MEASURE})
    else:
        for name, listed in rows.items():
            shown = [row | {share: f"{row[share]:.0%}" for share in SHARES} for row in listed]
            show_rows(shown, title=f"By {name}", empty="no candidate stands")
    for warning in warnings:
        click.secho(f"warning: {plain(warning)}", fg="yellow", err=True)


def _warning(by: str, name: str, share: float) -> str:
    return f"the {by} {name or 'that is not known'} is asked much less than the others: {share:.0%} of its candidates"
