/* Start, watchdog and main loop of the ATmega328P. */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/wdt.h>

#include "bridge.h"
#include "parts.h"
#include "port.h"

/*
 * Crystal with the longest start-up; reset goes to the program, SPI may program it; brown-out reset at 4.3 V, because at less than
 * 3.8 V nothing is guaranteed at 16 MHz, not even what lies in registers.
 */
FUSES = {.low = 0xff, .high = 0xd9, .extended = 0xfc};

enum cause { UNKNOWN, POWER, EXTERNAL, BROWN_OUT, WATCHDOG };

static PORT_NOINIT uint8_t reset_flags;

/*
 * Before everything else, because a watchdog that fired goes on running. Bootloaders clear MCUSR; Optiboot hands it
 * over in r2. From another one r2 is a chance value, of which only what could be flags is believed.
 */
__attribute__((naked, used, section(".init3"))) static void note_reset(void) {
  uint8_t handed_over;
  __asm__ volatile("mov %0, r2" : "=r"(handed_over));
  reset_flags = MCUSR != 0 ? MCUSR : handed_over;
  MCUSR = 0;
  wdt_disable();
}

uint8_t port_reset_cause(void) {
  if ((reset_flags & 0xf0) != 0) return UNKNOWN;
  if ((reset_flags & _BV(PORF)) != 0) return POWER;
  if ((reset_flags & _BV(BORF)) != 0) return BROWN_OUT;
  if ((reset_flags & _BV(WDRF)) != 0) return WATCHDOG;
  return (reset_flags & _BV(EXTRF)) != 0 ? EXTERNAL : UNKNOWN;
}

void port_watchdog_kick(void) {
  wdt_reset();
}

int main(void) {
  wdt_enable(WDTO_120MS);
  outputs_start();
  clock_start();
  line_start();
  sei();
  bridge_begin();
  for (;;) {
#ifdef HANG_WHILE_A5_IS_HIGH
    // in a test's build only: there is no other way to see the watchdog bite
    while ((PINC & _BV(5)) != 0) continue;
#endif
    bridge_turn();
  }
}
