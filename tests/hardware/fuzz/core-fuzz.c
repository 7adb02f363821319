/*
 * Drives the core with requests, noise, time and pins that a fuzzer chooses, and holds it against a model that knows
 * only what the answers say: no output is on unless its pump was configured, outputs enabled, a job armed and leased;
 * and never, in one job, for longer than its limit.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "port.h"
#include "rules.h"
#include "world.h"

enum { HELLO = 1, PUMP, INPUT, SUPPLY, SCALE, METER, ENABLE, STEPS = 0x10, ARM, RENEW, STOP, CUT, REFUSAL = 0x7f, ENDED };
/* Tending comes round each millisecond. */
#define LATEST_TEND (2 * MS)

static struct {
  const uint8_t *at, *end;
} data;

static struct {
  struct {
    bool used, active_low;
    uint8_t pin;
    uint32_t longest_on, used_ticks;
  } pumps[PUMP_NUMBERS];
  bool enabled, armed;
  /* An answer is under way that may say so. */
  bool arming;
  uint32_t lease_end, highest;
  int supply;
  bool supply_active_low;
} model;

static void broken(const char *what) {
  fprintf(stderr, "broken: %s\n", what);
  abort();
}

static uint8_t u8_of_data(void) {
  return data.at < data.end ? *data.at++ : 0;
}

static uint16_t u16_of_data(void) {
  const uint8_t low = u8_of_data();
  return (uint16_t)(low | u8_of_data() << 8);
}

static uint32_t u32_of_data(void) {
  const uint16_t low = u16_of_data();
  return low | (uint32_t)u16_of_data() << 16;
}

static bool is_active(uint8_t pin, bool active_low) {
  return bench_level(pin) == (active_low ? '0' : '1');
}

static void forget_layout(void) {
  for (uint8_t i = 0; i < PUMP_NUMBERS; i++) model.pumps[i].used = false;
  model.enabled = model.armed = false;
  model.supply = -1;
}

/* Called after each edge and each request. */
static void hold_against_model(void) {
  if (model.arming) return;
  const uint32_t now = port_now();
  const bool may_run = model.enabled && model.armed && (int32_t)(now - model.lease_end) <= (int32_t)LATEST_TEND;
  for (uint8_t i = 0; i < PUMP_NUMBERS; i++) {
    if (!model.pumps[i].used) continue;
    const bool on = is_active(model.pumps[i].pin, model.pumps[i].active_low);
    if (on && !may_run) broken("an output is on outside an enabled, armed, leased job");
  }
  if (model.supply >= 0 && !model.enabled && is_active((uint8_t)model.supply, model.supply_active_low))
    broken("the supply is on though nothing was enabled");
}

/* bench.c keeps levels; here, how long each pump is on in a job. */
static void count_on_time(void) {
  for (uint8_t i = 0; i < PUMP_NUMBERS; i++) {
    if (!model.pumps[i].used) continue;
    model.pumps[i].used_ticks += bench_ticks_at(model.pumps[i].pin, model.pumps[i].active_low ? '0' : '1');
    if (model.pumps[i].used_ticks > model.pumps[i].longest_on)
      broken("a pump was on for longer than its limit");
  }
}

static void run(uint32_t ticks) {
  bench_run(ticks);
  hold_against_model();
  count_on_time();
}

static struct frame ask(uint8_t type, const struct payload *payload) {
  const struct frame frame = bench_ask(type, payload);
  count_on_time();
  return frame;
}

static uint32_t ticks_of(uint64_t us) {
  const uint64_t ticks = (us * 1000 + PORT_TICK_NS - 1) / PORT_TICK_NS;
  return ticks > UINT32_MAX ? UINT32_MAX : (uint32_t)ticks;
}

static void learn_pump(const uint8_t *p) {
  const uint32_t by_time = ticks_of(get32(p + 5));
  const uint32_t by_volume = ticks_of((uint64_t)get32(p + 9) * 1000000 / get32(p + 13));
  memset(&model.pumps[p[0]], 0, sizeof model.pumps[0]);
  model.pumps[p[0]].used = true;
  model.pumps[p[0]].pin = p[1];
  model.pumps[p[0]].active_low = p[2] & ACTIVE_LOW;
  model.pumps[p[0]].longest_on = by_time < by_volume ? by_time : by_volume;
  (void)bench_ticks_at(p[1], model.pumps[p[0]].active_low ? '0' : '1');
}

static void learn_job(const uint8_t *p) {
  if (get32(p) <= model.highest) broken("the number of a job did not rise");
  model.highest = get32(p);
  model.armed = true;
  model.lease_end = port_now() + (uint32_t)(p[9] | p[10] << 8) * MS;
  for (uint8_t i = 0; i < PUMP_NUMBERS; i++) model.pumps[i].used_ticks = 0;
}

/* What a request that was answered well means for the model. */
static void learn(uint8_t type, const struct payload *payload, uint32_t session_before) {
  const uint8_t *const p = payload->bytes;
  if (type == HELLO && bench_session != session_before) forget_layout();
  if (type == PUMP) learn_pump(p);
  if (type == SUPPLY && p[0] != NO_PIN) {
    model.supply = p[0];
    model.supply_active_low = p[1] & ACTIVE_LOW;
  }
  if (type == ENABLE) model.enabled = true;
  if (type == ARM) learn_job(p);
  if (type == RENEW && model.armed) model.lease_end = port_now() + (uint32_t)(p[4] | p[5] << 8) * MS;
  if (type == STOP || type == CUT) model.armed = false;
  if (type == CUT) model.enabled = false;
}

