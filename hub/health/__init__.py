"""The health of an account: pure, no database, no clock.

Entry points, in the order in which the pipeline calls them:

- `facts.contribution` - what one canonical record adds to its account; `facts.contact_usage` the
  same for the product use of one contact
- `state.change` - subtracts a record's old contribution and adds its new one; `state.rebuild`
- `context.HealthContext` - what the account's state cannot know: sources, links, seats, pulse
- `measures.measure` - the 17 measures and the signals of plugins, each in one of five states
- `lifecycle.facts_of`, `revision.Revision.card_for` - which scorecard is the account's
- `revision.check_document` - a tenant's scoring as a document: cards, weights, curves, caps, bands
- `score.score` - the explanation: health, band, points that add up, coverage, reasons
- `score.day_close`, `score.next_due` - what to keep at 00:00 UTC; when time alone changes a score
- `state.rollup` - counts for the portfolio list
- `urgency.urgency`, `family.family` - what stands beside the score
- `words.explain_words` - an explanation in sentences

And of days that have passed:

- `history.History` - an account's day closes, kept as differences
- `rebase.rebased`, `restate.restated` - a past day under another scorecard, or with late data
- `between.between` - why a score moved between two days
- `backtest.report` - whether scores told who would leave
"""
