/* What surrounds the virtual board, and time: all that the target's functions need from the program. */
#ifndef DECANT_WORLD_H
#define DECANT_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "port_target.h"

/* What a reset does not change. */
struct world {
  /* Level that something outside gives a pin, -1 for none. */
  int8_t given[PORT_PINS];
  /* Level that a pin has whatever is done, -1 for none. */
  int8_t stuck[PORT_PINS];
  /* Pin whose level this one follows, -1 for none. */
  int8_t follows[PORT_PINS];
  int32_t scale_counts;
  uint32_t scale_per_second;
  uint32_t noise_seed, noise_permille;
  /* File descriptors of the line's two ends. */
  int line, line_slave;
};
extern struct world world;

/* Time of the board: it runs from event to event up to the computer's time, so that no event is ever late by it. */
extern struct board_time {
  uint32_t now;
  /* The computer's time at tick 0. */
  uint64_t epoch_ns;
  uint32_t alarm;
  bool alarm_set;
  uint32_t tend_at;
  bool tending;
  uint32_t kicked;
  bool hangs;
} board_time;

/* Time goes on to `tick`, from event to event. */
void board_run_up_to(uint32_t tick);
/* The next tick at which something is to be done: at the latest in a millisecond. */
uint32_t board_next_event(void);
/* What the watchdog does; the program's own. */
void board_watchdog_bites(void);
/* An output changed: `edge PIN 0|1|z` or `pwm PIN PERMILLE`; the program's own. */
void board_tells(const char *what, uint8_t pin, const char *value);
/* The output's register flips, by no command. */
void board_disturb(uint8_t pin);
/* Nothing is given, nothing sticks, nothing follows. */
void world_clear(void);

extern uint8_t reset_cause;

/* Applies levels from outside, counting pulses. */
void world_give(uint8_t pin, int8_t level);
/* Tells the reader of stdout that all outputs float. */
void board_let_go(void);

/* The line: bytes from and to the pty, disturbed as the world says. */
void line_open(void);
void line_take_in(void);
void line_flush(void);

#endif
