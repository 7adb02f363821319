#include "machine.h"

#include "inputs.h"
#include "job.h"
#include "pins.h"
#include "port.h"
#include "pumps.h"
#include "scale.h"

static struct {
  bool locked : 1, enabled : 1;
  /* Whether the contact has shown the supply since it was switched on. */
  bool supplied : 1;
  /* The pump whose output did not obey, NO_SLOT when all do. */
  uint8_t stuck;
  uint8_t supply_pin, supply_flags;
} machine = {.stuck = NO_SLOT, .supply_pin = NO_PIN};

static void switch_supply(bool on) {
  if (machine.supply_pin != NO_PIN) port_pin_output(machine.supply_pin, on != ((machine.supply_flags & ACTIVE_LOW) != 0));
}

void machine_forget(void) {
  machine_cut(END_STOPPED);
  pins_forget();
  pumps_forget();
  inputs_forget();
  scale_forget();
  machine.locked = false;
  machine.stuck = NO_SLOT;
  machine.supply_pin = NO_PIN;
}

struct verdict machine_add_supply(uint8_t pin, uint8_t flags) {
  if (pin == NO_PIN) return fine();
  if (machine.supply_pin != NO_PIN || !pins_free(pin)) return refuse(UNKNOWN_PIN, 0);
  pins_take(pin);
  machine.supply_pin = pin;
  machine.supply_flags = flags;
  switch_supply(false);
  return fine();
}

struct verdict machine_enable(void) {
  if (job_running()) return refuse(BUSY, 0);
  machine.locked = true;
  const bool is_welded = !machine.enabled && machine.supply_pin != NO_PIN && (inputs_contacts() & SUPPLY_THERE) != 0;
  if (is_welded) return refuse(OUTPUT_STUCK, NO_SLOT);
  machine.stuck = pumps_active();
  machine.enabled = machine.stuck == NO_SLOT;
  machine.supplied = false;
  switch_supply(machine.enabled);
  return machine.enabled ? fine() : refuse(OUTPUT_STUCK, machine.stuck);
}

void machine_cut(enum end end) {
  job_finish(end);
  switch_supply(false);
  machine.enabled = false;
}

bool machine_locked(void) {
  return machine.locked;
}

struct verdict machine_ready(void) {
  if (job_running()) return refuse(BUSY, 0);
  if (machine.enabled) return fine();
  return machine.stuck == NO_SLOT ? refuse(NOT_ENABLED, 0) : refuse(OUTPUT_STUCK, machine.stuck);
}

static void watch_outputs(void) {
  const struct oddity oddity = pumps_watch(job_image);
  if (oddity.is_stuck) {
    machine_cut(END_STUCK);
    machine.stuck = oddity.pump;
  } else if (oddity.pump != NO_SLOT) {
    job_finish(END_NO_CURRENT);
  }
}

/* What was there and goes was somebody's will, or a fault: in either case the outputs are read back before it comes again. */
static void watch_supply(void) {
  if (!machine.enabled || (inputs_fitted() & SUPPLY_THERE) == 0) return;
  if (inputs_missing(SUPPLY_THERE) == 0)
    machine.supplied = true;
  else if (machine.supplied || job_running())
    machine_cut(END_SUPPLY);
}

bool machine_watch(bool ms) {
  const bool changed = inputs_poll(ms);
  if (inputs_missing(job_heeds()) != 0) job_finish(END_INTERLOCK);
  watch_supply();
  if (!ms) return changed;
  job_keep_off();
  switch_supply(machine.enabled);
  if (machine.enabled) watch_outputs();
  return changed;
}
