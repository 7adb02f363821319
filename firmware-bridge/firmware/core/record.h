/*
 * The record of the last job, where a reset does not clear it. Steps are staged in the table that tells afterwards what
 * was executed: edges happen at their tick or not at all, so the steps and the time at which the job ended say both.
 */
#ifndef DECANT_RECORD_H
#define DECANT_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "rules.h"

/* After a reset: keeps what its checksums confirm, wipes the rest. A job that ran then ended by the reset. */
void record_boot(void);
/* Zeroes everything but the highest number. */
void record_wipe(void);

/* Row `i`, as STEPS brought it. */
uint8_t *record_row(uint8_t i);
uint8_t record_row_pump(uint8_t i);
uint16_t record_row_drive(uint8_t i);
uint32_t record_row_start(uint8_t i);
uint32_t record_row_stop(uint8_t i);

/* The first `count` rows are those of the job from now on. */
void record_begin(uint32_t job, uint8_t count);
/* So much of the job was executed for certain, ticks. */
void record_saw(uint32_t elapsed);
void record_end(enum end end, uint32_t elapsed);

/* 0: there is no record. */
uint32_t record_job(void);
uint32_t record_highest(void);
uint8_t record_count(void);
enum end record_ended(void);
uint32_t record_elapsed(void);

#endif
