/* What the core promises, one test after the other, on virtual pins. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "crc32.h"
#include "port.h"
#include "rules.h"
#include "world.h"

enum { HELLO = 1, PUMP, INPUT, SUPPLY, SCALE, METER, ENABLE, STEPS = 0x10, ARM, RENEW, STOP, CUT };
enum { STATUS = 0x20, LAST, PULSES, FORGET_IT, WATCH };
enum { REFUSAL = 0x7f, ENDED = 0x80, INPUTS = 0x81, WEIGHT = 0x82, RESET = 0x83 };

static const char *current;

#define CHECK(what) \
  if (!(what)) fail(__LINE__, #what)

static void fail(int line, const char *what) {
  printf("FAILED %s: tests.c:%d: %s\n", current, line, what);
  exit(1);
}

static struct frame ask(uint8_t type, struct payload payload) {
  return bench_ask(type, &payload);
}

static struct frame plain(uint8_t type) {
  return ask(type, (struct payload){0});
}

static bool fine_answer(struct frame frame) {
  return frame.type != 0 && frame.type != REFUSAL;
}

static bool is_refused(struct frame frame, enum error error, uint8_t detail) {
  return frame.type == REFUSAL && frame.length == 2 && frame.payload[0] == error && frame.payload[1] == detail;
}

static struct frame hello(uint32_t session) {
  bench_session = session;
  struct payload payload = {0};
  p8(&payload, PROTOCOL_VERSION);
  return ask(HELLO, payload);
}

static struct payload pump_of(unsigned number, unsigned pin, unsigned flags, unsigned sense, uint32_t max_us) {
  struct payload payload = {0};
  p8(&payload, number);
  p8(&payload, pin);
  p8(&payload, flags);
  p8(&payload, sense);
  p8(&payload, 0);
  p32(&payload, max_us);
  p32(&payload, 40000);
  p32(&payload, 10000);
  return payload;
}

static struct payload bytes3(unsigned a, unsigned b, unsigned c) {
  struct payload payload = {0};
  p8(&payload, a);
  p8(&payload, b);
  p8(&payload, c);
  return payload;
}

static struct payload byte(unsigned a) {
  struct payload payload = {0};
  p8(&payload, a);
  return payload;
}

static void add_row(struct payload *rows, unsigned pump, unsigned drive, uint32_t start, uint32_t stop) {
  p8(rows, pump);
  p16(rows, drive);
  p32(rows, start);
  p32(rows, stop);
}

static struct frame stage(const struct payload *rows) {
  struct payload payload = byte(0);
  for (size_t i = 0; i < rows->length; i++) p8(&payload, rows->bytes[i]);
  return ask(STEPS, payload);
}

struct arming {
  uint32_t job, rest, delay, spoil;
  unsigned lease_ms, heed;
};

static struct frame arm(const struct payload *rows, struct arming arming) {
  struct payload payload = {0};
  p32(&payload, arming.job);
  p8(&payload, (unsigned)(rows->length / ROW_BYTES));
  p32(&payload, arming.rest);
  p16(&payload, arming.lease_ms == 0 ? 1000 : arming.lease_ms);
  p8(&payload, arming.heed);
  p32(&payload, arming.delay);
  p32(&payload, bench_crc(rows->bytes, rows->length) + arming.spoil);
  return ask(ARM, payload);
}

static struct payload one_row(unsigned pump, unsigned drive, uint32_t start, uint32_t stop) {
  struct payload rows = {0};
  add_row(&rows, pump, drive, start, stop);
  return rows;
}

/* Session 7: pump 3 at pin 4, pump 9 at pin 6 with speed, pump 5 at pin 8 active low, glass at 7, supply at 2. */
static void configure(void) {
  CHECK(fine_answer(hello(7)));
  CHECK(fine_answer(ask(PUMP, pump_of(3, 4, 0, NO_PIN, 5000000))));
  CHECK(fine_answer(ask(PUMP, pump_of(9, 6, SPEED, NO_PIN, 5000000))));
  CHECK(fine_answer(ask(PUMP, pump_of(5, 8, ACTIVE_LOW, NO_PIN, 5000000))));
  CHECK(fine_answer(ask(INPUT, bytes3(0, 7, ACTIVE_LOW | PULL_UP))));
  struct payload supply = byte(2);
  p8(&supply, 0);
  CHECK(fine_answer(ask(SUPPLY, supply)));
  CHECK(fine_answer(plain(ENABLE)));
  CHECK(bench_level(2) == '1' && bench_level(4) == '0' && bench_level(8) == '1');
}

