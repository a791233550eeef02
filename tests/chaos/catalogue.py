"""The faults that the stream has to survive, and the tests that hold each; a test that stands elsewhere is named, not repeated."""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    """A fault. `tests` are node ids without parameters; `instead` says what holds where no test does."""

    fault: str
    tests: tuple[str, ...] = ()
    instead: str = ""


_ONCE = "tests/agent/test_exactly_once.py::test_"
_KAFKA = "tests/collectors/test_kafka.py::test_"
_FAULTS = "tests/collectors/test_kafka_faults.py::test_"
_PLACES = "tests/collectors/test_kafka_positions.py::test_"
_KILLS = "tests/chaos/test_kills.py::test_"
_NET = "tests/chaos/test_network.py::test_"
_STORE = "tests/chaos/test_database.py::test_"
_GROUP = "tests/chaos/test_group.py::test_"
_BROKER = "tests/chaos/test_broker.py::test_"

CASES = (
    Case(
        "SIGKILL between poll and the transaction",
        (f"{_KILLS}sigkill_before_the_first_statement_and_inside_the_transaction",),
    ),
    Case("SIGKILL inside the transaction", (f"{_KILLS}sigkill_before_the_first_statement_and_inside_the_transaction",)),
    Case(
        "SIGKILL after COMMIT, before Kafka hears of it",
        (f"{_ONCE}sigkill_at_twenty_random_moments", f"{_KAFKA}goes_on_where_the_database_says_not_where_kafka_says"),
    ),
    Case("SIGTERM during a batch", (f"{_ONCE}sigterm_finishes_the_batch_and_exits_with_zero",)),
    Case(
        "SIGKILL of the analyst",
        ("tests/agent/test_analyst.py::test_another_agent_takes_over_when_the_analyst_is_killed",),
    ),
    Case(
        "SIGSTOP for longer than a session, then SIGCONT",
        (
            f"{_KILLS}an_agent_that_stands_still_is_replaced_and_fenced_when_it_wakes",
            f"{_ONCE}a_stopped_agent_that_wakes_up_late_is_fenced",
        ),
    ),
    Case(
        "No poll for longer than the group allows",
        ("tests/agent/test_backpressure.py::test_membership_is_kept_while_the_database_is_gone",),
    ),
    Case(
        "Rebalance storm",
        (f"{_GROUP}a_rebalance_storm_of_four_agents", f"{_ONCE}two_agents_share_a_topic_while_members_come_and_go"),
    ),
    Case(
        "Rolling restart with static membership",
        (f"{_GROUP}a_rolling_restart_with_names_of_their_own_moves_no_partition",),
    ),
    Case(
        "Broker down and up again, for a minute too",
        (
            f"{_BROKER}restarts_of_the_broker_under_two_agents",
            f"{_ONCE}the_broker_dies_in_mid_stream_and_comes_back",
            f"{_FAULTS}reading_goes_on_by_itself_after_the_broker_was_killed",
        ),
    ),
    Case("Network to the broker cut, held up, half open", (f"{_NET}the_network_to_the_broker",)),
    Case("Network to the database cut, held up, half open", (f"{_NET}the_network_to_the_database",)),
    Case("Leader or coordinator moves", instead="the brokers of the tests are single; the client does it by itself"),
    Case(
        "Poison records and tombstones",
        (
            f"{_ONCE}a_stream_with_poison_and_repeats_comes_out_exactly",
            f"{_KAFKA}raw_values_tombstones_and_keys_pass_untouched",
        ),
    ),
    Case(
        "Valid JSON of a wrong shape",
        ("tests/fuzz/test_parse.py::test_records_that_are_nearly_right_never_break_the_parser",),
    ),
    Case(
        "Schema drift at full traffic",
        instead="the stream never stops: refusals are kept, counted, and alerted on (HoneRejectsRecords)",
    ),
    Case("Corrupt batch", (f"{_FAULTS}a_damaged_batch_is_stepped_over_and_the_others_flow",)),
    Case(
        "Oversized records",
        (f"{_ONCE}a_record_of_five_megabytes_among_small_ones", f"{_KAFKA}a_record_larger_than_the_fetch_limit"),
    ),
    Case(
        "Topic deleted and made anew",
        (
            f"{_PLACES}a_topic_recreated_under_a_running_source_is_noticed",
            f"{_PLACES}a_recreated_topic_stops_or_begins_anew",
        ),
    ),
    Case(
        "Retention passes the position",
        (
            f"{_ONCE}an_offset_out_of_range_stops_the_agent_loudly",
            f"{_PLACES}deleted_records_are_an_incident_with_the_lost_range",
        ),
    ),
    Case("Log cut off behind the position", (f"{_BROKER}a_broker_that_lost_its_tail_is_no_silent_loss",)),
    Case("Partitions added", (f"{_KAFKA}partitions_added_later_are_read_from_their_beginning",)),
    Case("Producer sends again", (f"{_ONCE}one_call_reported_again_after_a_restart_counts_once",)),
    Case(
        "Aborted transactions, compaction",
        (
            f"{_KAFKA}aborted_transactions_leave_holes_and_the_position_passes_them",
            f"{_ONCE}a_compacted_topic_with_gaps",
        ),
    ),
    Case("Clock jumps", ("tests/chaos/test_clock.py::test_a_clock_that_jumps_changes_no_total",)),
    Case(
        "PostgreSQL killed, stopped, restarted",
        (f"{_STORE}postgresql_restarts_again_and_again", f"{_ONCE}postgresql_killed_under_load_comes_back"),
    ),
    Case("Disk full", (f"{_STORE}a_full_disk_under_sqlite", f"{_STORE}a_full_disk_under_postgresql")),
    Case(
        "Database slow",
        (f"{_STORE}slow_but_not_gone", f"{_ONCE}a_database_locked_for_a_while_holds_the_stream_and_loses_nothing"),
    ),
    Case("Second agent on one SQLite file", (f"{_ONCE}a_stopped_agent_that_wakes_up_late_is_fenced",)),
    Case("Connection lost at COMMIT", (f"{_NET}the_network_to_the_database",)),
    Case(
        "Credentials of the broker changed",
        (
            "tests/chaos/test_credentials.py::test_of_the_broker",
            "tests/collectors/test_kafka_security.py::test_a_password_that_is_wrong_while_running_is_said_and_retried",
        ),
    ),
    Case(
        "Credentials of the database changed",
        (
            "tests/chaos/test_credentials.py::test_of_the_database",
            "tests/chaos/test_credentials.py::test_in_a_file_is_read_anew_by_the_agent_that_runs",
        ),
    ),
    Case(
        "Offsets set back by an operator",
        (f"{_GROUP}an_operator_who_sets_offsets_back_changes_nothing_but_repetitions",),
    ),
    Case("Schema upgraded under load", ("tests/agent/test_upgrade.py::test_agents_of_two_versions_side_by_side",)),
    Case("All of it in random order", ("tests/chaos/test_everything_at_once.py::test_everything_at_once",)),
    Case(
        "Two deployments in one group with different databases",
        (f"{_GROUP}two_deployments_in_one_group_notice_each_other",),
    ),
)
