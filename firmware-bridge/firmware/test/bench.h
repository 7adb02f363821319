/* A board in a test's hands: frames in and out by function calls, time by ticks, no process and no pty. */
#ifndef DECANT_BENCH_H
#define DECANT_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MS 63U

/* A frame that the board sent; type 0 when it sent none. */
struct frame {
  uint8_t type, seq;
  uint8_t payload[128];
  size_t length;
};

/* What a payload is made of. */
struct payload {
  uint8_t bytes[256];
  size_t length;
};
void p8(struct payload *payload, unsigned value);
void p16(struct payload *payload, unsigned value);
void p32(struct payload *payload, uint32_t value);

/* As when power comes, with the world clear. */
void bench_power_up(void);
/* As the reset pin does it: what is in .noinit stays. */
void bench_reset(void);
void bench_run(uint32_t ticks);

/* Bytes on the line as they are; the board takes them in the next turns. */
void bench_put(const uint8_t *bytes, size_t count);
/* Encodes a frame; answers its length on the line. `spoil` is added to its CRC. */
size_t bench_encode(uint8_t type, uint8_t seq, const struct payload *payload, uint32_t spoil, uint8_t *line);
/* The next frame that the board sent, events too. */
struct frame bench_take(void);
/* The next event of this type; others before it are dropped. */
struct frame bench_event(uint8_t type);

/* Sends the request of the current session with the next seq and gives its answer; events are kept aside. */
struct frame bench_ask(uint8_t type, const struct payload *after_session);
extern uint32_t bench_session;
extern uint8_t bench_seq;

/* Level of an output: 'z', '0' or '1'. */
char bench_level(uint8_t pin);
/* For how long it had this level since it was last asked and until its last edge, ticks. */
uint32_t bench_ticks_at(uint8_t pin, char level);
uint32_t bench_on_ticks(uint8_t pin);
/* Called after each edge, if set. */
extern void (*bench_on_edge)(void);

uint32_t bench_crc(const uint8_t *bytes, size_t count);
uint32_t get32(const uint8_t *at);

#endif
