/* The staged steps, and their edges in the order in which they will happen. */
#ifndef DECANT_STEPS_H
#define DECANT_STEPS_H

#include <stdbool.h>
#include <stdint.h>

#include "rules.h"

/* Empties the stage and wipes the record of the last job with it. */
void steps_clear(void);
/* Takes rows as they stand in STEPS; on refusal those before the bad one are staged. */
struct verdict steps_add(const uint8_t *rows, uint8_t count);
uint8_t steps_staged(void);
/* CRC-32 of all staged rows in order. */
uint32_t steps_crc(void);
/* Whether the configured pumps may run these steps. */
struct verdict steps_check(void);
/* The staged rows became a job: nothing is staged any more, the edges stay. */
void steps_taken(void);

/* Edges of the job that was taken last. */
uint8_t steps_edges(void);
struct edge {
  uint32_t at;
  uint8_t row;
  bool on;
};
struct edge steps_edge(uint8_t i);

#endif
