#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge.h"
#include "port.h"
#include "world.h"

extern char __start_noinit[], __stop_noinit[];

uint32_t bench_session;
uint8_t bench_seq;

static struct {
  uint8_t bytes[1 << 16];
  size_t from, to;
} in, out;
static struct frame aside[64];
static size_t aside_from, aside_to;
static struct {
  char level;
  uint32_t since, ticks_low, ticks_high;
} seen[PORT_PINS];
void (*bench_on_edge)(void);

void board_tells(const char *what, uint8_t pin, const char *value) {
  if (strcmp(what, "edge") != 0) return;
  if (seen[pin].level == '1') seen[pin].ticks_high += board_time.now - seen[pin].since;
  if (seen[pin].level == '0') seen[pin].ticks_low += board_time.now - seen[pin].since;
  seen[pin].level = value[0];
  seen[pin].since = board_time.now;
  if (bench_on_edge != 0) bench_on_edge();
}

char bench_level(uint8_t pin) {
  return seen[pin].level;
}

uint32_t bench_ticks_at(uint8_t pin, char level) {
  uint32_t *const at = level == '1' ? &seen[pin].ticks_high : &seen[pin].ticks_low;
  const uint32_t ticks = *at;
  *at = 0;
  return ticks;
}

uint32_t bench_on_ticks(uint8_t pin) {
  return bench_ticks_at(pin, '1');
}

int16_t port_uart_read(void) {
  return in.from == in.to ? -1 : in.bytes[in.from++];
}

bool port_uart_write(uint8_t byte) {
  if (out.to < sizeof out.bytes) out.bytes[out.to++] = byte;
  return true;
}

uint8_t port_uart_lost(void) {
  return 0;
}

void port_uart_wipe(void) {}

static void start(uint8_t cause) {
  memset(&board_time, 0, sizeof board_time);
  memset(&in, 0, sizeof in);
  out.from = out.to = aside_from = aside_to = 0;
  for (uint8_t pin = 0; pin < PORT_PINS; pin++) seen[pin].level = 'z';
  reset_cause = cause;
  bench_session = 0;
  bridge_begin();
  board_run_up_to(MS);
}

void bench_power_up(void) {
  world_clear();
  memset(__start_noinit, 0x5a, (size_t)(__stop_noinit - __start_noinit));
  memset(seen, 0, sizeof seen);
  start(1);
}

/* Static variables of the core are set anew by bridge_begin, as far as they matter. */
void bench_reset(void) {
  start(2);
}

void board_watchdog_bites(void) {
  start(4);
}

void bench_run(uint32_t ticks) {
  board_run_up_to(board_time.now + ticks);
}

void p8(struct payload *payload, unsigned value) {
  payload->bytes[payload->length++] = (uint8_t)value;
}

void p16(struct payload *payload, unsigned value) {
  p8(payload, value & 255);
  p8(payload, value >> 8 & 255);
}

void p32(struct payload *payload, uint32_t value) {
  p16(payload, value & 0xffff);
  p16(payload, value >> 16);
}

uint32_t get32(const uint8_t *at) {
  return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* Bit by bit, so that it shares nothing with what it checks. */
uint32_t bench_crc(const uint8_t *bytes, size_t count) {
  uint32_t crc = 0xffffffff;
  for (size_t i = 0; i < count; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
  }
  return ~crc;
}

size_t bench_encode(uint8_t type, uint8_t seq, const struct payload *payload, uint32_t spoil, uint8_t *line) {
  struct payload frame = {0};
  p8(&frame, type);
  p8(&frame, seq);
  for (size_t i = 0; i < payload->length; i++) p8(&frame, payload->bytes[i]);
  p32(&frame, bench_crc(frame.bytes, frame.length) + spoil);
  size_t at = 0, code;
  line[at++] = 0;
  code = at++;
  line[code] = 1;
  for (size_t i = 0; i < frame.length; i++) {
    if (frame.bytes[i] != 0) {
      line[at++] = frame.bytes[i];
      line[code]++;
      if (line[code] != 0xff) continue;
    }
    code = at++;
    line[code] = 1;
  }
  line[at++] = 0;
  return at;
}

void bench_put(const uint8_t *bytes, size_t count) {
  if (in.from == in.to) in.from = in.to = 0;
  if (count > sizeof in.bytes - in.to) abort();
  memcpy(in.bytes + in.to, bytes, count);
  in.to += count;
}

static bool decode(const uint8_t *line, size_t count, struct frame *frame) {
  uint8_t bytes[256];
  size_t length = 0;
  for (size_t at = 0; at < count;) {
    const uint8_t code = line[at];
    if (at > 0) bytes[length++] = 0;
    for (size_t i = 1; i < code; i++) bytes[length++] = line[at + i];
    at += code;
  }
  if (length < 6 || bench_crc(bytes, length - 4) != get32(bytes + length - 4)) return false;
  frame->type = bytes[0];
  frame->seq = bytes[1];
  frame->length = length - 6;
  memcpy(frame->payload, bytes + 2, frame->length);
  return true;
}

/* Every frame of the board must be sound. */
static struct frame next_sent(void) {
  struct frame frame = {0};
  while (out.from < out.to && out.bytes[out.from] == 0) out.from++;
  const uint8_t *const end = memchr(out.bytes + out.from, 0, out.to - out.from);
  if (end == 0) return frame;
  const size_t count = (size_t)(end - (out.bytes + out.from));
  if (!decode(out.bytes + out.from, count, &frame)) abort();
  out.from += count;
  if (out.from + 1 == out.to) out.from = out.to = 0;
  return frame;
}

struct frame bench_take(void) {
  if (aside_from == aside_to) return next_sent();
  const struct frame frame = aside[aside_from++];
  if (aside_from == aside_to) aside_from = aside_to = 0;
  return frame;
}

struct frame bench_event(uint8_t type) {
  for (;;) {
    const struct frame frame = bench_take();
    if (frame.type == type || frame.type == 0) return frame;
  }
}

struct frame bench_ask(uint8_t type, const struct payload *after_session) {
  struct payload payload = {0};
  p32(&payload, bench_session);
  for (size_t i = 0; i < after_session->length; i++) p8(&payload, after_session->bytes[i]);
  bench_seq = (uint8_t)(bench_seq % 255 + 1);
  uint8_t line[600];
  bench_put(line, bench_encode(type, bench_seq, &payload, 0, line));
  for (int turns = 0; turns < 20; turns++) {
    bench_run(MS);
    for (struct frame frame = next_sent(); frame.type != 0; frame = next_sent()) {
      if (frame.type < 0x80) return frame;
      if (aside_to < 64) aside[aside_to++] = frame;
    }
  }
  return (struct frame){0};
}
