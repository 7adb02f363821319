/* HX711: data falls when a reading waits; 24 bits, the highest first, then one more pulse for gain 128. */
#include <stdio.h>

#include "board.h"

#define POWER_DOWN (60 * (FREQUENCY / 1000000))

static struct {
  int data, clock;
  uint32_t counts;
  uint64_t ready_at, period;
  int pulses;
  bool bit;
  uint64_t rose_at, longest_high;
} scale = {.data = -1, .clock = -1};

void scale_at(int data, int clock) {
  scale.data = data;
  scale.clock = clock;
}

void scale_set(long counts, long per_second) {
  scale.counts = (uint32_t)counts & 0xffffff;
  scale.period = (uint64_t)(FREQUENCY / per_second);
  scale.ready_at = avr->cycle + scale.period;
}

int scale_level(int pin) {
  if (pin != scale.data) return -1;
  if (scale.pulses > 0) return scale.bit;
  return scale.period == 0 || avr->cycle < scale.ready_at;
}

void scale_clocked(int pin, bool high) {
  if (pin != scale.clock) return;
  if (!high) {
    const uint64_t for_cycles = avr->cycle - scale.rose_at;
    if (scale.rose_at != 0 && for_cycles > scale.longest_high) scale.longest_high = for_cycles;
    if (scale.rose_at != 0 && for_cycles > POWER_DOWN) tell("scale-off", pin, "0");
    if (scale.pulses < 25) return;
    scale.pulses = 0;
    scale.ready_at = avr->cycle + scale.period;
    return;
  }
  scale.rose_at = avr->cycle;
  if (scale.pulses == 0 && avr->cycle < scale.ready_at) return;
  scale.pulses++;
  scale.bit = scale.pulses > 24 || (scale.counts >> (24 - scale.pulses) & 1) != 0;
}

uint64_t scale_longest_high(void) {
  return scale.longest_high;
}
