#include "pumps.h"

#include <string.h>

#include "pins.h"

#define PIN_SETTLES_MS 2
/* A motor that runs down is a generator for so long. */
#define CURRENT_GOES_MS 150
/* In looks, of which every second one counts. */
#define CURRENT_COMES 250

static struct pump {
  uint8_t number, pin, sense_pin;
  bool active_low : 1, speed : 1, sense_active_low : 1, metered : 1;
  bool every_second : 1;
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

/* What one look shows. */
struct look {
  enum port_output commanded;
  bool active, sensed;
};

/* An edge between its parts would show a difference where there is none. */
static struct look look_at(const struct pump *pump, commanded_image *commanded) {
  const uint8_t before = port_lock();
  const struct look look = {port_image_state(commanded(), pump->pin, pump->active_low), is_active(pump), senses(pump)};
  port_unlock(before);
  return look;
}

uint32_t pumps_outputs(commanded_image *commanded) {
  uint32_t outputs = 0;
  for (const struct pump *pump = pumps; pump < pumps + count; pump++) {
    const struct look look = look_at(pump, commanded);
    const bool welded = pump->sense_odd >= CURRENT_GOES_MS && look.commanded == PORT_OUTPUT_OFF && look.sensed;
    if (look.commanded == PORT_OUTPUT_SLOWED || welded || look.active) outputs |= 1UL << pump->number;
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

/* Whether the output is other than commanded, or there is current in a pump that is off. */
static bool is_stuck(struct pump *pump, const struct look *look) {
  const bool on = look->commanded == PORT_OUTPUT_ON, off = look->commanded == PORT_OUTPUT_OFF;
  const bool pin_odd = is_odd(&pump->pin_odd, (on && !look->active) || (off && look->active), PIN_SETTLES_MS);
  const bool lacks = on && !look->sensed && pump->sense_pin != NO_PIN;
  return (!lacks && is_odd(&pump->sense_odd, off && look->sensed, CURRENT_GOES_MS)) || pin_odd;
}

static bool lacks_current(struct pump *pump, const struct look *look) {
  const bool lacks = look->commanded == PORT_OUTPUT_ON && !look->sensed && pump->sense_pin != NO_PIN;
  pump->every_second = !pump->every_second;
  return lacks && pump->every_second && is_odd(&pump->sense_odd, true, CURRENT_COMES);
}

struct oddity pumps_watch(commanded_image *commanded) {
  struct oddity oddity = {NO_SLOT, false};
  for (struct pump *pump = pumps; pump < pumps + count; pump++) {
    const struct look look = look_at(pump, commanded);
    const bool stuck = is_stuck(pump, &look);
    if (stuck || (lacks_current(pump, &look) && !oddity.is_stuck)) oddity = (struct oddity){pump->number, stuck};
  }
  return oddity;
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
