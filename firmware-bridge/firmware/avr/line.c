/* The serial line: USART 0 at BAUD, with a ring in each direction. */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <util/atomic.h>

#include "parts.h"
#include "port.h"

#ifndef BAUD
#define BAUD 250000
#endif

/* Powers of two. */
#define IN_SIZE 32
#define OUT_SIZE 16

static struct {
  volatile uint8_t bytes[IN_SIZE];
  volatile uint8_t head, tail;
  volatile uint8_t lost;
} in;
static struct {
  volatile uint8_t bytes[OUT_SIZE];
  volatile uint8_t head, tail;
} out;

void line_start(void) {
#if F_CPU % (16L * BAUD) == 0
  UBRR0 = F_CPU / (16L * BAUD) - 1;
#else
  // twice the samples hit 115,200 baud to 2 %
  UBRR0 = (F_CPU + 4L * BAUD) / (8L * BAUD) - 1;
  UCSR0A = _BV(U2X0);
#endif
  UCSR0C = _BV(UCSZ01) | _BV(UCSZ00);
  UCSR0B = _BV(RXCIE0) | _BV(RXEN0) | _BV(TXEN0);
}

ISR(USART_RX_vect) {
  const uint8_t status = UCSR0A;
  const uint8_t byte = UDR0;
  const uint8_t after = (uint8_t)((in.tail + 1) % IN_SIZE);
  if ((status & (_BV(FE0) | _BV(DOR0))) != 0 || after == in.head) in.lost++;
  if (after == in.head) return;
  in.bytes[in.tail] = byte;
  in.tail = after;
}

ISR(USART_UDRE_vect) {
  if (out.head == out.tail) {
    UCSR0B &= (uint8_t)~_BV(UDRIE0);
    return;
  }
  UDR0 = out.bytes[out.head];
  out.head = (uint8_t)((out.head + 1) % OUT_SIZE);
}

int16_t port_uart_read(void) {
  if (in.head == in.tail) return -1;
  const uint8_t byte = in.bytes[in.head];
  in.head = (uint8_t)((in.head + 1) % IN_SIZE);
  return byte;
}

bool port_uart_write(uint8_t byte) {
  const uint8_t after = (uint8_t)((out.tail + 1) % OUT_SIZE);
  if (after == out.head) return false;
  out.bytes[out.tail] = byte;
  out.tail = after;
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
    UCSR0B |= _BV(UDRIE0);
  }
  return true;
}

uint8_t port_uart_lost(void) {
  uint8_t lost;
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
    lost = in.lost;
    in.lost = 0;
  }
  return lost;
}

/* One request is under way at a time: nothing of worth waits in the rings while one is carried out. */
void port_uart_wipe(void) {
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
    in.head = in.tail = 0;
    out.head = out.tail = 0;
  }
  for (uint8_t i = 0; i < IN_SIZE; i++) in.bytes[i] = 0;
  for (uint8_t i = 0; i < OUT_SIZE; i++) out.bytes[i] = 0;
}
