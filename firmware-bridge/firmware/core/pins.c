#include "pins.h"

#include <string.h>

#include "port.h"
#include "rules.h"

static uint8_t taken[(PORT_PINS + 7) / 8];

void pins_forget(void) {
  port_pins_release();
  memset(taken, 0, sizeof taken);
}

bool pins_free(uint8_t pin) {
  return pin < PORT_PINS && port_pin_exists(pin) && (taken[pin / 8] >> pin % 8 & 1) == 0;
}

void pins_take(uint8_t pin) {
  taken[pin / 8] |= (uint8_t)(1U << pin % 8);
}

void pins_take_input(uint8_t pin, uint8_t flags) {
  pins_take(pin);
  port_pin_input(pin, flags & PULL_UP);
}

bool pins_active(uint8_t pin, uint8_t flags) {
  return port_pin_read(pin) != ((flags & ACTIVE_LOW) != 0);
}
