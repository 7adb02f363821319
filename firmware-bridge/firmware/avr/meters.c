/* Pulses of flow meters, by pin-change interrupts that let the alarm interrupt them. */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <util/atomic.h>

#include "parts.h"
#include "port.h"
#include "pumps.h"

static struct {
  uint8_t bits, active_low, last;
} watched[3];
static uint8_t slots[PORT_PINS];

void meters_release(void) {
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
    PCICR = 0;
    PCMSK0 = PCMSK1 = PCMSK2 = 0;
    for (uint8_t port = 0; port < 3; port++) watched[port].bits = watched[port].active_low = 0;
  }
}

static uint8_t first_pin(uint8_t port) {
  return port == PORT_D ? 0 : port == PORT_B ? 8 : 14;
}

void port_meter_begin(uint8_t pin, uint8_t slot, bool active_low, bool pull_up) {
  port_pin_input(pin, pull_up);
  const struct place place = pin_place(pin);
  slots[pin] = slot;
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
    watched[place.port].bits |= place.bit;
    if (active_low) watched[place.port].active_low |= place.bit;
    watched[place.port].last = port_levels(place.port);
    volatile uint8_t *const mask = place.port == PORT_D ? &PCMSK2 : place.port == PORT_B ? &PCMSK0 : &PCMSK1;
    *mask |= place.bit;
    PCICR |= place.port == PORT_D ? _BV(PCIE2) : place.port == PORT_B ? _BV(PCIE0) : _BV(PCIE1);
  }
}

static void count(uint8_t port) {
  const uint8_t now = port_levels(port);
  const uint8_t changed = (uint8_t)((now ^ watched[port].last) & watched[port].bits);
  watched[port].last = now;
  uint8_t made = changed & (uint8_t)(now ^ watched[port].active_low);
  for (uint8_t pin = first_pin(port); made != 0; pin++, made >>= 1)
    if (made & 1) meter_pulse(slots[pin]);
}

#define COUNT_AT(vector, own, port) \
  ISR(vector) {                     \
    PCICR &= (uint8_t)~_BV(own);    \
    sei();                          \
    count(port);                    \
    cli();                          \
    PCICR |= _BV(own);              \
  }

COUNT_AT(PCINT0_vect, PCIE0, PORT_B)
COUNT_AT(PCINT1_vect, PCIE1, PORT_C)
COUNT_AT(PCINT2_vect, PCIE2, PORT_D)