/* Stages and arms one step of pump 3. */
static void pour(uint32_t job, uint32_t ticks) {
  const struct payload rows = one_row(3, 1000, 0, ticks);
  CHECK(fine_answer(stage(&rows)));
  CHECK(fine_answer(arm(&rows, (struct arming){.job = job})));
}

static void renew_is(uint32_t job, enum error error) {
  struct payload payload = {0};
  p32(&payload, job);
  p16(&payload, 1000);
  const struct frame frame = ask(RENEW, payload);
  CHECK(error == FINE ? frame.type == (RENEW | 0x40) : is_refused(frame, error, 0));
}

static void crc_is_the_one_of_ethernet(void) {
  CHECK(~crc32_add(CRC32_START, (const uint8_t *)"123456789", 9) == 0xcbf43926);
  CHECK(~crc32_add(CRC32_START, (const uint8_t *)"", 0) == 0);
  CHECK(bench_crc((const uint8_t *)"123456789", 9) == 0xcbf43926);
}

static void frames_are_cobs_as_known(void) {
  // HELLO 7, seq 1, written by hand: 01 01 07 00 00 00 01 and its CRC 0x3560ebe9
  const uint8_t line[] = {0, 4, 1, 1, 7, 1, 1, 6, 1, 0xe9, 0xeb, 0x60, 0x35, 0};
  (void)bench_event(RESET);
  bench_put(line, sizeof line);
  bench_run(MS);
  CHECK(bench_take().type == (HELLO | 0x40));
}

static void spoilt_frames_are_dropped_and_counted(void) {
  uint8_t line[600];
  struct payload payload = {0};
  p32(&payload, 7);
  p8(&payload, 1);
  (void)bench_event(RESET);
  bench_put(line, bench_encode(HELLO, 1, &payload, 1, line));
  bench_put((const uint8_t[]){0, 3, 1, 1, 0}, 5);
  bench_put((const uint8_t[]){0, 9, 1, 1, 0}, 5);
  for (int i = 0; i < 200; i++) bench_put((const uint8_t[]){2, 7}, 2);
  bench_put((const uint8_t[]){0}, 1);
  bench_put(line, bench_encode(0x41, 1, &payload, 0, line));
  bench_put(line, bench_encode(HELLO, 0, &payload, 0, line));
  bench_run(10 * MS);
  CHECK(bench_take().type == 0);
  const struct frame frame = hello(7);
  CHECK(get32(frame.payload + 13) == 6);
}

static void a_frame_cut_off_by_a_new_one_does_no_harm(void) {
  uint8_t line[600];
  struct payload payload = {0};
  p32(&payload, 7);
  p8(&payload, 1);
  const size_t length = bench_encode(HELLO, 1, &payload, 0, line);
  (void)bench_event(RESET);
  for (size_t cut = 1; cut < length - 1; cut++) {
    bench_put(line, cut);
    bench_put(line, length);
    bench_run(MS);
    CHECK(bench_take().type == (HELLO | 0x40));
    CHECK(bench_take().type == 0);
    CHECK(fine_answer(hello(7)));
  }
}

