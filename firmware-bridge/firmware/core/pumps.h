/* The configured pumps: their outputs, limits, sense inputs and flow meters. */
#ifndef DECANT_PUMPS_H
#define DECANT_PUMPS_H

#include <stdbool.h>
#include <stdint.h>

#include "port.h"
#include "rules.h"

#define NO_SLOT 0xff

/* What PUMP says, limits in ticks. */
struct pump_setup {
  uint8_t number, pin, flags, sense_pin, sense_flags;
  uint32_t longest_on;
};

void pumps_forget(void);
struct verdict pumps_add(const struct pump_setup *setup);
struct verdict pumps_add_meter(uint8_t number, uint8_t pin, uint8_t flags);

uint8_t pumps_count(void);
/* The place of a pump among the configured ones, NO_SLOT when it is none. */
uint8_t pumps_slot(uint8_t number);
uint32_t pumps_longest_on(uint8_t slot);
bool pumps_can_drive(uint8_t slot, uint16_t drive);
void pumps_put(struct port_image *image, uint8_t slot, uint16_t drive);

/* Number of a pump that is active by its pin or sense pin right now, NO_SLOT when none is. */
uint8_t pumps_active(void);
/* Gives the image that is applied; called under the lock. */
typedef const struct port_image *commanded_image(void);
/* Bit n: pump n reads back active. */
uint32_t pumps_outputs(commanded_image *commanded);
/* A pump that does not do as commanded: its output is other than that, or it has no current although it is on. NO_SLOT: none. */
struct oddity {
  uint8_t pump;
  bool is_stuck;
};
/* Once in a millisecond: compares every output with the image that `commanded` gives under the lock. */
struct oddity pumps_watch(commanded_image *commanded);

/* A flow meter's pulse; called by the target, in an interrupt. */
void meter_pulse(uint8_t slot);
uint32_t pumps_pulses(uint8_t number);

#endif
