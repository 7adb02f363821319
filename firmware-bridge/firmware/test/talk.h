/* How a test talks to the board, and how it fails. */
#ifndef DECANT_TALK_H
#define DECANT_TALK_H

#include <string.h>

#include "bench.h"
#include "port.h"
#include "rules.h"
#include "world.h"

enum { HELLO = 1, PUMP, INPUT, SUPPLY, SCALE, METER, ENABLE, STEPS = 0x10, ARM, RENEW, STOP, CUT };
enum { STATUS = 0x20, LAST, PULSES, FORGET_IT, WATCH };
enum { REFUSAL = 0x7f, ENDED = 0x80, INPUTS = 0x81, WEIGHT = 0x82, RESET = 0x83 };

struct test {
  const char *name;
  void (*run)(void);
};
#define TEST(name) {#name, name}
/* Each ends with a test without a name. */
extern const struct test link_tests[], layout_tests[], job_tests[], guard_tests[], record_tests[];

#define CHECK(what) \
  if (!(what)) fail(__FILE__, __LINE__, #what)
void fail(const char *file, int line, const char *what);

struct arming {
  uint32_t job, rest, delay, spoil;
  unsigned lease_ms, heed;
};

struct frame ask(uint8_t type, struct payload payload);
struct frame plain(uint8_t type);
bool fine_answer(struct frame frame);
bool is_refused(struct frame frame, enum error error, uint8_t detail);
struct frame hello(uint32_t session);
struct payload pump_of(unsigned number, unsigned pin, unsigned flags, unsigned sense, uint32_t max_us);
struct payload bytes3(unsigned a, unsigned b, unsigned c);
struct payload byte(unsigned a);
void add_row(struct payload *rows, unsigned pump, unsigned drive, uint32_t start, uint32_t stop);
struct frame stage(const struct payload *rows);
struct frame arm(const struct payload *rows, struct arming arming);
struct payload one_row(unsigned pump, unsigned drive, uint32_t start, uint32_t stop);
/* Session 7: pump 3 at pin 4, pump 9 at pin 6 with speed, pump 5 at pin 8 active low, glass at 7, supply at 2. */
void configure(void);
/* Stages and arms one step of pump 3. */
void pour(uint32_t job, uint32_t ticks);
void renew_is(uint32_t job, enum error error);

#endif
