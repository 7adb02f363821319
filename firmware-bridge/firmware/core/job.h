/* The running job: its edges at their ticks, its lease, its end. */
#ifndef DECANT_JOB_H
#define DECANT_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "port.h"
#include "rules.h"

struct job_order {
  uint32_t number;
  uint32_t rest;
  uint32_t delay;
  uint16_t lease_ms;
  uint8_t heed;
};

/* After each reset: none runs. */
void job_boot(void);
/* Starts the staged steps, which were checked; answers the tick of its start. */
uint32_t job_begin(const struct job_order *order);
bool job_running(void);
/* Gives the job a lease from now: it is over when so much time has passed, or up to two tendings before. */
void job_renew(uint16_t lease_ms);
/* All outputs off; the job, if one runs, ends with `end`. */
void job_finish(enum end end);
/* Outside a job: all outputs off once more, whatever became of the registers. */
void job_keep_off(void);
/* The image applied last, all off outside a job; only for whoever holds the lock. */
const struct port_image *job_image(void);
/* Whether no job runs, or the one that does was tended since the last call. */
bool job_is_kept(void);
/* Contacts that must stay made, 0 while no job runs. */
uint8_t job_heeds(void);

/* Ticks of the running job, or of the last one until its end. */
uint32_t job_elapsed(void);
/* On-time of a row of the record so far, ticks. */
uint32_t job_executed(uint8_t row);

/* Called by the target: see port.h. */
void job_alarm(void);
void job_tend(void);

/* Whether a job ended since the last call. */
bool job_ended_lately(void);

#endif
