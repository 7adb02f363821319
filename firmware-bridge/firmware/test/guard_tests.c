/* What no host commanded: registers that flip, relays that weld, a supply that goes, a lease and a watchdog at their limits. */
#include "talk.h"

enum { SUPPLY_PIN = 2, PUMP_PIN = 4, SENSE_PIN = 5, CONTACT_PIN = 9 };

static void add_supply(void) {
  struct payload supply = byte(SUPPLY_PIN);
  p8(&supply, 0);
  CHECK(fine_answer(ask(SUPPLY, supply)));
}

/* Pump 3 with a sense pin that follows it. */
static void configure_sensed(void) {
  CHECK(fine_answer(hello(7)));
  CHECK(fine_answer(ask(PUMP, pump_of(3, PUMP_PIN, 0, SENSE_PIN, 5000000))));
  add_supply();
  CHECK(fine_answer(plain(ENABLE)));
  world.follows[SENSE_PIN] = PUMP_PIN;
}

/* Pump 3, and a contact that shows the supply. */
static void lay_out_watched_supply(uint32_t session) {
  CHECK(fine_answer(hello(session)));
  CHECK(fine_answer(ask(PUMP, pump_of(3, PUMP_PIN, 0, NO_PIN, 5000000))));
  CHECK(fine_answer(ask(INPUT, bytes3(3, CONTACT_PIN, 0))));
  add_supply();
}

static void configure_watched_supply(void) {
  lay_out_watched_supply(7);
  CHECK(fine_answer(plain(ENABLE)));
  world_give(CONTACT_PIN, 1);
  bench_run(10 * MS);
}

static void a_register_that_flips_outside_a_job_is_put_right(void) {
  configure();
  for (uint8_t i = 0; i < 10; i++) {
    board_disturb(PUMP_PIN);
    board_disturb(8);
    board_disturb(SUPPLY_PIN);
    CHECK(bench_level(PUMP_PIN) == '1' && bench_level(8) == '0' && bench_level(SUPPLY_PIN) == '0');
    bench_run(2 * MS);
    CHECK(bench_level(PUMP_PIN) == '0' && bench_level(8) == '1' && bench_level(SUPPLY_PIN) == '1');
  }
  CHECK(bench_on_ticks(PUMP_PIN) <= 10 * (MS + 1));
}

static void a_register_that_flips_before_the_supply_is_on_is_put_right(void) {
  CHECK(fine_answer(hello(7)));
  CHECK(fine_answer(ask(PUMP, pump_of(3, PUMP_PIN, 0, NO_PIN, 5000000))));
  add_supply();
  board_disturb(PUMP_PIN);
  board_disturb(SUPPLY_PIN);
  bench_run(2 * MS);
  CHECK(bench_level(PUMP_PIN) == '0' && bench_level(SUPPLY_PIN) == '0');
}

static void a_register_that_flips_in_a_job_cuts_the_supply(void) {
  configure();
  pour(1, 60000);
  bench_run(50 * MS);
  board_disturb(8);
  bench_run(4 * MS);
  CHECK(bench_event(ENDED).payload[4] == END_STUCK);
  CHECK(bench_level(PUMP_PIN) == '0' && bench_level(8) == '1' && bench_level(SUPPLY_PIN) == '0');
}

static void a_welded_relay_is_seen_by_its_sense_pin(void) {
  configure_sensed();
  pour(1, 40 * MS);
  bench_run(100 * MS);
  CHECK(bench_event(ENDED).payload[4] == END_DONE);
  pour(2, 40 * MS);
  bench_run(20 * MS);
  world.follows[SENSE_PIN] = -1;
  world.given[SENSE_PIN] = 1;
  bench_run(160 * MS);
  CHECK(bench_level(SUPPLY_PIN) == '1');
  bench_run(25 * MS);
  CHECK(bench_level(SUPPLY_PIN) == '0');
  CHECK(get32(plain(STATUS).payload + 9) == 1U << 3);
}

static void a_motor_that_runs_down_is_no_welded_relay(void) {
  configure_sensed();
  pour(1, 40 * MS);
  bench_run(30 * MS);
  world.follows[SENSE_PIN] = -1;
  world.given[SENSE_PIN] = 1;
  bench_run(130 * MS);
  world.given[SENSE_PIN] = 0;
  bench_run(300 * MS);
  CHECK(bench_event(ENDED).payload[4] == END_DONE && bench_level(SUPPLY_PIN) == '1');
}

static void a_pump_without_current_ends_the_job_by_a_fault_of_its_own(void) {
  configure_sensed();
  world.follows[SENSE_PIN] = -1;
  pour(1, 800 * MS);
  bench_run(480 * MS);
  CHECK(bench_level(PUMP_PIN) == '1');
  bench_run(40 * MS);
  CHECK(bench_level(PUMP_PIN) == '0' && bench_level(SUPPLY_PIN) == '1');
  CHECK(bench_event(ENDED).payload[4] == END_NO_CURRENT);
}

