/* Contacts and level switches: made after 5 ms without a break, open at once. */
#ifndef DECANT_INPUTS_H
#define DECANT_INPUTS_H

#include <stdbool.h>
#include <stdint.h>

#include "rules.h"

/* Bits of `contacts`, as of `heed`. */
enum contact { GLASS = 1, DOOR = 2, TRAY = 4, SUPPLY_THERE = 8, SERVICE_KEY = 16 };
#define INPUTS_SETTLE_MS 5

void inputs_forget(void);
struct verdict inputs_add(uint8_t input, uint8_t pin, uint8_t flags);
/* Looks at every input; `ms`: whether a millisecond has passed since the last count. Answers whether one changed. */
bool inputs_poll(bool ms);
/* Whether every input had time to be seen made. */
bool inputs_settled(void);

uint8_t inputs_contacts(void);
uint8_t inputs_fitted(void);
uint32_t inputs_empty(void);
/* Of the contacts `heed` those that are fitted and open. */
uint8_t inputs_missing(uint8_t heed);

#endif
