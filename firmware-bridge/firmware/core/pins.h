/* Which pins the session has taken, and what an input says. */
#ifndef DECANT_PINS_H
#define DECANT_PINS_H

#include <stdbool.h>
#include <stdint.h>

/* Lets go of all pins: inputs without pull, every one free. */
void pins_forget(void);
/* Whether the pin is there and nobody has it. */
bool pins_free(uint8_t pin);
void pins_take(uint8_t pin);
/* flags: ACTIVE_LOW, PULL_UP. */
void pins_take_input(uint8_t pin, uint8_t flags);
/* Whether the pin has the level that counts as active. */
bool pins_active(uint8_t pin, uint8_t flags);

#endif
