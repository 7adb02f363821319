/* CRC-32/ISO-HDLC, the one of Ethernet and zlib: "123456789" gives 0xcbf43926. */
#ifndef DECANT_CRC32_H
#define DECANT_CRC32_H

#include <stdint.h>

#define CRC32_START 0xffffffffUL

/* Begin with CRC32_START; the checksum is the complement of the last value. */
uint32_t crc32_add(uint32_t crc, const uint8_t *bytes, uint16_t count);

#endif
