/* Jobs: limits, ticks, leases and guards. */
#include "talk.h"

static void arm_refused(struct payload rows, enum error error, uint8_t detail) {
  CHECK(fine_answer(stage(&rows)));
  CHECK(is_refused(arm(&rows, (struct arming){.job = 1}), error, detail));
  bench_run(20 * MS);
  CHECK(bench_level(4) == '0' && bench_level(6) == '0' && bench_level(8) == '1');
}

static void steps_are_staged_in_order_and_fit_the_table(void) {
  configure();
  struct payload nine = {0}, rows = {0};
  for (unsigned i = 0; i < 9; i++) add_row(&nine, 3, 1000, i * 10, i * 10 + 5);
  rows = byte(9);
  for (size_t i = 0; i < nine.length; i++) p8(&rows, nine.bytes[i]);
  CHECK(is_refused(ask(STEPS, rows), MISMATCH, 0));
  for (unsigned first = 0; first < 63; first += 9) {
    rows.bytes[0] = (uint8_t)first;
    const struct frame frame = ask(STEPS, rows);
    CHECK(frame.type == (STEPS | 0x40) && frame.payload[0] == first + 9);
  }
  rows.bytes[0] = 63;
  CHECK(is_refused(ask(STEPS, rows), OVERFLOW, 0));
  rows.length -= 3;
  CHECK(is_refused(ask(STEPS, rows), MALFORMED, 0));
  const struct payload backwards = one_row(3, 1000, 5, 5);
  CHECK(is_refused(stage(&backwards), MALFORMED, 3));
  const struct payload endless = one_row(3, 1000, 5, LONGEST_JOB + 1);
  CHECK(is_refused(stage(&endless), MALFORMED, 3));
}

static void a_job_beyond_the_limits_moves_nothing(void) {
  configure();
  struct payload rows = one_row(3, 1000, 0, 100);
  add_row(&rows, 4, 1000, 0, 10);
  arm_refused(rows, UNKNOWN_PUMP, 4);
  rows = one_row(3, 1000, 0, 100);
  add_row(&rows, 3, 1000, 99, 200);
  arm_refused(rows, OVER_LIMIT, 3);
  arm_refused(one_row(3, 500, 0, 100), OVER_LIMIT, 3);
  arm_refused(one_row(9, 0, 0, 100), OVER_LIMIT, 9);
  arm_refused(one_row(9, 1001, 0, 100), OVER_LIMIT, 9);
  // 40 ml at 10 ml/s are 4 s, sooner than 5 s of on-time
  arm_refused(one_row(3, 1000, 0, 250001), OVER_LIMIT, 3);
  rows = one_row(3, 1000, 0, 125000);
  add_row(&rows, 3, 1000, 200000, 325001);
  arm_refused(rows, OVER_LIMIT, 3);
  rows = one_row(3, 1000, 0, 125000);
  add_row(&rows, 3, 1000, 125000, 250000);
  CHECK(fine_answer(stage(&rows)));
  CHECK(fine_answer(arm(&rows, (struct arming){.job = 1})));
}

static void arming_asks_for_everything_to_be_right(void) {
  const struct payload rows = one_row(3, 1000, 0, 100);
  CHECK(fine_answer(hello(7)));
  CHECK(fine_answer(stage(&rows)));
  CHECK(is_refused(arm(&rows, (struct arming){.job = 1}), NOT_ENABLED, 0));
  configure();
  CHECK(fine_answer(hello(9)));
  configure();
  CHECK(fine_answer(stage(&rows)));
  CHECK(is_refused(arm(&rows, (struct arming){.job = 1, .spoil = 1}), MISMATCH, 0));
  CHECK(is_refused(arm(&rows, (struct arming){.job = 0}), LATE, 0));
  CHECK(is_refused(arm(&rows, (struct arming){.job = 1, .lease_ms = 5001}), OVER_LIMIT, 0));
  CHECK(is_refused(arm(&rows, (struct arming){.job = 1, .rest = LONGEST_JOB + 1}), MALFORMED, 0));
  CHECK(is_refused(arm(&rows, (struct arming){.job = 1, .heed = 1}), INTERLOCK, 0));
  CHECK(fine_answer(arm(&rows, (struct arming){.job = 1, .heed = 2, .rest = 1000})));
  CHECK(is_refused(arm(&rows, (struct arming){.job = 2}), BUSY, 0));
  CHECK(is_refused(stage(&rows), BUSY, 0));
  CHECK(is_refused(plain(FORGET_IT), BUSY, 0));
  CHECK(is_refused(plain(ENABLE), BUSY, 0));
  bench_run(1000);
  CHECK(is_refused(arm(&rows, (struct arming){.job = 2}), MISMATCH, 0));
}

