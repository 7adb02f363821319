/* Time base and alarm by timer 1; tending below every other interrupt, behind the alarm and by timer 0. */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <util/atomic.h>

#include "job.h"
#include "parts.h"
#include "port.h"

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

/*
 * How many ticks before its time the alarm is set. It comes one later than the compare register says, and other
 * interrupts and the way into this one take up to 340 cycles: two ticks make every edge wait for its own tick.
 */
#define LEAD 3

/* Matches once in a round of the counter; the core looks whether the tick is this round's. */
void port_alarm_set(uint32_t tick) {
  OCR1A = (uint16_t)tick - LEAD;
}

bool port_await(uint32_t tick) {
  if ((int32_t)(tick - port_now()) > LEAD) return false;
  while ((int16_t)(TCNT1 - (uint16_t)tick) < 0) continue;
  return true;
}

/* Lets every interrupt in while it works; whoever comes meanwhile leaves it to this one to go round once more. */
static void tend(void) {
  if (!tending || in_tending) return;
  in_tending = true;
  do {
    again = false;
    sei();
    job_tend();
    cli();
  } while (again && tending);
  in_tending = false;
}

ISR(TIMER1_COMPA_vect) {
  job_alarm();
  tend();
}

/* Each 1.024 ms, by the timer that makes the PWM. */
ISR(TIMER0_OVF_vect) {
  tend();
}

void port_tending(bool on) {
  tending = on;
  TIMSK0 = on ? _BV(TOIE0) : 0;
}

void port_tend_soon(void) {
  again = true;
}