static uint32_t session_of_board;

static struct frame request(uint8_t type, const struct payload *payload) {
  model.arming = type == ARM || type == RENEW || type == ENABLE;
  const struct frame frame = ask(type, payload);
  model.arming = false;
  if (frame.type != 0 && frame.type != REFUSAL) {
    learn(type, payload, session_of_board);
    if (type == HELLO) session_of_board = bench_session;
  }
  hold_against_model();
  return frame;
}

static void any_request(void) {
  struct payload payload = {0};
  const uint8_t type = u8_of_data() & 0x3f;
  for (uint8_t left = u8_of_data() % 101; left > 0; left--) p8(&payload, u8_of_data());
  if (type == 0) return;
  (void)request(type, &payload);
}

static void hello(void) {
  struct payload payload = {0};
  p8(&payload, PROTOCOL_VERSION);
  bench_session = 1 + u8_of_data() % 3U;
  (void)request(HELLO, &payload);
}

static void a_pump(void) {
  struct payload payload = {0};
  p8(&payload, u8_of_data() % 33);
  p8(&payload, u8_of_data() % 21);
  p8(&payload, u8_of_data() & 3);
  p8(&payload, (u8_of_data() & 1) != 0 ? NO_PIN : u8_of_data() % 21);
  p8(&payload, u8_of_data() & 5);
  p32(&payload, u32_of_data() & 0xffffff);
  p32(&payload, u16_of_data());
  p32(&payload, 1U + u16_of_data());
  (void)request(PUMP, &payload);
}

static void an_input(void) {
  struct payload payload = {0};
  p8(&payload, u8_of_data() % 70);
  p8(&payload, u8_of_data() % 21);
  p8(&payload, u8_of_data() & 5);
  (void)request(INPUT, &payload);
}

static void a_job(void) {
  struct payload stage = {0}, arm = {0};
  const uint8_t rows = 1 + u8_of_data() % 9;
  p8(&stage, 0);
  for (uint8_t i = 0; i < rows; i++) {
    const uint16_t start = u16_of_data();
    p8(&stage, u8_of_data() % 33);
    p16(&stage, (u8_of_data() & 3) != 0 ? 1000 : u16_of_data() % 1002);
    p32(&stage, start);
    p32(&stage, start + 1U + u16_of_data());
  }
  (void)request(STEPS, &stage);
  p32(&arm, model.highest + u8_of_data() % 3);
  p8(&arm, rows);
  p32(&arm, u16_of_data());
  p16(&arm, 1U + u16_of_data() % 5000);
  p8(&arm, u8_of_data() & 7);
  p32(&arm, u16_of_data());
  p32(&arm, bench_crc(stage.bytes + 1, stage.length - 1));
  (void)request(ARM, &arm);
}

static void renew(void) {
  struct payload payload = {0};
  p32(&payload, model.highest);
  p16(&payload, 1U + u16_of_data() % 5000);
  (void)request(RENEW, &payload);
}

static void noise(void) {
  for (uint8_t left = u8_of_data() % 64; left > 0; left--) {
    const uint8_t byte = u8_of_data();
    bench_put(&byte, 1);
  }
  bench_put((const uint8_t[]){0}, 1);
  run(MS);
}

static void plain(uint8_t type) {
  const struct payload none = {0};
  (void)request(type, &none);
}

static void step(void) {
  switch (u8_of_data() % 16) {
    case 0: any_request(); return;
    case 1: hello(); return;
    case 2:
    case 3: a_pump(); return;
    case 4: an_input(); return;
    case 5: plain(ENABLE); return;
    case 6:
    case 7: a_job(); return;
    case 8: renew(); return;
    case 9: noise(); return;
    case 10: world_give(u8_of_data() % PORT_PINS, (int8_t)(u8_of_data() % 3) - 1); return;
    case 11: world.stuck[u8_of_data() % PORT_PINS] = (int8_t)((int8_t)(u8_of_data() % 3) - 1); return;
    case 12: plain(STOP); return;
    case 13: plain((uint8_t)(0x20 + u8_of_data() % 5)); return;
    case 14:
      if (u8_of_data() % 8 != 0) return;
      forget_layout();
      bench_reset();
      session_of_board = 0;
      return;
    default: run(u16_of_data()); return;
  }
}

/* What a job's end says frees no output any more. */
static void hear_events(void) {
  for (struct frame frame = bench_take(); frame.type != 0; frame = bench_take())
    if (frame.type == ENDED && get32(frame.payload) == model.highest) model.armed = false;
  hold_against_model();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  data.at = bytes;
  data.end = bytes + count;
  memset(&model, 0, sizeof model);
  session_of_board = 0;
  forget_layout();
  bench_on_edge = 0;
  bench_power_up();
  bench_on_edge = hold_against_model;
  for (int steps = 0; steps < 60 && data.at < data.end; steps++) {
    step();
    hear_events();
  }
  run(100 * MS);
  return 0;
}