static void nothing_but_hello_is_heard_without_a_session(void) {
  for (unsigned type = 2; type <= 0x3f; type++) CHECK(is_refused(plain((uint8_t)type), NO_SESSION, 0));
  CHECK(is_refused(hello(0), MALFORMED, 0));
  bench_session = 7;
  CHECK(is_refused(ask(HELLO, byte(2)), PROTOCOL, PROTOCOL_VERSION));
  CHECK(is_refused(ask(HELLO, (struct payload){0}), MALFORMED, 0));
  CHECK(is_refused(plain(STATUS), NO_SESSION, 0));
  CHECK(fine_answer(hello(7)));
  bench_session = 8;
  CHECK(is_refused(plain(STATUS), NO_SESSION, 0));
}

static void requests_have_their_length(void) {
  configure();
  for (unsigned type = 2; type <= 0x3f; type++) {
    struct payload payload = {0};
    for (int i = 0; i < 25; i++) p8(&payload, 1);
    const struct frame frame = ask((uint8_t)type, payload);
    const bool known = (type <= ENABLE) || (type >= STEPS && type <= CUT) || (type >= STATUS && type <= WATCH);
    CHECK(is_refused(frame, known ? MALFORMED : UNKNOWN_REQUEST, 0));
  }
}

static void a_repeated_request_is_answered_again_and_not_carried_out(void) {
  configure();
  const struct payload rows = one_row(3, 1000, 0, 100);
  CHECK(fine_answer(stage(&rows)));
  const struct frame first = arm(&rows, (struct arming){.job = 1});
  CHECK(first.type == (ARM | 0x40));
  bench_seq--;
  const struct frame again = arm(&rows, (struct arming){.job = 1});
  CHECK(again.type == first.type && memcmp(again.payload, first.payload, 4) == 0);
  bench_run(200);
  CHECK(bench_on_ticks(4) == 100);
  bench_seq--;
  CHECK(arm(&rows, (struct arming){.job = 1}).type == first.type);
  bench_run(1000);
  CHECK(bench_on_ticks(4) == 0);
}

static void a_frame_of_an_earlier_session_does_nothing(void) {
  configure();
  uint8_t line[600];
  struct payload payload = {0};
  p32(&payload, 6);
  bench_put(line, bench_encode(CUT, 200, &payload, 0, line));
  bench_run(MS);
  CHECK(bench_level(2) == '1');
}

static void a_new_session_lets_go_of_everything_and_the_same_one_of_nothing(void) {
  configure();
  pour(1, 60000);
  bench_run(10 * MS);
  CHECK(fine_answer(hello(7)));
  CHECK(bench_level(4) == '1' && bench_level(2) == '1');
  CHECK(fine_answer(hello(8)));
  CHECK(bench_level(4) == 'z' && bench_level(2) == 'z' && bench_level(8) == 'z');
  const struct frame last = ask(LAST, byte(0));
  CHECK(get32(last.payload) == 1 && last.payload[4] == END_STOPPED);
  CHECK(get32(last.payload + 13) == bench_on_ticks(4));
}

static void pins_are_taken_once_and_must_be_able(void) {
  CHECK(fine_answer(hello(7)));
  CHECK(is_refused(ask(PUMP, pump_of(3, 0, 0, NO_PIN, 1000)), UNKNOWN_PIN, 3));
  CHECK(is_refused(ask(PUMP, pump_of(3, 20, 0, NO_PIN, 1000)), UNKNOWN_PIN, 3));
  CHECK(is_refused(ask(PUMP, pump_of(3, 4, SPEED, NO_PIN, 1000)), UNKNOWN_PIN, 3));
  CHECK(is_refused(ask(PUMP, pump_of(3, 4, 0, 4, 1000)), UNKNOWN_PIN, 3));
  CHECK(is_refused(ask(PUMP, pump_of(32, 4, 0, NO_PIN, 1000)), UNKNOWN_PUMP, 32));
  CHECK(is_refused(ask(PUMP, pump_of(3, 4, 0, NO_PIN, 0)), MALFORMED, 3));
  CHECK(bench_level(4) == 'z');
  CHECK(fine_answer(ask(PUMP, pump_of(3, 4, 0, 5, 1000))));
  CHECK(is_refused(ask(PUMP, pump_of(3, 9, 0, NO_PIN, 1000)), UNKNOWN_PUMP, 3));
  CHECK(is_refused(ask(PUMP, pump_of(4, 5, 0, NO_PIN, 1000)), UNKNOWN_PIN, 4));
  CHECK(is_refused(ask(INPUT, bytes3(0, 4, 0)), UNKNOWN_PIN, 0));
  CHECK(is_refused(ask(INPUT, bytes3(5, 9, 0)), MALFORMED, 5));
  CHECK(fine_answer(ask(INPUT, bytes3(0, 9, 0))));
  CHECK(is_refused(ask(INPUT, bytes3(0, 10, 0)), MALFORMED, 0));
  CHECK(is_refused(ask(SCALE, bytes3(10, 10, 80)), UNKNOWN_PIN, 0));
  CHECK(is_refused(ask(METER, bytes3(9, 10, 0)), UNKNOWN_PUMP, 9));
  CHECK(is_refused(ask(WATCH, byte(1)), UNKNOWN_PIN, 0));
}

