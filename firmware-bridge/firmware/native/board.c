/* port.h on virtual pins. */
#include <stdio.h>
#include <string.h>

#include "port.h"
#include "pumps.h"
#include "world.h"

struct world world;
struct board_time board_time;
uint8_t reset_cause = 1;

static struct virtual_pin {
  bool output, level, pull_up;
  bool pump, active_low;
  uint16_t drive;
  bool metered, meter_active_low;
  uint8_t slot;
} pins[PORT_PINS];
static uint32_t scale_next;

static void set_level(uint8_t pin, bool level) {
  struct virtual_pin *const p = &pins[pin];
  if (p->output && p->level == level) return;
  p->output = true;
  p->level = level;
  board_tells("edge", pin, level ? "1" : "0");
}

void world_clear(void) {
  memset(&world, 0, sizeof world);
  memset(world.given, -1, sizeof world.given);
  memset(world.stuck, -1, sizeof world.stuck);
  memset(world.follows, -1, sizeof world.follows);
}

void board_let_go(void) {
  for (uint8_t pin = 0; pin < PORT_PINS; pin++)
    if (pins[pin].output) board_tells("edge", pin, "z");
}

uint32_t port_now(void) {
  return board_time.now;
}

uint8_t port_lock(void) {
  return 0;
}

void port_unlock(uint8_t before) {
  (void)before;
}

void port_watchdog_kick(void) {
  board_time.kicked = board_time.now;
}

uint8_t port_reset_cause(void) {
  return reset_cause;
}

bool port_pin_exists(uint8_t pin) {
  return pin >= 2 && pin < PORT_PINS;
}

bool port_pin_has_speed(uint8_t pin) {
  return pin == 3 || pin == 5 || pin == 6 || pin == 11;
}

bool port_pin_counts(uint8_t pin) {
  return port_pin_exists(pin);
}

void port_pin_input(uint8_t pin, bool pull_up) {
  pins[pin].pull_up = pull_up;
}

void port_pin_output(uint8_t pin, bool level) {
  set_level(pin, level);
}

static bool level_of(uint8_t pin, uint8_t depth) {
  if (world.stuck[pin] >= 0) return world.stuck[pin];
  if (pins[pin].output) return pins[pin].level;
  if (world.follows[pin] >= 0 && depth > 0) return level_of((uint8_t)world.follows[pin], (uint8_t)(depth - 1));
  if (world.given[pin] >= 0) return world.given[pin];
  return pins[pin].pull_up;
}

bool port_pin_read(uint8_t pin) {
  return level_of(pin, 1);
}

void port_pins_release(void) {
  board_let_go();
  memset(pins, 0, sizeof pins);
}

void port_output_begin(uint8_t pin, bool active_low, bool speed) {
  (void)speed;
  pins[pin].pump = true;
  pins[pin].active_low = active_low;
  set_level(pin, active_low);
}

enum port_output port_image_state(const struct port_image *image, uint8_t pin, bool active_low) {
  (void)active_low;
  const uint16_t drive = image->drive[pin];
  return drive == 0 ? PORT_OUTPUT_OFF : drive == 1000 ? PORT_OUTPUT_ON : PORT_OUTPUT_SLOWED;
}

void port_image_clear(struct port_image *image) {
  memset(image, 0, sizeof *image);
}

void port_image_put(struct port_image *image, uint8_t pin, bool active_low, uint16_t drive) {
  (void)active_low;
  image->drive[pin] = drive;
}

static void drive_output(uint8_t pin, uint16_t drive) {
  struct virtual_pin *const p = &pins[pin];
  if (!p->pump || (p->drive == drive && p->level == ((drive != 0) != p->active_low))) return;
  p->drive = drive;
  set_level(pin, (drive != 0) != p->active_low);
  if (drive == 0 || drive == 1000) return;
  char permille[8];
  snprintf(permille, sizeof permille, "%u", drive);
  board_tells("pwm", pin, permille);
}

void board_disturb(uint8_t pin) {
  set_level(pin, !pins[pin].level);
}

void port_image_apply(const struct port_image *image) {
  for (uint8_t pin = 0; pin < PORT_PINS; pin++) drive_output(pin, image->drive[pin]);
}

void port_alarm_set(uint32_t tick) {
  board_time.alarm = tick;
  board_time.alarm_set = true;
}

bool port_await(uint32_t tick) {
  return (int32_t)(board_time.now - tick) >= 0;
}

void port_tending(bool on) {
  board_time.tending = on;
}

void port_tend_soon(void) {
  board_time.tend_at = board_time.now;
}

void port_meter_begin(uint8_t pin, uint8_t slot, bool active_low, bool pull_up) {
  port_pin_input(pin, pull_up);
  pins[pin].metered = true;
  pins[pin].meter_active_low = active_low;
  pins[pin].slot = slot;
}

void world_give(uint8_t pin, int8_t level) {
  const bool before = port_pin_read(pin);
  world.given[pin] = level;
  const bool after = port_pin_read(pin);
  const struct virtual_pin *const p = &pins[pin];
  if (p->metered && before != after && after != p->meter_active_low) meter_pulse(p->slot);
}

bool port_scale_ready(uint8_t data) {
  (void)data;
  return world.scale_per_second != 0 && (int32_t)(board_time.now - scale_next) >= 0;
}

int32_t port_scale_read(uint8_t data, uint8_t clock) {
  (void)data;
  (void)clock;
  scale_next = board_time.now + 1000 * PORT_TICKS_PER_MS / world.scale_per_second;
  return world.scale_counts;
}
