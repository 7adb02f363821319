/* What hangs on the pins. */
#include "talk.h"

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

const struct test layout_tests[] = {
    TEST(pins_are_taken_once_and_must_be_able),
    TEST(twelve_pumps_fit_and_no_more),
    TEST(the_layout_is_locked_once_enabled),
    TEST(inputs_are_made_after_5_ms_and_open_at_once),
    TEST(an_output_that_is_active_at_rest_keeps_the_supply_off),
    TEST(pulses_and_weights_are_told),
    {0, 0},
};
