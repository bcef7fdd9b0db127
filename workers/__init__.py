"""Mobilise: supporters' letters to candidates, sent once and counted truly. This is the map of the package.

Read ``reactions.py`` first: one table that says what follows what. An *event* (``campaign/events.py``) is something
that happened; an *actor* (``actors/``) takes an event's ids, asks the *services* it names, and returns the events that
follow.

    campaign/      words and rules, pure: the nouns, the states of a delivery, ids, events
    errors.py      what can go wrong, as sentences for the person who can mend it
    middleware.py  what surrounds every actor: lifelines around a message, none of which may lose it
    broker.py      dramatiq on Redis, dressed: ``@actor`` and ``publish``; consumer.py takes messages in
    store/         what is remembered: the ledger, the only package that speaks Redis beside the broker
    mail/          what leaves, and what the provider says about it afterwards
    actors/        one module for each journey
    reactions.py   this event → these actors
    people.py      an import of people; peoplefile.py reads their file row by row
    dossiers.py    all that is known of one person; erasure.py forgets it
    openings.py    the campaigns as they stand: their files, and what operators decided since
    pacing.py      sets the pace at which letters leave; forecasts.py says when the last one will
    audience.py    whom a mailing is for, as its segment asks
    sending.py     how every mail leaves; summaries.py how many letters leave in one
    rehearsal.py   what would be sent, to one address, marked; nothing in the ledger moves
    previewing.py  a call or bulletin as one reader would get it; nothing leaves
    app.py         everything chosen once, at boot
    worker.py      a process that works the queues; clock.py, one that nudges what is due (any number may run, one acts)
    upkeep.py      what the clock looks after in the background; breakers.py stops a campaign whose letters fail
    dead_letters.py  queue messages that gave up: looked at, put back, thrown away
    logbook/       what all processes write: kept in bounds, followed, sifted, folded into rates
    ics/           calendars as every program knows them; calendarfile.py finds events in files
    contributions.py  partners' news and events, looked through before they are kept
    story/         what became of one letter, action, candidate, person or trace, in sentences
    freezing.py    whether all work stands still
    redis_pools.py connections to a Redis, or to whoever its Sentinels name; rabbit.py a queue on RabbitMQ instead
    supervisor.py  keeps the processes of one machine running; server.py brings a Valkey along
    web/           the network's way in, and the pages
    outbox/        the stand-in for SendGrid: same API, same signed callbacks, a page to read the mail
    cli/           the operators' way in

Beside the arrows, handed in from outside and fetched by nobody:

    settings/      config/settings.toml, then the environment; frozen
    campaigns.py   config/campaigns/*.toml as Campaign records
    bulletinfile.py  config/bulletins/ and config/calls/ as Bulletin and Call records
    schedule.py    when editions are due, in cron's words or plain ones; zones.py, what clocks show
    tomlfile.py    TOML that knows the line of every key; shapes.py holds a table against what it should look like
    tracing.py     the trace of a request, from HTTP through the queue to the last line about it
    typed.py       what people type, in a form or a file, rule by rule
    log.py         one event a line; log_events.py lists every event's name and meaning
"""
