/* Time base, alarm and tending: timer 1, with compare A above everything and compare B below everything. */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <util/atomic.h>

#include "job.h"
#include "parts.h"
#include "port.h"

#define TEND_EVERY 32
/* Two ticks, because the next one may come before the register is written. */
#define SOON 2

static volatile uint16_t overflows;
static volatile bool tending, in_tending, again;

void clock_start(void) {
  TCCR1B = _BV(CS12);
  TIMSK1 = _BV(TOIE1) | _BV(OCIE1A);
}

ISR(TIMER1_OVF_vect) {
  overflows++;
}

uint32_t port_now(void) {
  uint16_t high, low;
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
    low = TCNT1;
    high = overflows;
    if ((TIFR1 & _BV(TOV1)) != 0 && low < 0x8000) high++;
  }
  return (uint32_t)high << 16 | low;
}

uint8_t port_lock(void) {
  const uint8_t before = SREG;
  cli();
  return before;
}

void port_unlock(uint8_t before) {
  __asm__ volatile("" ::: "memory");
  SREG = before;
}

/* Matches once in a round of the counter; the core looks whether the tick is this round's. */
void port_alarm_set(uint32_t tick) {
  OCR1A = (uint16_t)tick;
}

ISR(TIMER1_COMPA_vect) {
  job_alarm();
}

static void tend_in(uint8_t ticks) {
  OCR1B = TCNT1 + ticks;
  TIFR1 = _BV(OCF1B);
}

void port_tending(bool on) {
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
    tending = on;
    if (on && !in_tending) {
      tend_in(SOON);
      TIMSK1 |= _BV(OCIE1B);
    }
    if (!on) TIMSK1 &= (uint8_t)~_BV(OCIE1B);
  }
}

void port_tend_soon(void) {
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
    again = true;
    if (!in_tending) tend_in(SOON);
  }
}

ISR(TIMER1_COMPB_vect) {
  TIMSK1 &= (uint8_t)~_BV(OCIE1B);
  in_tending = true;
  do {
    again = false;
    sei();
    job_tend();
    cli();
  } while (again && tending);
  in_tending = false;
  if (!tending) return;
  tend_in(TEND_EVERY);
  TIMSK1 |= _BV(OCIE1B);
}