static void twelve_pumps_fit_and_no_more(void) {
  CHECK(fine_answer(hello(7)));
  for (unsigned i = 0; i < MOST_PUMPS; i++) CHECK(fine_answer(ask(PUMP, pump_of(i, 2 + i, 0, NO_PIN, 1000))));
  CHECK(is_refused(ask(PUMP, pump_of(20, 16, 0, NO_PIN, 1000)), OVERFLOW, 20));
}

static void the_layout_is_locked_once_enabled(void) {
  configure();
  CHECK(is_refused(ask(PUMP, pump_of(4, 10, 0, NO_PIN, 1000)), LOCKED, 0));
  CHECK(is_refused(ask(INPUT, bytes3(1, 10, 0)), LOCKED, 0));
  CHECK(is_refused(ask(METER, bytes3(3, 10, 0)), LOCKED, 0));
  CHECK(fine_answer(plain(ENABLE)));
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

static void arm_refused(struct payload rows, enum error error, uint8_t detail) {
  CHECK(fine_answer(stage(&rows)));
  CHECK(is_refused(arm(&rows, (struct arming){.job = 1}), error, detail));
  bench_run(20 * MS);
  CHECK(bench_level(4) == '0' && bench_level(6) == '0' && bench_level(8) == '1');
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

static void numbers_of_jobs_only_rise(void) {
  configure();
  pour(10, 100);
  bench_run(1000);
  const struct payload rows = one_row(3, 1000, 0, 100);
  CHECK(fine_answer(stage(&rows)));
  CHECK(is_refused(arm(&rows, (struct arming){.job = 10}), LATE, 0));
  CHECK(is_refused(arm(&rows, (struct arming){.job = 9}), LATE, 0));
  CHECK(fine_answer(plain(FORGET_IT)));
  bench_reset();
  configure();
  CHECK(get32(hello(7).payload + 17) == 10);
  CHECK(fine_answer(stage(&rows)));
  CHECK(is_refused(arm(&rows, (struct arming){.job = 10}), LATE, 0));
  CHECK(fine_answer(arm(&rows, (struct arming){.job = 11})));
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

static void inputs_are_made_after_5_ms_and_open_at_once(void) {
  configure();
  world_give(7, 0);
  bench_run(3 * MS);
  world_give(7, 1);
  bench_run(MS);
  world_give(7, 0);
  bench_run(4 * MS);
  CHECK(bench_event(INPUTS).type == 0);
  bench_run(3 * MS);
  CHECK(bench_event(INPUTS).payload[0] == 1);
  world_give(7, 1);
  bench_run(1);
  CHECK(bench_event(INPUTS).payload[0] == 0);
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

static void an_output_that_is_active_at_rest_keeps_the_supply_off(void) {
  world.stuck[4] = 1;
  CHECK(fine_answer(hello(7)));
  CHECK(fine_answer(ask(PUMP, pump_of(3, 4, 0, NO_PIN, 5000000))));
  struct payload supply = byte(2);
  p8(&supply, ACTIVE_LOW);
  CHECK(fine_answer(ask(SUPPLY, supply)));
  CHECK(bench_level(2) == '1');
  CHECK(is_refused(plain(ENABLE), OUTPUT_STUCK, 3));
  CHECK(bench_level(2) == '1');
  world.stuck[4] = -1;
  CHECK(fine_answer(plain(ENABLE)));
  CHECK(bench_level(2) == '0');
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

static void a_welded_relay_is_seen_by_its_sense_pin(void) {
  CHECK(fine_answer(hello(7)));
  CHECK(fine_answer(ask(PUMP, pump_of(3, 4, 0, 5, 5000000))));
  struct payload supply = byte(2);
  p8(&supply, 0);
  CHECK(fine_answer(ask(SUPPLY, supply)));
  CHECK(fine_answer(plain(ENABLE)));
  world.follows[5] = 4;
  pour(1, 40 * MS);
  bench_run(100 * MS);
  CHECK(bench_event(ENDED).payload[4] == END_DONE);
  pour(2, 40 * MS);
  bench_run(20 * MS);
  world.follows[5] = -1;
  world.given[5] = 1;
  bench_run(30 * MS);
  CHECK(bench_level(2) == '1');
  bench_run(25 * MS);
  CHECK(bench_level(2) == '0');
  CHECK(get32(plain(STATUS).payload + 9) == 1U << 3);
}

static void after_a_reset_only_the_record_is_left(void) {
  configure();
  pour(4, 60000);
  bench_run(100 * MS);
  bench_reset();
  CHECK(bench_event(RESET).payload[0] == 2);
  CHECK(bench_level(4) == 'z' && bench_level(2) == 'z');
  bench_session = 7;
  CHECK(is_refused(plain(STATUS), NO_SESSION, 0));
  CHECK(fine_answer(hello(8)));
  struct frame last = ask(LAST, byte(0));
  CHECK(get32(last.payload) == 4 && last.payload[4] == END_RESET);
  const uint32_t on = get32(last.payload + 13);
  CHECK(on > 98 * MS && on <= 101 * MS);
  bench_reset();
  CHECK(fine_answer(hello(9)));
  last = ask(LAST, byte(0));
  CHECK(get32(last.payload) == 4 && last.payload[4] == END_RESET && get32(last.payload + 13) == on);
}

static void a_record_that_its_checksum_does_not_confirm_is_wiped(void) {
  extern char __start_noinit[], __stop_noinit[];
  const size_t size = (size_t)(__stop_noinit - __start_noinit);
  for (size_t at = 0; at < size; at += 3) {
    bench_power_up();
    configure();
    pour(4, 100);
    bench_run(1000);
    __start_noinit[at] = (char)(__start_noinit[at] ^ 0x10);
    bench_reset();
    CHECK(fine_answer(hello(8)));
    const struct frame last = ask(LAST, byte(0));
    const uint32_t job = get32(last.payload);
    CHECK(job == 0 || job == 4);
    CHECK(job == 4 ? last.payload[9] == 1 && get32(last.payload + 13) <= 100 : last.payload[9] == 0);
  }
}

static void what_is_forgotten_lies_nowhere_any_more(void) {
  extern char __start_noinit[], __stop_noinit[];
  configure();
  const uint8_t amount[] = {0x77, 0x66, 0x01, 0x00};
  const struct payload rows = one_row(3, 1000, 0, get32(amount));
  CHECK(fine_answer(stage(&rows)));
  CHECK(fine_answer(arm(&rows, (struct arming){.job = 1, .lease_ms = 5000})));
  bench_run(0x16677 + 200);
  CHECK(fine_answer(ask(LAST, byte(0))));
  CHECK(memmem(__start_noinit, (size_t)(__stop_noinit - __start_noinit), amount, 4) != 0);
  CHECK(fine_answer(plain(FORGET_IT)));
  CHECK(memmem(__start_noinit, (size_t)(__stop_noinit - __start_noinit), amount, 4) == 0);
  CHECK(get32(ask(LAST, byte(0)).payload) == 0);
}

static void pulses_and_weights_are_told(void) {
  CHECK(fine_answer(hello(7)));
  CHECK(fine_answer(ask(PUMP, pump_of(17, 4, 0, NO_PIN, 5000000))));
  CHECK(fine_answer(ask(METER, bytes3(17, 9, 0))));
  CHECK(fine_answer(ask(SCALE, bytes3(10, 11, 80))));
  for (int i = 0; i < 10; i++) world_give(9, i % 2);
  CHECK(get32(ask(PULSES, byte(16)).payload + 4) == 5);
  CHECK(get32(ask(PULSES, byte(250)).payload) == 0);
  world.scale_counts = -1234;
  world.scale_per_second = 80;
  bench_run(100 * MS);
  CHECK(bench_event(WEIGHT).type == 0);
  CHECK(fine_answer(ask(WATCH, byte(1))));
  bench_run(100 * MS);
  CHECK((int32_t)get32(bench_event(WEIGHT).payload + 4) == -1234);
  CHECK(fine_answer(ask(WATCH, byte(0))));
}

static void doses_are_exact_where_the_counter_goes_round(void) {
  configure();
  board_time.now = board_time.kicked = 0U - 200U;
  pour(1, 2000);
  bench_run(3000);
  CHECK(bench_on_ticks(4) == 2000);
  CHECK(bench_event(ENDED).payload[4] == END_DONE);
}

#define TEST(name) {#name, name}
static const struct {
  const char *name;
  void (*run)(void);
} tests[] = {
    TEST(crc_is_the_one_of_ethernet),
    TEST(frames_are_cobs_as_known),
    TEST(spoilt_frames_are_dropped_and_counted),
    TEST(a_frame_cut_off_by_a_new_one_does_no_harm),
    TEST(nothing_but_hello_is_heard_without_a_session),
    TEST(requests_have_their_length),
    TEST(a_repeated_request_is_answered_again_and_not_carried_out),
    TEST(a_frame_of_an_earlier_session_does_nothing),
    TEST(a_new_session_lets_go_of_everything_and_the_same_one_of_nothing),
    TEST(pins_are_taken_once_and_must_be_able),
    TEST(twelve_pumps_fit_and_no_more),
    TEST(the_layout_is_locked_once_enabled),
    TEST(steps_are_staged_in_order_and_fit_the_table),
    TEST(a_job_beyond_the_limits_moves_nothing),
    TEST(arming_asks_for_everything_to_be_right),
    TEST(numbers_of_jobs_only_rise),
    TEST(each_step_runs_for_its_ticks_whatever_lies_beside_it),
    TEST(a_lease_that_is_over_switches_off_and_a_renewed_one_goes_on),
    TEST(the_lease_ends_a_job_though_the_main_loop_hangs),
    TEST(stop_and_cut_switch_off_at_any_time),
    TEST(inputs_are_made_after_5_ms_and_open_at_once),
    TEST(a_heeded_contact_that_opens_ends_the_job),
    TEST(a_supply_that_goes_ends_the_job),
    TEST(an_output_that_is_active_at_rest_keeps_the_supply_off),
    TEST(an_output_that_does_not_obey_cuts_the_supply),
    TEST(a_welded_relay_is_seen_by_its_sense_pin),
    TEST(after_a_reset_only_the_record_is_left),
    TEST(a_record_that_its_checksum_does_not_confirm_is_wiped),
    TEST(what_is_forgotten_lies_nowhere_any_more),
    TEST(pulses_and_weights_are_told),
    TEST(doses_are_exact_where_the_counter_goes_round),
};

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
    current = tests[i].name;
    bench_power_up();
    tests[i].run();
    printf("ok %s\n", current);
  }
  return 0;
}
