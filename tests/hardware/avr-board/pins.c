#include <stdio.h>
#include <string.h>
#include <simavr/avr_ioport.h>

#include "board.h"

enum { PINB = 0x23, PINC = 0x26, PIND = 0x29, TCCR0A = 0x44, OCR0A = 0x47, OCR0B = 0x48, TCCR2A = 0xb0, OCR2A = 0xb3, OCR2B = 0xb4 };

static struct port {
  char name;
  uint16_t pin;
  int first, count;
} ports[3] = {{'D', PIND, 0, 8}, {'B', PINB, 8, 6}, {'C', PINC, 14, 6}};

static struct {
  int given, stuck, follows;
  /* Last told: 'z', '0' or '1'; and PWM in parts of 256, 0 for none. */
  char level;
  int pwm;
} pins[PINS];

static struct port *port_of(int pin) {
  return &ports[pin < 8 ? 0 : pin < 14 ? 1 : 2];
}

static bool is_output(int pin) {
  const struct port *const port = port_of(pin);
  return avr->data[port->pin + 1] >> (pin - port->first) & 1;
}

static bool latch(int pin) {
  const struct port *const port = port_of(pin);
  return avr->data[port->pin + 2] >> (pin - port->first) & 1;
}

static bool level(int pin, int depth) {
  if (pins[pin].stuck >= 0) return pins[pin].stuck;
  if (is_output(pin)) return latch(pin);
  if (scale_level(pin) >= 0) return scale_level(pin);
  if (pins[pin].follows >= 0 && depth > 0) return level(pins[pin].follows, depth - 1);
  return pins[pin].given >= 0 ? pins[pin].given : latch(pin);
}

static uint8_t read_pins(struct avr_t *of, avr_io_addr_t address, void *param) {
  (void)of;
  const struct port *const port = param;
  uint8_t levels = 0;
  for (int i = 0; i < port->count; i++) levels |= (uint8_t)(level(port->first + i, 1) << i);
  avr->data[address] = levels;
  return levels;
}

/* A timer's pin: active for OCR + 1 of 256 parts while it is connected. */
static int pwm_of(int pin) {
  const uint8_t control = avr->data[pin == 5 || pin == 6 ? TCCR0A : TCCR2A];
  const int mode = control >> (pin == 6 || pin == 11 ? 6 : 4) & 3;
  const int compare = pin == 3 ? OCR2B : pin == 5 ? OCR0B : pin == 6 ? OCR0A : OCR2A;
  return mode == 0 ? 0 : avr->data[compare] + 1;
}

static void look_at(int pin) {
  const char now = !is_output(pin) ? 'z' : latch(pin) ? '1' : '0';
  if (now != pins[pin].level) {
    pins[pin].level = now;
    tell("edge", pin, (char[]){now, 0});
    scale_clocked(pin, now == '1');
  }
  if (pin != 3 && pin != 5 && pin != 6 && pin != 11) return;
  const int pwm = pwm_of(pin);
  if (pwm == pins[pin].pwm) return;
  pins[pin].pwm = pwm;
  char parts[8];
  snprintf(parts, sizeof parts, "%d", pwm);
  tell("pwm", pin, parts);
}

void pins_look(void) {
  for (int pin = 2; pin < PINS; pin++) look_at(pin);
}

struct wrapped {
  avr_io_write_t write;
  void *param;
};

static void after_write(struct avr_t *of, avr_io_addr_t address, uint8_t value, void *param) {
  const struct wrapped *const wrapped = param;
  if (wrapped->write != 0)
    wrapped->write(of, address, value, wrapped->param);
  else
    avr->data[address] = value;
  pins_look();
}

static void wrap_write(int address) {
  static struct wrapped wraps[16];
  static int used;
  struct wrapped *const wrap = &wraps[used++];
  wrap->write = avr->io[AVR_DATA_TO_IO(address)].w.c;
  wrap->param = avr->io[AVR_DATA_TO_IO(address)].w.param;
  avr->io[AVR_DATA_TO_IO(address)].w.c = after_write;
  avr->io[AVR_DATA_TO_IO(address)].w.param = wrap;
}

void pins_begin(void) {
  for (int pin = 0; pin < PINS; pin++) {
    pins[pin].given = pins[pin].stuck = pins[pin].follows = -1;
    pins[pin].level = 'z';
  }
  for (struct port *port = ports; port < ports + 3; port++) {
    avr->io[AVR_DATA_TO_IO(port->pin)].r.c = read_pins;
    avr->io[AVR_DATA_TO_IO(port->pin)].r.param = port;
    wrap_write(port->pin + 1);
    wrap_write(port->pin + 2);
  }
  wrap_write(TCCR0A);
  wrap_write(TCCR2A);
}

/* The emulator is told, too, because it raises the pin-change interrupts. */
void pin_give(int pin, int value) {
  pins[pin].given = value;
  const struct port *const port = port_of(pin);
  avr_raise_irq(avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ(port->name), pin - port->first), level(pin, 1));
}

void pin_stick(int pin, int value) {
  pins[pin].stuck = value;
}

void pin_follow(int pin, int other) {
  pins[pin].follows = other;
}
