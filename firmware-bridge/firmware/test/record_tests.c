/* What is left of a job. */
#include "talk.h"

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

const struct test record_tests[] = {
    TEST(numbers_of_jobs_only_rise),
    TEST(after_a_reset_only_the_record_is_left),
    TEST(a_record_that_its_checksum_does_not_confirm_is_wiped),
    TEST(what_is_forgotten_lies_nowhere_any_more),
    {0, 0},
};
