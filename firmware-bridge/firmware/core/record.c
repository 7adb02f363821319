#include "record.h"

#include <string.h>

#include "bytes.h"
#include "crc32.h"
#include "port.h"

/* Written in turn, so that a reset between two stores leaves one that is whole. */
struct seen {
  uint32_t ticks, check;
};

static PORT_NOINIT struct {
  uint32_t highest, highest_check;
  uint32_t crc;
  struct seen seen[2];
  uint8_t end, end_check;
  struct {
    uint8_t job[4];
    uint8_t count;
    uint8_t rows[MOST_ROWS][ROW_BYTES];
  } sealed;
} record;

static uint8_t turn;

static uint32_t seal(void) {
  return ~crc32_add(CRC32_START, (const uint8_t *)&record.sealed, sizeof record.sealed);
}

static bool is_whole(const struct seen *seen) {
  return seen->check == ~seen->ticks;
}

static void set_end(enum end end) {
  record.end = (uint8_t)end;
  record.end_check = (uint8_t)(0xff ^ end);
}

void record_wipe(void) {
  memset(&record.sealed, 0, sizeof record.sealed);
  memset(record.seen, 0, sizeof record.seen);
  record.crc = 0;
  set_end(END_DONE);
}

void record_boot(void) {
  if (record.highest_check != ~record.highest) {
    record.highest = 0;
    record.highest_check = ~record.highest;
    record_wipe();
  }
  if (record.crc != seal() || record.sealed.count > MOST_ROWS || record_job() == 0) record_wipe();
  if ((record.end ^ record.end_check) != 0xff || record.end == END_RUNNING) set_end(END_RESET);
}

uint8_t *record_row(uint8_t i) {
  return record.sealed.rows[i];
}

uint8_t record_row_pump(uint8_t i) {
  return record.sealed.rows[i][0];
}

uint16_t record_row_drive(uint8_t i) {
  return get_u16(record.sealed.rows[i] + 1);
}

uint32_t record_row_start(uint8_t i) {
  return get_u32(record.sealed.rows[i] + 3);
}

uint32_t record_row_stop(uint8_t i) {
  return get_u32(record.sealed.rows[i] + 7);
}

void record_begin(uint32_t job, uint8_t count) {
  record.highest_check = ~job;
  record.highest = job;
  set_end(END_RUNNING);
  record_saw(0);
  record_saw(0);
  record.sealed.count = count;
  set_u32(record.sealed.job, job);
  record.crc = seal();
}

void record_saw(uint32_t elapsed) {
  struct seen *const seen = &record.seen[turn ^= 1];
  seen->ticks = elapsed;
  seen->check = ~elapsed;
}

void record_end(enum end end, uint32_t elapsed) {
  record_saw(elapsed);
  record_saw(elapsed);
  set_end(end);
}

uint32_t record_job(void) {
  return get_u32(record.sealed.job);
}

uint32_t record_highest(void) {
  return record.highest;
}

uint8_t record_count(void) {
  return record.sealed.count;
}

enum end record_ended(void) {
  return (enum end)record.end;
}

uint32_t record_elapsed(void) {
  uint32_t elapsed = 0;
  for (uint8_t i = 0; i < 2; i++)
    if (is_whole(&record.seen[i]) && record.seen[i].ticks > elapsed) elapsed = record.seen[i].ticks;
  return elapsed;
}
