/* What the parts of this target share. */
#ifndef DECANT_PARTS_H
#define DECANT_PARTS_H

#include <stdint.h>

enum { PORT_D, PORT_B, PORT_C };

/* Where a pin lies. */
struct place {
  uint8_t port;
  uint8_t bit;
};
struct place pin_place(uint8_t pin);
uint8_t port_levels(uint8_t port);

void outputs_start(void);
void meters_start(void);
void meters_release(void);
void clock_start(void);
void line_start(void);

#endif
