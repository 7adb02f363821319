#include "talk.h"

struct frame ask(uint8_t type, struct payload payload) {
  return bench_ask(type, &payload);
}

struct frame plain(uint8_t type) {
  return ask(type, (struct payload){0});
}

bool fine_answer(struct frame frame) {
  return frame.type != 0 && frame.type != REFUSAL;
}

bool is_refused(struct frame frame, enum error error, uint8_t detail) {
  return frame.type == REFUSAL && frame.length == 2 && frame.payload[0] == error && frame.payload[1] == detail;
}

struct frame hello(uint32_t session) {
  bench_session = session;
  struct payload payload = {0};
  p8(&payload, PROTOCOL_VERSION);
  return ask(HELLO, payload);
}

struct payload pump_of(unsigned number, unsigned pin, unsigned flags, unsigned sense, uint32_t max_us) {
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

struct payload bytes3(unsigned a, unsigned b, unsigned c) {
  struct payload payload = {0};
  p8(&payload, a);
  p8(&payload, b);
  p8(&payload, c);
  return payload;
}

struct payload byte(unsigned a) {
  struct payload payload = {0};
  p8(&payload, a);
  return payload;
}

void add_row(struct payload *rows, unsigned pump, unsigned drive, uint32_t start, uint32_t stop) {
  p8(rows, pump);
  p16(rows, drive);
  p32(rows, start);
  p32(rows, stop);
}

struct frame stage(const struct payload *rows) {
  struct payload payload = byte(0);
  for (size_t i = 0; i < rows->length; i++) p8(&payload, rows->bytes[i]);
  return ask(STEPS, payload);
}

struct frame arm(const struct payload *rows, struct arming arming) {
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

struct payload one_row(unsigned pump, unsigned drive, uint32_t start, uint32_t stop) {
  struct payload rows = {0};
  add_row(&rows, pump, drive, start, stop);
  return rows;
}

void configure(void) {
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

void pour(uint32_t job, uint32_t ticks) {
  const struct payload rows = one_row(3, 1000, 0, ticks);
  CHECK(fine_answer(stage(&rows)));
  CHECK(fine_answer(arm(&rows, (struct arming){.job = job})));
}

void renew_is(uint32_t job, enum error error) {
  struct payload payload = {0};
  p32(&payload, job);
  p16(&payload, 1000);
  const struct frame frame = ask(RENEW, payload);
  CHECK(error == FINE ? frame.type == (RENEW | 0x40) : is_refused(frame, error, 0));
}