static void a_lease_is_never_longer_than_asked_for(void) {
  configure();
  uint32_t job = 0;
  for (unsigned lease_ms = 1; lease_ms <= 500; lease_ms += 7) {
    const struct payload rows = one_row(3, 1000, 0, 200000);
    CHECK(fine_answer(stage(&rows)));
    // another phase of the tending each time
    bench_run(lease_ms * 13 % MS);
    CHECK(fine_answer(arm(&rows, (struct arming){.job = ++job, .lease_ms = lease_ms})));
    bench_run(lease_ms * MS);
    CHECK(bench_event(ENDED).payload[4] == END_LEASE);
    // its own time began the shortest delay after the lease
    const uint32_t elapsed = get32(ask(LAST, byte(0)).payload + 5), asked = lease_ms * 1000U / 16U;
    CHECK(elapsed == 0 || (elapsed + MS <= asked && elapsed + MS + 2 * PORT_TENDING_TICKS >= asked));
  }
}

static void a_supply_that_went_comes_back_by_another_read_back_only(void) {
  configure_watched_supply();
  world_give(CONTACT_PIN, 0);
  bench_run(2 * MS);
  CHECK(bench_level(SUPPLY_PIN) == '0');
  world_give(CONTACT_PIN, 1);
  bench_run(20 * MS);
  CHECK(bench_level(SUPPLY_PIN) == '0');
  const struct payload rows = one_row(3, 1000, 0, 100);
  CHECK(fine_answer(stage(&rows)));
  CHECK(is_refused(arm(&rows, (struct arming){.job = 1}), NOT_ENABLED, 0));
  world_give(CONTACT_PIN, 0);
  bench_run(MS);
  CHECK(fine_answer(plain(ENABLE)));
  world_give(CONTACT_PIN, 1);
  bench_run(10 * MS);
  CHECK(bench_level(SUPPLY_PIN) == '1');
  pour(2, 60000);
  bench_run(20 * MS);
  world_give(CONTACT_PIN, 0);
  bench_run(2 * MS);
  CHECK(bench_event(ENDED).payload[4] == END_SUPPLY);
  CHECK(bench_level(PUMP_PIN) == '0' && bench_level(SUPPLY_PIN) == '0');
}

static void a_welded_supply_relay_is_seen_before_the_supply_is_switched_on(void) {
  configure_watched_supply();
  lay_out_watched_supply(8);
  CHECK(is_refused(plain(ENABLE), OUTPUT_STUCK, NO_PIN));
  CHECK(bench_level(SUPPLY_PIN) == '0');
  world_give(CONTACT_PIN, 0);
  bench_run(10 * MS);
  CHECK(fine_answer(plain(ENABLE)));
  CHECK(bench_level(SUPPLY_PIN) == '1');
}

static void the_watchdog_bites_when_a_job_is_not_tended(void) {
  configure();
  const struct payload rows = one_row(3, 1000, 0, 200000);
  CHECK(fine_answer(stage(&rows)));
  CHECK(fine_answer(arm(&rows, (struct arming){.job = 1, .lease_ms = 5000})));
  bench_run(50 * MS);
  board_time.tending = board_time.alarm_set = false;
  bench_run(130 * MS);
  CHECK(bench_level(PUMP_PIN) == 'z');
  CHECK(bench_event(RESET).payload[0] == 4);
}

static void rows_of_a_stage_do_not_outlive_their_session(void) {
  configure();
  const struct payload rows = one_row(3, 1000, 0, 100);
  CHECK(fine_answer(stage(&rows)));
  CHECK(fine_answer(hello(9)));
  struct payload second = byte(1);
  for (size_t i = 0; i < rows.length; i++) p8(&second, rows.bytes[i]);
  CHECK(is_refused(ask(STEPS, second), MISMATCH, 0));
}

const struct test guard_tests[] = {
    TEST(a_register_that_flips_outside_a_job_is_put_right),
    TEST(a_register_that_flips_before_the_supply_is_on_is_put_right),
    TEST(a_register_that_flips_in_a_job_cuts_the_supply),
    TEST(a_welded_relay_is_seen_by_its_sense_pin),
    TEST(a_motor_that_runs_down_is_no_welded_relay),
    TEST(a_pump_without_current_ends_the_job_by_a_fault_of_its_own),
    TEST(a_lease_is_never_longer_than_asked_for),
    TEST(a_supply_that_went_comes_back_by_another_read_back_only),
    TEST(a_welded_supply_relay_is_seen_before_the_supply_is_switched_on),
    TEST(the_watchdog_bites_when_a_job_is_not_tended),
    TEST(rows_of_a_stage_do_not_outlive_their_session),
    {0, 0},
};
