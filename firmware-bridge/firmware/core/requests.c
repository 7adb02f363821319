#include "requests.h"

#include "bytes.h"
#include "inputs.h"
#include "job.h"
#include "machine.h"
#include "port.h"
#include "pumps.h"
#include "record.h"
#include "rules.h"
#include "scale.h"
#include "steps.h"

#define ANSWER 0x40
#define REFUSAL 0x7f
#define SESSION_BYTES 4
#define ROWS_AT_ONCE 12
#define PULSES_AT_ONCE 16

static uint32_t session;

void requests_begin(void) {
  session = 0;
}

uint32_t requests_session(void) {
  return session;
}

static void put_status(void) {
  link_u32(port_now());
  link_u32(record_job());
  link_u8(record_ended());
  link_u32(pumps_outputs(job_image));
  link_u8(inputs_contacts());
  link_u8(inputs_fitted());
  link_u32(inputs_empty());
}

static const char board[] PORT_ROM = PORT_BOARD;

static struct verdict hello(const uint8_t *p) {
  const uint32_t number = get_u32(p);
  if (number == 0) return refuse(MALFORMED, 0);
  if (p[4] != PROTOCOL_VERSION) return refuse(PROTOCOL, PROTOCOL_VERSION);
  if (number != session) {
    machine_forget();
    if (steps_staged() != 0) steps_clear();
  }
  session = number;
  link_u8(PROTOCOL_VERSION);
  link_u8(FIRMWARE_MAJOR);
  link_u8(FIRMWARE_MINOR);
  link_u8(FIRMWARE_PATCH);
  link_u32(PORT_TICK_NS);
  link_u8(MOST_PUMPS);
  link_u8(MOST_ROWS);
  link_u16(PORT_FEATURES);
  link_u8(port_reset_cause());
  link_u32(link_errors());
  link_u32(record_highest());
  for (uint8_t i = 0; i < sizeof board - 1; i++) link_u8(port_rom_u8(&board[i]));
  return fine();
}

/* Rounded up; at most what 32 bits hold. */
static uint32_t ticks_of(uint64_t us) {
  const uint64_t ticks = (us * 1000 + PORT_TICK_NS - 1) / PORT_TICK_NS;
  return ticks > UINT32_MAX ? UINT32_MAX : (uint32_t)ticks;
}

static struct verdict pump(const uint8_t *p) {
  const uint32_t max_us = get_u32(p + 5), max_ul = get_u32(p + 9), max_flow = get_u32(p + 13);
  if (max_flow == 0) return refuse(MALFORMED, p[0]);
  const uint32_t by_time = ticks_of(max_us);
  const uint32_t by_volume = ticks_of((uint64_t)max_ul * 1000000 / max_flow);
  const struct pump_setup setup = {p[0], p[1], p[2], p[3], p[4], by_time < by_volume ? by_time : by_volume};
  return pumps_add(&setup);
}

static struct verdict input(const uint8_t *p) {
  return inputs_add(p[0], p[1], p[2]);
}

static struct verdict supply(const uint8_t *p) {
  return machine_add_supply(p[0], p[1]);
}

static struct verdict scale(const uint8_t *p) {
  return scale_add(p[0], p[1]);
}

static struct verdict meter(const uint8_t *p) {
  return pumps_add_meter(p[0], p[1], p[2]);
}

static struct verdict steps(const uint8_t *p, uint8_t length) {
  const uint8_t count = (uint8_t)((length - 1) / ROW_BYTES);
  if (length == 0 || (length - 1) % ROW_BYTES != 0) return refuse(MALFORMED, 0);
  if (job_running()) return refuse(BUSY, 0);
  if (p[0] == 0) steps_clear();
  if (p[0] != steps_staged()) return refuse(MISMATCH, 0);
  const struct verdict verdict = steps_add(p + 1, count);
  link_u8(steps_staged());
  return verdict;
}

static struct verdict lowest(uint8_t contacts) {
  uint8_t number = 0;
  while ((contacts >> number & 1) == 0) number++;
  return refuse(INTERLOCK, number);
}

static struct verdict arm(const uint8_t *p) {
  const struct job_order order = {get_u32(p), get_u32(p + 5), get_u32(p + 12), get_u16(p + 9),
                                  p[11] & (GLASS | DOOR | TRAY)};
  struct verdict verdict = machine_ready();
  if (verdict.error != FINE) return verdict;
  if (order.rest > LONGEST_JOB || order.delay > LONGEST_JOB) return refuse(MALFORMED, 0);
  if (order.lease_ms < 1 || order.lease_ms > LONGEST_LEASE_MS) return refuse(OVER_LIMIT, 0);
  if (order.number <= record_highest()) return refuse(LATE, 0);
  if (p[4] != steps_staged() || get_u32(p + 16) != steps_crc()) return refuse(MISMATCH, 0);
  const uint8_t missing = inputs_missing(order.heed | SUPPLY_THERE);
  if (missing != 0) return lowest(missing);
  verdict = steps_check();
  if (verdict.error != FINE) return verdict;
  link_u32(job_begin(&order));
  return verdict;
}

