/* The scale below the glass (HX711): readings as events while somebody watches. */
#ifndef DECANT_SCALE_H
#define DECANT_SCALE_H

#include <stdbool.h>
#include <stdint.h>

#include "rules.h"

void scale_forget(void);
struct verdict scale_add(uint8_t data, uint8_t clock);
struct verdict scale_watch(bool on);
/* Takes a reading when one waits; answers whether it did. */
bool scale_poll(void);
/* When the last reading was taken, and what it says. */
uint32_t scale_read_at(void);
int32_t scale_counts(void);

#endif
