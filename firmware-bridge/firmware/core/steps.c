#include "steps.h"

#include <string.h>

#include "crc32.h"
#include "pumps.h"
#include "record.h"

/* Row in bits 1 … 6, bit 0 says whether the row begins there. */
static uint8_t order[2 * MOST_ROWS];
static uint8_t edges;
static uint8_t staged;

void steps_clear(void) {
  record_wipe();
  staged = 0;
  edges = 0;
}

static uint32_t edge_at(uint8_t edge) {
  return edge & 1 ? record_row_start(edge >> 1) : record_row_stop(edge >> 1);
}

/* At one tick what ends comes before what begins, so that a step may follow another of its pump without a gap. */
static bool is_before(uint8_t edge, uint32_t at, bool on) {
  const uint32_t other = edge_at(edge);
  return other < at || (other == at && (edge & 1) <= on);
}

static void put_in_order(uint8_t edge) {
  const uint32_t at = edge_at(edge);
  uint8_t low = 0, high = edges;
  while (low < high) {
    const uint8_t middle = (uint8_t)((low + high) / 2);
    if (is_before(order[middle], at, edge & 1))
      low = (uint8_t)(middle + 1);
    else
      high = middle;
  }
  memmove(order + low + 1, order + low, (uint8_t)(edges - low));
  order[low] = edge;
  edges++;
}

struct verdict steps_add(const uint8_t *rows, uint8_t count) {
  for (; count > 0; count--, rows += ROW_BYTES) {
    if (staged == MOST_ROWS) return refuse(OVERFLOW, 0);
    memcpy(record_row(staged), rows, ROW_BYTES);
    const uint32_t start = record_row_start(staged), stop = record_row_stop(staged);
    if (start >= stop || stop > LONGEST_JOB) return refuse(MALFORMED, rows[0]);
    put_in_order((uint8_t)(staged << 1 | 1));
    put_in_order((uint8_t)(staged << 1));
    staged++;
  }
  return fine();
}

uint8_t steps_staged(void) {
  return staged;
}

uint32_t steps_crc(void) {
  return ~crc32_add(CRC32_START, record_row(0), (uint16_t)(staged * ROW_BYTES));
}

/* Follows the edges in their order: who is on, and for how long in all. */
struct verdict steps_check(void) {
  uint32_t used[MOST_PUMPS] = {0};
  uint16_t on = 0;
  for (uint8_t i = 0; i < edges; i++) {
    const struct edge edge = steps_edge(i);
    const uint8_t number = record_row_pump(edge.row);
    const uint8_t slot = pumps_slot(number);
    if (slot == NO_SLOT) return refuse(UNKNOWN_PUMP, number);
    const uint16_t bit = (uint16_t)(1U << slot);
    if (!edge.on) {
      on &= (uint16_t)~bit;
      continue;
    }
    const uint32_t length = record_row_stop(edge.row) - edge.at;
    const uint32_t limit = pumps_longest_on(slot);
    const bool fits = pumps_can_drive(slot, record_row_drive(edge.row)) && used[slot] + length <= limit;
    if (!fits || (on & bit) != 0) return refuse(OVER_LIMIT, number);
    used[slot] += length;
    on |= bit;
  }
  return fine();
}

void steps_taken(void) {
  staged = 0;
}

uint8_t steps_edges(void) {
  return edges;
}

struct edge steps_edge(uint8_t i) {
  const uint8_t edge = order[i];
  return (struct edge){edge_at(edge), edge >> 1, edge & 1};
}