static struct verdict renew(const uint8_t *p) {
  const uint16_t lease_ms = get_u16(p + 4);
  if (lease_ms < 1 || lease_ms > LONGEST_LEASE_MS) return refuse(OVER_LIMIT, 0);
  if (get_u32(p) == 0 || get_u32(p) != record_job() || record_ended() == END_LEASE) return refuse(LEASE_EXPIRED, 0);
  if (job_running()) job_renew(lease_ms);
  put_status();
  return fine();
}

static void put_record(uint8_t first) {
  const uint8_t count = record_job() == 0 ? 0 : record_count();
  link_u32(record_job());
  link_u8(record_ended());
  link_u32(job_elapsed());
  link_u8(count);
  for (uint8_t row = first; row < count && row - first < ROWS_AT_ONCE; row++) {
    link_u8(record_row_pump(row));
    link_u16(record_row_drive(row));
    link_u32(job_executed(row));
  }
}

static void put_pulses(uint8_t first) {
  for (uint8_t i = 0; i < PULSES_AT_ONCE; i++) link_u32(pumps_pulses((uint8_t)(first + i)));
}

static struct verdict forget(void) {
  if (job_running()) return refuse(BUSY, 0);
  steps_clear();
  port_uart_wipe();
  return fine();
}

/* Payload bytes after the session that a request has; ANY_LENGTH: it looks itself. */
#define ANY_LENGTH 0xff
static uint8_t length_of(uint8_t type) {
  switch (type) {
    case 0x02: return 17;
    case 0x03:
    case 0x05:
    case 0x06: return 3;
    case 0x04: return 2;
    case 0x11: return 20;
    case 0x12: return 6;
    case 0x21:
    case 0x22:
    case 0x24: return 1;
    case 0x07:
    case 0x13:
    case 0x14:
    case 0x20:
    case 0x23: return 0;
    default: return ANY_LENGTH;
  }
}

static struct verdict lay_out(uint8_t type, const uint8_t *p) {
  if (machine_locked()) return refuse(LOCKED, 0);
  switch (type) {
    case 0x02: return pump(p);
    case 0x03: return input(p);
    case 0x04: return supply(p);
    case 0x05: return scale(p);
    default: return meter(p);
  }
}

static struct verdict act(uint8_t type, const uint8_t *p, uint8_t length) {
  switch (type) {
    case 0x02:
    case 0x03:
    case 0x04:
    case 0x05:
    case 0x06: return lay_out(type, p);
    case 0x07: return machine_enable();
    case 0x10: return steps(p, length);
    case 0x11: return arm(p);
    case 0x12: return renew(p);
    case 0x13: job_finish(END_STOPPED); return fine();
    case 0x14: machine_cut(END_STOPPED); return fine();
    case 0x20: put_status(); return fine();
    case 0x21: put_record(p[0]); return fine();
    case 0x22: put_pulses(p[0]); return fine();
    case 0x23: return forget();
    case 0x24: return scale_watch(p[0] != 0);
    default: return refuse(UNKNOWN_REQUEST, 0);
  }
}

#define HELLO 0x01
#define ENABLE 0x07

static struct verdict carry_out(const struct request *request) {
  const uint8_t *const p = request->payload;
  if (request->type == HELLO) return request->length == SESSION_BYTES + 1 ? hello(p) : refuse(MALFORMED, 0);
  const uint8_t length = (uint8_t)(request->length - SESSION_BYTES);
  const uint8_t due = length_of(request->type);
  if (due != ANY_LENGTH && due != length) return refuse(MALFORMED, 0);
  return act(request->type, p + SESSION_BYTES, length);
}

static void put_refusal(struct verdict verdict) {
  link_u8(verdict.error);
  link_u8(verdict.detail);
}

static bool begins_session(const struct request *request) {
  if (request->type != HELLO) return false;
  return session == 0 || request->length != SESSION_BYTES + 1 || get_u32(request->payload) != session;
}

static bool is_of_session(const struct request *request) {
  return session != 0 && request->length >= SESSION_BYTES && get_u32(request->payload) == session;
}

/* Frames of before may come again; what they are answered must not push out the answer that the host waits for. */
enum served requests_serve(const struct request *request) {
  if (request->type != HELLO && !is_of_session(request)) {
    link_passing(REFUSAL, request->seq);
    put_refusal(refuse(request->length < SESSION_BYTES ? MALFORMED : NO_SESSION, 0));
    link_finish();
    return PASSED;
  }
  if (request->seq == 0) {
    job_finish(END_STOPPED);
    return PASSED;
  }
  if (!begins_session(request) && !link_is_next(request)) return PASSED;
  if (request->type == ENABLE && !inputs_settled()) return LATER;
  link_answer((uint8_t)(request->type | ANSWER), request->seq);
  const struct verdict verdict = carry_out(request);
  if (verdict.error != FINE) {
    link_answer(REFUSAL, request->seq);
    put_refusal(verdict);
  }
  link_finish();
  return SERVED;
}