static void each_step_runs_for_its_ticks_whatever_lies_beside_it(void) {
  configure();
  struct payload rows = {0};
  add_row(&rows, 3, 1000, 0, 777);
  add_row(&rows, 5, 1000, 1, 778);
  add_row(&rows, 9, 300, 1, 2);
  add_row(&rows, 9, 700, 2, 500);
  add_row(&rows, 3, 1000, 777, 900);
  add_row(&rows, 5, 1000, 900, 901);
  CHECK(fine_answer(stage(&rows)));
  CHECK(fine_answer(arm(&rows, (struct arming){.job = 1, .rest = 5000})));
  bench_run(2000);
  CHECK(bench_event(ENDED).type == 0);
  bench_run(4000);
  const struct frame ended = bench_event(ENDED);
  CHECK(get32(ended.payload) == 1 && ended.payload[4] == END_DONE);
  CHECK(bench_on_ticks(4) == 900 && bench_on_ticks(6) == 499);
  const struct frame last = ask(LAST, byte(0));
  const uint32_t on[] = {777, 777, 1, 498, 123, 1};
  CHECK(last.payload[9] == 6 && get32(last.payload + 5) == 5000);
  for (size_t i = 0; i < 6; i++) CHECK(get32(last.payload + 10 + 7 * i + 3) == on[i]);
  CHECK(ask(LAST, byte(4)).length == 10 + 14);
  CHECK(ask(LAST, byte(200)).length == 10);
}

static void doses_are_exact_where_the_counter_goes_round(void) {
  configure();
  board_time.now = board_time.kicked = 0U - 200U;
  pour(1, 2000);
  bench_run(3000);
  CHECK(bench_on_ticks(4) == 2000);
  CHECK(bench_event(ENDED).payload[4] == END_DONE);
}

static void a_lease_that_is_over_switches_off_and_a_renewed_one_goes_on(void) {
  configure();
  const struct payload rows = one_row(3, 1000, 0, 200000);
  CHECK(fine_answer(stage(&rows)));
  CHECK(fine_answer(arm(&rows, (struct arming){.job = 1, .lease_ms = 1000})));
  bench_run(900 * MS);
  renew_is(2, LEASE_EXPIRED);
  renew_is(1, FINE);
  bench_run(990 * MS);
  CHECK(bench_level(4) == '1');
  bench_run(20 * MS);
  CHECK(bench_level(4) == '0' && bench_level(2) == '1');
  CHECK(bench_event(ENDED).payload[4] == END_LEASE);
  renew_is(1, LEASE_EXPIRED);
  pour(2, 100);
  bench_run(1000);
  renew_is(2, FINE);
}

static void the_lease_ends_a_job_though_the_main_loop_hangs(void) {
  configure();
  const struct payload rows = one_row(3, 1000, 0, 200000);
  CHECK(fine_answer(stage(&rows)));
  CHECK(fine_answer(arm(&rows, (struct arming){.job = 1, .lease_ms = 50})));
  bench_run(40 * MS);
  board_time.hangs = true;
  bench_run(20 * MS);
  CHECK(bench_level(4) == '0');
  board_time.hangs = false;
}

static void stop_and_cut_switch_off_at_any_time(void) {
  configure();
  CHECK(fine_answer(plain(STOP)));
  pour(1, 60000);
  bench_run(100 * MS);
  CHECK(fine_answer(plain(STOP)));
  CHECK(bench_level(4) == '0' && bench_level(2) == '1');
  CHECK(bench_event(ENDED).payload[4] == END_STOPPED);
  CHECK(get32(ask(LAST, byte(0)).payload + 13) == bench_on_ticks(4));
  pour(2, 60000);
  CHECK(fine_answer(plain(CUT)));
  CHECK(bench_level(4) == '0' && bench_level(2) == '0');
  const struct payload rows = one_row(3, 1000, 0, 100);
  CHECK(fine_answer(stage(&rows)));
  CHECK(is_refused(arm(&rows, (struct arming){.job = 3}), NOT_ENABLED, 0));
  CHECK(fine_answer(plain(ENABLE)));
  CHECK(fine_answer(arm(&rows, (struct arming){.job = 3})));
}

