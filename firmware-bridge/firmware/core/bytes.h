/* Numbers in frames: little-endian, at any address. */
#ifndef DECANT_BYTES_H
#define DECANT_BYTES_H

#include <stdint.h>

static inline uint16_t get_u16(const uint8_t *at) {
  return (uint16_t)(at[0] | (uint16_t)at[1] << 8);
}

static inline uint32_t get_u32(const uint8_t *at) {
  return (uint32_t)get_u16(at) | (uint32_t)get_u16(at + 2) << 16;
}

static inline void set_u32(uint8_t *at, uint32_t value) {
  for (uint8_t i = 0; i < 4; i++, value >>= 8) at[i] = (uint8_t)value;
}

#endif
