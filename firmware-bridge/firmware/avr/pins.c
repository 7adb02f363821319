/* Pins, and the outputs of the pumps with PWM by timers 0 and 2. */
#include <avr/io.h>
#include <util/atomic.h>
#include <util/delay_basic.h>

#include "parts.h"
#include "port.h"

#define FAST_PWM (_BV(WGM01) | _BV(WGM00))

static uint8_t pump_bits[3], off_levels[3];

struct place pin_place(uint8_t pin) {
  if (pin < 8) return (struct place){PORT_D, (uint8_t)(1 << pin)};
  if (pin < 14) return (struct place){PORT_B, (uint8_t)(1 << (pin - 8))};
  return (struct place){PORT_C, (uint8_t)(1 << (pin - 14))};
}

/* PIN, DDR and PORT of a port follow each other. */
static volatile uint8_t *registers_of(uint8_t port) {
  return port == PORT_D ? &PIND : port == PORT_B ? &PINB : &PINC;
}

uint8_t port_levels(uint8_t port) {
  return *registers_of(port);
}

static void set_bit(volatile uint8_t *at, uint8_t bit, bool on) {
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
    if (on)
      *at |= bit;
    else
      *at &= (uint8_t)~bit;
  }
}

/* Pins 0 and 1 are the serial line. */
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
  const struct place place = pin_place(pin);
  set_bit(registers_of(place.port) + 1, place.bit, false);
  set_bit(registers_of(place.port) + 2, place.bit, pull_up);
}

void port_pin_output(uint8_t pin, bool level) {
  const struct place place = pin_place(pin);
  set_bit(registers_of(place.port) + 2, place.bit, level);
  set_bit(registers_of(place.port) + 1, place.bit, true);
}

bool port_pin_read(uint8_t pin) {
  const struct place place = pin_place(pin);
  return port_levels(place.port) & place.bit;
}

void port_pins_release(void) {
  meters_release();
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
    TCCR0A = TCCR2A = FAST_PWM;
    for (uint8_t port = 0; port < 3; port++) {
      const uint8_t line = port == PORT_D ? _BV(1) | _BV(0) : 0;
      registers_of(port)[1] &= line;
      registers_of(port)[2] &= line;
      pump_bits[port] = off_levels[port] = 0;
    }
  }
}

/* Both timers run all the time; a channel that is not connected to its pin does nothing. 976 Hz. */
void outputs_start(void) {
  TCCR0A = TCCR2A = FAST_PWM;
  TCCR0B = _BV(CS01) | _BV(CS00);
  TCCR2B = _BV(CS22);
}

void port_output_begin(uint8_t pin, bool active_low, bool speed) {
  (void)speed;
  const struct place place = pin_place(pin);
  port_pin_output(pin, active_low);
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
    pump_bits[place.port] |= place.bit;
    if (active_low) off_levels[place.port] |= place.bit;
  }
}

/* Bits that connect a pin to its timer: upper ones of channel A, lower ones of channel B. */
static uint8_t connection(uint8_t pin) {
  return pin == 6 || pin == 11 ? _BV(COM0A1) | _BV(COM0A0) : _BV(COM0B1) | _BV(COM0B0);
}

enum port_output port_image_state(const struct port_image *image, uint8_t pin, bool active_low) {
  const uint8_t timer = pin == 3 || pin == 11 ? image->tccr2a : image->tccr0a;
  if (port_pin_has_speed(pin) && (timer & connection(pin)) != 0) return PORT_OUTPUT_SLOWED;
  const struct place place = pin_place(pin);
  const bool high = image->level[place.port] & place.bit;
  return high == active_low ? PORT_OUTPUT_OFF : PORT_OUTPUT_ON;
}

void port_image_clear(struct port_image *image) {
  for (uint8_t port = 0; port < 3; port++) image->level[port] = off_levels[port];
  image->tccr0a = image->tccr2a = FAST_PWM;
  image->ocr0a = image->ocr0b = image->ocr2a = image->ocr2b = 0;
}

/* Of 256 parts of a period, less one: a compare register of n is active for n + 1. */
static uint8_t compare_of(uint16_t drive) {
  const uint16_t parts = (uint16_t)(((uint32_t)drive * 256 + 500) / 1000);
  return (uint8_t)(parts == 0 ? 0 : parts > 255 ? 254 : parts - 1);
}

static void slow(struct port_image *image, uint8_t pin, bool active_low, uint16_t drive) {
  // the higher bit of a pair alone: active from the period's begin to the compare; both: the other way round
  const uint8_t both = connection(pin);
  const uint8_t bits = active_low ? both : both & (_BV(COM0A1) | _BV(COM0B1));
  const uint8_t compare = compare_of(drive);
  if (pin == 3 || pin == 11)
    image->tccr2a |= bits;
  else
    image->tccr0a |= bits;
  if (pin == 3) image->ocr2b = compare;
  if (pin == 5) image->ocr0b = compare;
  if (pin == 6) image->ocr0a = compare;
  if (pin == 11) image->ocr2a = compare;
}

void port_image_put(struct port_image *image, uint8_t pin, bool active_low, uint16_t drive) {
  const struct place place = pin_place(pin);
  const bool high = (drive == 1000) != active_low;
  if (high)
    image->level[place.port] |= place.bit;
  else
    image->level[place.port] &= (uint8_t)~place.bit;
  if (!port_pin_has_speed(pin)) return;
  const uint8_t apart = (uint8_t)~connection(pin);
  if (pin == 3 || pin == 11)
    image->tccr2a &= apart;
  else
    image->tccr0a &= apart;
  if (drive != 0 && drive != 1000) slow(image, pin, active_low, drive);
}

void port_image_apply(const struct port_image *image) {
  PORTD = (uint8_t)((PORTD & ~pump_bits[PORT_D]) | image->level[PORT_D]);
  PORTB = (uint8_t)((PORTB & ~pump_bits[PORT_B]) | image->level[PORT_B]);
  PORTC = (uint8_t)((PORTC & ~pump_bits[PORT_C]) | image->level[PORT_C]);
  OCR0A = image->ocr0a;
  OCR0B = image->ocr0b;
  OCR2A = image->ocr2a;
  OCR2B = image->ocr2b;
  if (TCCR0A != image->tccr0a) TCCR0A = image->tccr0a;
  if (TCCR2A != image->tccr2a) TCCR2A = image->tccr2a;
}

bool port_scale_ready(uint8_t data) {
  return !port_pin_read(data);
}

/* A clock that stays high for 60 µs switches the HX711 off, so that no interrupt may come in between. */
static void pulse(volatile uint8_t *out, uint8_t bit) {
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
    *out |= bit;
    _delay_loop_1(2);
    *out &= (uint8_t)~bit;
  }
}

int32_t port_scale_read(uint8_t data, uint8_t clock) {
  const struct place from = pin_place(data), to = pin_place(clock);
  volatile uint8_t *const out = registers_of(to.port) + 2;
  uint32_t counts = 0;
  for (uint8_t i = 0; i < 24; i++) {
    pulse(out, to.bit);
    counts = counts << 1 | ((port_levels(from.port) & from.bit) != 0);
  }
  pulse(out, to.bit);
  return (counts & 0x800000) != 0 ? (int32_t)(counts | 0xff000000) : (int32_t)counts;
}
