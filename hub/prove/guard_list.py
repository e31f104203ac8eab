"""The guards behind the twelve invariants, each with what the code reads without it, and a test."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Guard:
    """In `file`, `text` (found once) is the guard and `without` what stands there when it is gone.

    `test` must then fail.
    """

    invariant: int
    what: str
    file: str
    text: str
    without: str
    test: str


CRASHES = "tests/reliability/test_crashes.py::"
PROMISES = "tests/reliability/test_invariants.py::"
EDGE = "tests/webhooks/test_edge_takes.py::"
DECIDED = "tests/engine/test_identity_decisions.py::"
HISTORIES = "tests/engine/test_histories.py::"
SHUFFLED = HISTORIES + "test_any_order_duplication_and_batching_ends_as_one_clean_full_sync[0]"

GUARDS = (
    Guard(
        1,
        "the answer waits for the write",
        "webhooks/committer.py",
        "if not waiting.done.wait(timeout_s):",
        "if False:",
        EDGE + "test_while_mongodb_is_frozen_the_answer_is_503_and_afterwards_all_is_well",
    ),
    Guard(
        1,
        "a write that failed is no 2xx",
        "webhooks/committer.py",
        "if waiting.error is not None:",
        "if False:",
        PROMISES + "test_a_write_that_fails_is_told_to_everyone_who_waits_for_it",
    ),
    Guard(
        1,
        "a write is acknowledged by the store",
        "hub/store/client.py",
        'w="majority",\n        journal=True,',
        "w=0,",
        EDGE + "test_while_mongodb_is_frozen_the_answer_is_503_and_afterwards_all_is_well",
    ),
    Guard(
        2,
        "a delivery has one row",
        "webhooks/edge.py",
        '"_id": inbox.row_id(connection_id, f"{registration.endpoint_id}:{key}"),',
        '"_id": secrets.token_hex(8),',
        PROMISES + "test_a_repeat_of_everything_that_was_acknowledged_changes_nothing",
    ),
    Guard(
        2,
        "a body that we hold is not written again",
        "hub/engine/record.py",
        "if self.item is not None or not self._is_outdated(item):\n"
        "                    return False",
        "pass",
        PROMISES + "test_work_that_is_done_again_changes_nothing",
    ),
    Guard(
        3,
        "an older version never replaces a newer one",
        "hub/engine/record.py",
        "elif item.content.order <= self.content.order:",
        "elif False:",
        SHUFFLED,
    ),
    Guard(
        3,
        "later evidence of life wins, not the last to arrive",
        "hub/engine/record.py",
        "won = registers.livelier(self.life, item.life)",
        "won = item.life or self.life",
        SHUFFLED,
    ),
    Guard(
        3,
        "edges are accepted in an order of content",
        "mappings/identity.py",
        "for edge in sorted(among_live, key=_order)]",
        "for edge in among_live]",
        "tests/mappings/test_identity_properties.py",
    ),
    Guard(
        3,
        "a claim that links otherwise than before is weighed again for all who hold it",
        "hub/engine/window.py",
        "reason = None if claim in self.hot or self._is_owned(claim) else silence(claim, live)",
        "reason = silence(claim, live)",
        DECIDED + "test_a_disputed_domain_waits_and_recovers_when_one_claim_goes",
    ),
    Guard(
        3,
        "nothing joins what a person keeps apart",
        "mappings/components.py",
        "kept = self._sides.get(one, set()) & against",
        "kept: set[tuple[str, bool]] = set()",
        DECIDED + "test_a_split_holds_against_an_equal_domain_and_a_vendor_merge",
    ),
    Guard(
        4,
        "the sweep rings where work waits",
        "hub/scheduler.py",
        "if inbox.has_due(store, connection_id, now):",
        "if False:",
        CRASHES + "test_redis_emptied_while_work_waits",
    ),
    Guard(
        4,
        "what is recorded stays due until it is settled",
        "hub/engine/record.py",
        '    fields["due"] = RANK.get(str(entity), LAST_RANK)\n',
        "",
        HISTORIES + "test_a_restart_between_record_and_settle_is_due_again",
    ),
    Guard(
        4,
        "a lease that was lost forbids the write (in one process)",
        "hub/store/leases.py",
        "raise LeaseLost(",
        "print(",
        PROMISES + "test_a_worker_whose_lease_was_taken_over_writes_nothing",
    ),
    Guard(
        4,
        "a lease that was lost forbids the write (frozen process)",
        "hub/store/leases.py",
        "raise LeaseLost(",
        "print(",
        CRASHES + "test_a_frozen_worker_cannot_write_what_another_has_taken_over",
    ),
    Guard(
        4,
        "a token is renewed under a lease",
        "hub/grants.py",
        'leases.acquire(store, f"grant:{connection_id}", LEASE_S)',
        'leases.Lease("", 0)',
        "tests/engine/test_grants.py::test_many_at_once_renew_once_and_none_is_lost",
    ),
    Guard(
        4,
        "the lease of a dead process is free",
        "hub/store/holder.py",
        "started_at(int(pid)) != int(started)",
        "False",
        CRASHES + "test_everything_killed_at_each_point_and_then_hurt_in_turn",
    ),
    Guard(
        4,
        "a page's cursor is kept with the page",
        "hub/engine/sync.py",
        'change["$set"]["cursor"] = page.cursor',
        "pass",
        "tests/reliability/test_pages.py",
    ),
    Guard(
        4,
        "scores follow a run's end even if its worker dies",
        "hub/scheduler.py",
        "    connections.rescore_noted(store)\n",
        "",
        CRASHES + "test_everything_killed_at_each_point_and_then_hurt_in_turn",
    ),
    Guard(
        5,
        "a delivery that cannot be parsed fails alone",
        "hub/engine/plan.py",
        "        except Exception as error:\n            item.error",
        "        except ZeroDivisionError as error:\n            item.error",
        PROMISES + "test_one_delivery_that_cannot_be_read_does_not_stop_the_others",
    ),
    Guard(
        5,
        "a record that cannot be mapped is quarantined alone",
        "hub/engine/incoming.py",
        "    except Unmappable as problem:",
        "    except ZeroDivisionError as problem:",
        "tests/cli/test_cli_data.py"
        "::test_a_quarantined_record_says_where_and_why_and_is_mended_by_a_mapping",
    ),
    Guard(
        6,
        "every query carries the tenant",
        "hub/store/scoped.py",
        'return {"tenant_id": self._tenant, **filter}',
        "return dict(filter)",
        "tests/api/test_api_problems.py::test_another_tenants_key_sees_nothing_of_this_one",
    ),
    Guard(
        7,
        "a vendor's wish to be left alone is shared by all workers",
        "hub/http.py",
        "    guard.enter(operation)\n",
        "",
        PROMISES + "test_a_vendor_that_limits_us_is_left_alone_and_no_other",
    ),
    Guard(
        7,
        "whose turn has not come has not failed",
        "hub/engine/runs.py",
        "isinstance(error, RetryLater) and error.reason in NO_TROUBLE",
        "False",
        "tests/limits/test_waiting_turns.py::"
        "test_a_backfill_beyond_the_days_quota_waits_and_goes_on_at_its_cursor",
    ),
    Guard(
        7,
        "a cursor that does not move is an error",
        "hub/engine/sync.py",
        'reason="cursor_loop",',
        'reason="other",',
        "tests/engine/test_trouble.py::test_empty_pages_that_go_nowhere_are_a_loop",
    ),
    Guard(
        8,
        "a broken source keeps its last points",
        "hub/health/score.py",
        "    if measure.broken and before:",
        "    if False and before:",
        "tests/health",
    ),
    Guard(
        8,
        "what is not known is not a zero",
        "hub/health/measures.py",
        "reading = read(views[supply.as_of]) if _readable(supply) else None",
        "reading = read(views[supply.as_of])",
        "tests/health",
    ),
    Guard(
        9,
        "a profile value names its rule and who says otherwise",
        "mappings/survivorship.py",
        'return _seen(first, value) | {"rule": rule, "also": _also(losers, field.name)}',
        "return _seen(first, value)",
        "tests/mappings/test_survivorship.py",
    ),
    Guard(
        9,
        "a profile value names its record",
        "mappings/survivorship.py",
        '"rec": member.key, ',
        "",
        "tests/mappings/test_survivorship.py",
    ),
    Guard(
        10,
        "changes are counted in the write that closes their row",
        "hub/engine/drain.py",
        "inbox.count_changes(store, self.source.connection_id, before, after)",
        "pass",
        CRASHES + "test_redis_emptied_while_work_waits",
    ),
    Guard(
        10,
        "a repeated arrival is counted",
        "hub/store/intake.py",
        '{"$add": [{"$ifNull": ["$duplicates", 0]}, 1]}',
        '{"$add": [{"$ifNull": ["$duplicates", 0]}, 0]}',
        PROMISES + "test_a_repeat_of_everything_that_was_acknowledged_changes_nothing",
    ),
    Guard(
        11,
        "deliveries of a paused connection are held",
        "hub/engine/apply.py",
        '        inbox.hold(store, connection_id, connection["state"])\n',
        "        pass\n",
        PROMISES + "test_what_comes_for_a_paused_connection_is_kept_and_drains_when_it_is_resumed",
    ),
    Guard(
        12,
        "one listing is no evidence",
        "hub/engine/listings.py",
        "not any(_holds(marks, mark) for marks in seen)",
        "not _holds(seen[0], mark)",
        PROMISES + "test_absence_counts_from_the_second_complete_listing",
    ),
    Guard(
        12,
        "very many absences stop and ask",
        "hub/engine/listings.py",
        "return many > max(MANY_SHARE * self.live, MANY) or many == self.live > 1",
        "return False",
        PROMISES + "test_many_absences_at_once_stop_and_ask",
    ),
)
