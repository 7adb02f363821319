#include "pumps.h"

#include <string.h>

#include "pins.h"

#define PIN_SETTLES_MS 2
#define SENSE_SETTLES_MS 20

static struct pump {
  uint8_t number, pin, sense_pin;
  bool active_low : 1, speed : 1, sense_active_low : 1, metered : 1;
  /* For how many milliseconds pin and sense pin have read other than commanded. */
  uint8_t pin_odd, sense_odd;
  uint32_t longest_on;
  uint32_t pulses;
} pumps[MOST_PUMPS];
static uint8_t count;
static uint8_t slots[PUMP_NUMBERS];

void pumps_forget(void) {
  memset(pumps, 0, sizeof pumps);
  memset(slots, NO_SLOT, sizeof slots);
  count = 0;
}

struct verdict pumps_add(const struct pump_setup *setup) {
  const uint8_t number = setup->number;
  if (number >= PUMP_NUMBERS || slots[number] != NO_SLOT) return refuse(UNKNOWN_PUMP, number);
  if (count == MOST_PUMPS) return refuse(OVERFLOW, number);
  if (setup->longest_on == 0) return refuse(MALFORMED, number);
  const bool speed = setup->flags & SPEED;
  if (setup->pin == setup->sense_pin || !pins_free(setup->pin)) return refuse(UNKNOWN_PIN, number);
  if (speed && !port_pin_has_speed(setup->pin)) return refuse(UNKNOWN_PIN, number);
  if (setup->sense_pin != NO_PIN && !pins_free(setup->sense_pin)) return refuse(UNKNOWN_PIN, number);
  pins_take(setup->pin);
  port_output_begin(setup->pin, setup->flags & ACTIVE_LOW, speed);
  if (setup->sense_pin != NO_PIN) pins_take_input(setup->sense_pin, setup->sense_flags);
  slots[number] = count;
  pumps[count++] = (struct pump){.number = number,
                                 .pin = setup->pin,
                                 .sense_pin = setup->sense_pin,
                                 .active_low = setup->flags & ACTIVE_LOW,
                                 .speed = speed,
                                 .sense_active_low = setup->sense_flags & ACTIVE_LOW,
                                 .longest_on = setup->longest_on};
  return fine();
}

struct verdict pumps_add_meter(uint8_t number, uint8_t pin, uint8_t flags) {
  const uint8_t slot = pumps_slot(number);
  if (slot == NO_SLOT || pumps[slot].metered) return refuse(UNKNOWN_PUMP, number);
  if (!pins_free(pin) || !port_pin_counts(pin)) return refuse(UNKNOWN_PIN, number);
  pins_take(pin);
  pumps[slot].metered = true;
  port_meter_begin(pin, slot, flags & ACTIVE_LOW, flags & PULL_UP);
  return fine();
}

uint8_t pumps_count(void) {
  return count;
}

uint8_t pumps_slot(uint8_t number) {
  return number < PUMP_NUMBERS ? slots[number] : NO_SLOT;
}

uint32_t pumps_longest_on(uint8_t slot) {
  return pumps[slot].longest_on;
}

bool pumps_can_drive(uint8_t slot, uint16_t drive) {
  return drive == 1000 || (drive >= 1 && drive < 1000 && pumps[slot].speed);
}

void pumps_put(struct port_image *image, uint8_t slot, uint16_t drive) {
  port_image_put(image, pumps[slot].pin, pumps[slot].active_low, drive);
}

static bool is_active(const struct pump *pump) {
  return port_pin_read(pump->pin) != pump->active_low;
}

static bool senses(const struct pump *pump) {
  return pump->sense_pin != NO_PIN && port_pin_read(pump->sense_pin) != pump->sense_active_low;
}

uint8_t pumps_active(void) {
  for (const struct pump *pump = pumps; pump < pumps + count; pump++)
    if (is_active(pump) || senses(pump)) return pump->number;
  return NO_SLOT;
}

uint32_t pumps_outputs(void) {
  uint32_t outputs = 0;
  for (const struct pump *pump = pumps; pump < pumps + count; pump++) {
    const bool slowed = port_output_state(pump->pin, pump->active_low) == PORT_OUTPUT_SLOWED;
    const bool welded = pump->sense_odd >= SENSE_SETTLES_MS && senses(pump);
    if (slowed || welded || is_active(pump)) outputs |= 1UL << pump->number;
  }
  return outputs;
}

/* Counts on while pin and command differ; whether they have for long enough. */
static bool is_odd(uint8_t *odd, bool differs, uint8_t settles_ms) {
  if (!differs)
    *odd = 0;
  else if (*odd < settles_ms)
    (*odd)++;
  return *odd >= settles_ms;
}

static bool is_stuck(struct pump *pump) {
  // an edge between the two looks would show a difference where there is none
  const uint8_t before = port_lock();
  const enum port_output state = port_output_state(pump->pin, pump->active_low);
  const bool active = is_active(pump);
  const bool sensed = senses(pump);
  port_unlock(before);
  const bool on = state == PORT_OUTPUT_ON;
  const bool comparable = state != PORT_OUTPUT_SLOWED;
  const bool pin_odd = is_odd(&pump->pin_odd, comparable && active != on, PIN_SETTLES_MS);
  const bool has_sense = pump->sense_pin != NO_PIN;
  return is_odd(&pump->sense_odd, comparable && has_sense && sensed != on, SENSE_SETTLES_MS) || pin_odd;
}

uint8_t pumps_watch(void) {
  uint8_t stuck = NO_SLOT;
  for (struct pump *pump = pumps; pump < pumps + count; pump++)
    if (is_stuck(pump)) stuck = pump->number;
  return stuck;
}

void meter_pulse(uint8_t slot) {
  pumps[slot].pulses++;
}

uint32_t pumps_pulses(uint8_t number) {
  const uint8_t slot = pumps_slot(number);
  if (slot == NO_SLOT) return 0;
  const uint8_t before = port_lock();
  const uint32_t pulses = pumps[slot].pulses;
  port_unlock(before);
  return pulses;
}
