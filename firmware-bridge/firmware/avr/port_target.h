/* ATmega328P at 16 MHz, pins numbered as on an Arduino Uno or Nano: 0 … 13 are D0 … D13, 14 … 19 are A0 … A5. */
#ifndef DECANT_PORT_TARGET_H
#define DECANT_PORT_TARGET_H

#include <avr/pgmspace.h>
#include <stdint.h>

/* Timer 1 counts every 256 cycles. */
#define PORT_TICK_NS 16000
#define PORT_TICKS_PER_MS 63
#define PORT_TENDING_TICKS 66
#define PORT_PINS 20
#define PORT_BOARD "atmega328p"
#define PORT_FEATURES 7
#define PORT_NOINIT __attribute__((section(".noinit")))
#define PORT_BARRIER() __asm__ volatile("" ::: "memory")
#define PORT_ROM PROGMEM
#define port_rom_u32(p) pgm_read_dword(p)
#define port_rom_u8(p) pgm_read_byte(p)

/* Register values, so that the alarm has only to store them. */
struct port_image {
  /* Of ports D, B and C: the pump outputs' bits. */
  uint8_t level[3];
  uint8_t tccr0a, tccr2a;
  uint8_t ocr0a, ocr0b, ocr2a, ocr2b;
};

#endif
