/* Frames, checksums and sessions. */
#include "crc32.h"
#include "talk.h"

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
    CHECK(fine_answer(hello(8)));
    bench_put(line, cut);
    bench_put(line, length);
    bench_run(MS);
    CHECK(bench_take().type == (HELLO | 0x40));
    CHECK(bench_take().type == 0);
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

static void sent(uint8_t type, uint8_t seq, uint32_t session, const struct payload *rest) {
  uint8_t line[600];
  struct payload payload = {0};
  p32(&payload, session);
  for (size_t i = 0; i < rest->length; i++) p8(&payload, rest->bytes[i]);
  bench_put(line, bench_encode(type, seq, &payload, 0, line));
  bench_run(MS);
}

/* The next answer; none is of type 0. */
static struct frame answered(void) {
  struct frame frame = bench_take();
  while (frame.type >= 0x80) frame = bench_take();
  return frame;
}

static void an_answer_that_got_lost_is_kept_whatever_comes_again_meanwhile(void) {
  configure();
  const struct payload nothing = {0}, rows = one_row(3, 1000, 0, 100), first_row = byte(0);
  const uint8_t before = bench_seq;
  CHECK(fine_answer(stage(&rows)));
  const struct frame first = arm(&rows, (struct arming){.job = 1});
  CHECK(first.type == (ARM | 0x40));
  sent(STATUS, before, 7, &nothing);
  sent(STEPS, (uint8_t)(before + 1), 7, &first_row);
  sent(STATUS, bench_seq, 7, &nothing);
  sent(STATUS, (uint8_t)(bench_seq + 2), 7, &nothing);
  CHECK(answered().type == 0);
  sent(STATUS, 3, 6, &nothing);
  CHECK(is_refused(answered(), NO_SESSION, 0));
  bench_seq--;
  const struct frame again = arm(&rows, (struct arming){.job = 1});
  CHECK(again.type == first.type && memcmp(again.payload, first.payload, 4) == 0);
}

static void a_lease_is_not_renewed_by_a_frame_that_comes_again(void) {
  configure();
  const struct payload rows = one_row(3, 1000, 0, 60000), renewal = {.bytes = {1, 0, 0, 0, 100, 0}, .length = 6};
  CHECK(fine_answer(stage(&rows)));
  CHECK(arm(&rows, (struct arming){.job = 1, .lease_ms = 100}).type == (ARM | 0x40));
  CHECK(fine_answer(ask(RENEW, renewal)));
  const uint8_t renewed = bench_seq;
  CHECK(fine_answer(plain(STATUS)));
  for (int again = 0; again < 4; again++) {
    sent(RENEW, renewed, 7, &renewal);
    bench_run(30 * MS);
  }
  CHECK(bench_level(4) == '0');
}

static void a_stop_is_heard_out_of_turn_and_pushes_out_no_answer(void) {
  configure();
  const struct payload nothing = {0};
  pour(1, 60000);
  bench_run(10 * MS);
  CHECK(bench_level(4) == '1');
  const struct frame status = plain(STATUS);
  sent(STOP, 0, 6, &nothing);
  CHECK(is_refused(answered(), NO_SESSION, 0));
  CHECK(bench_level(4) == '1');
  sent(STOP, 0, 7, &nothing);
  CHECK(bench_level(4) == '0');
  sent(CUT, 0, 7, &nothing);
  CHECK(bench_level(2) == '1');
  bench_seq--;
  CHECK(memcmp(plain(STATUS).payload, status.payload, 4) == 0);
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

const struct test link_tests[] = {
    TEST(crc_is_the_one_of_ethernet),
    TEST(frames_are_cobs_as_known),
    TEST(spoilt_frames_are_dropped_and_counted),
    TEST(a_frame_cut_off_by_a_new_one_does_no_harm),
    TEST(nothing_but_hello_is_heard_without_a_session),
    TEST(requests_have_their_length),
    TEST(a_repeated_request_is_answered_again_and_not_carried_out),
    TEST(an_answer_that_got_lost_is_kept_whatever_comes_again_meanwhile),
    TEST(a_lease_is_not_renewed_by_a_frame_that_comes_again),
    TEST(a_stop_is_heard_out_of_turn_and_pushes_out_no_answer),
    TEST(a_frame_of_an_earlier_session_does_nothing),
    TEST(a_new_session_lets_go_of_everything_and_the_same_one_of_nothing),
    {0, 0},
};
