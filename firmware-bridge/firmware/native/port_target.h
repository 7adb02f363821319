/* A board of virtual pins that is numbered and fitted as an Arduino Uno is. */
#ifndef DECANT_PORT_TARGET_H
#define DECANT_PORT_TARGET_H

#include <stdint.h>

#define PORT_TICK_NS 16000
#define PORT_TICKS_PER_MS 63
#define PORT_TENDING_TICKS 64
#define PORT_PINS 20
#define PORT_BOARD "native"
#define PORT_FEATURES 7
/* The linker tells begin and end of a section whose name is an identifier. */
#define PORT_NOINIT __attribute__((section("noinit")))
#define PORT_BARRIER() __asm__ volatile("" ::: "memory")
#define PORT_ROM
#define port_rom_u32(p) (*(p))
#define port_rom_u8(p) ((uint8_t)*(p))

struct port_image {
  /* Permille by pin. */
  uint16_t drive[PORT_PINS];
};

#endif