static void a_heeded_contact_that_opens_ends_the_job(void) {
  configure();
  world_give(7, 0);
  bench_run(10 * MS);
  struct payload rows = one_row(3, 1000, 0, 60000);
  CHECK(fine_answer(stage(&rows)));
  CHECK(fine_answer(arm(&rows, (struct arming){.job = 1, .heed = 7})));
  bench_run(50 * MS);
  CHECK(bench_level(4) == '1');
  world_give(7, 1);
  bench_run(1);
  CHECK(bench_level(4) == '0');
  CHECK(bench_event(ENDED).payload[4] == END_INTERLOCK);
  CHECK(fine_answer(stage(&rows)));
  CHECK(fine_answer(arm(&rows, (struct arming){.job = 2})));
}

static void a_supply_that_goes_ends_the_job(void) {
  CHECK(fine_answer(hello(7)));
  CHECK(fine_answer(ask(PUMP, pump_of(3, 4, 0, NO_PIN, 5000000))));
  CHECK(fine_answer(ask(INPUT, bytes3(3, 9, 0))));
  CHECK(fine_answer(ask(INPUT, bytes3(32 + 3, 10, 0))));
  CHECK(fine_answer(plain(ENABLE)));
  const struct payload rows = one_row(3, 1000, 0, 60000);
  CHECK(fine_answer(stage(&rows)));
  CHECK(is_refused(arm(&rows, (struct arming){.job = 1}), INTERLOCK, 3));
  world_give(9, 1);
  world_give(10, 1);
  bench_run(10 * MS);
  CHECK(get32(bench_event(INPUTS).payload + 2) == 1U << 3);
  CHECK(fine_answer(arm(&rows, (struct arming){.job = 1})));
  bench_run(50 * MS);
  world_give(9, 0);
  bench_run(1);
  CHECK(bench_level(4) == '0');
  CHECK(bench_event(ENDED).payload[4] == END_SUPPLY);
}

static void an_output_that_does_not_obey_cuts_the_supply(void) {
  configure();
  pour(1, 60000);
  bench_run(50 * MS);
  world.stuck[4] = 0;
  bench_run(4 * MS);
  CHECK(bench_event(ENDED).payload[4] == END_STUCK);
  CHECK(bench_level(2) == '0');
  world.stuck[4] = -1;
  const struct payload rows = one_row(3, 1000, 0, 100);
  CHECK(fine_answer(stage(&rows)));
  CHECK(is_refused(arm(&rows, (struct arming){.job = 2}), OUTPUT_STUCK, 3));
  CHECK(fine_answer(plain(ENABLE)));
  CHECK(fine_answer(arm(&rows, (struct arming){.job = 2})));
  bench_run(100 * MS);
  world.stuck[8] = 0;
  bench_run(4 * MS);
  CHECK(bench_level(2) == '0');
  CHECK(get32(plain(STATUS).payload + 9) == 1U << 5);
}

const struct test job_tests[] = {
    TEST(steps_are_staged_in_order_and_fit_the_table),
    TEST(a_job_beyond_the_limits_moves_nothing),
    TEST(arming_asks_for_everything_to_be_right),
    TEST(each_step_runs_for_its_ticks_whatever_lies_beside_it),
    TEST(doses_are_exact_where_the_counter_goes_round),
    TEST(a_lease_that_is_over_switches_off_and_a_renewed_one_goes_on),
    TEST(the_lease_ends_a_job_though_the_main_loop_hangs),
    TEST(stop_and_cut_switch_off_at_any_time),
    TEST(a_heeded_contact_that_opens_ends_the_job),
    TEST(a_supply_that_goes_ends_the_job),
    TEST(an_output_that_does_not_obey_cuts_the_supply),
    {0, 0},
};
