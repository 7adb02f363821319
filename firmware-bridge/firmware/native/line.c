/* The serial line as a pty, with a simple disturber in both directions. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "port.h"
#include "world.h"

static struct {
  uint8_t bytes[4096];
  size_t from, to;
} in, out;
static uint8_t lost;

void line_open(void) {
  world.line = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
  if (world.line < 0 || grantpt(world.line) != 0 || unlockpt(world.line) != 0) {
    perror("pty");
    exit(1);
  }
  const char *const path = ptsname(world.line);
  // an open end of our own keeps the pty when the host closes its
  world.line_slave = open(path, O_RDWR | O_NOCTTY);
  struct termios mode;
  tcgetattr(world.line_slave, &mode);
  cfmakeraw(&mode);
  tcsetattr(world.line_slave, TCSANOW, &mode);
  printf("PTY %s\n", path);
}

static uint32_t dice(void) {
  world.noise_seed ^= world.noise_seed << 13;
  world.noise_seed ^= world.noise_seed >> 17;
  world.noise_seed ^= world.noise_seed << 5;
  return world.noise_seed;
}

static void keep(uint8_t *bytes, size_t *count, uint8_t byte) {
  if (*count == sizeof in.bytes) return;
  bytes[(*count)++] = byte;
}

/* A disturbed byte has a bit flipped, is lost or comes twice. */
static void disturb(uint8_t *bytes, size_t *count, uint8_t byte) {
  if (world.noise_permille == 0 || dice() % 1000 >= world.noise_permille) {
    keep(bytes, count, byte);
    return;
  }
  switch (dice() % 3) {
    case 0:
      keep(bytes, count, (uint8_t)(byte ^ 1U << dice() % 8));
      return;
    case 1:
      keep(bytes, count, byte);
      keep(bytes, count, byte);
      return;
    default: lost++; return;
  }
}

void line_take_in(void) {
  if (in.from == in.to) in.from = in.to = 0;
  uint8_t bytes[256];
  const ssize_t count = read(world.line, bytes, sizeof bytes);
  for (ssize_t i = 0; i < count; i++) disturb(in.bytes, &in.to, bytes[i]);
}

void line_flush(void) {
  if (out.to > 0 && write(world.line, out.bytes, out.to) < 0 && errno != EAGAIN) perror("line");
  out.to = 0;
}

int16_t port_uart_read(void) {
  return in.from == in.to ? -1 : in.bytes[in.from++];
}

bool port_uart_write(uint8_t byte) {
  disturb(out.bytes, &out.to, byte);
  return true;
}

uint8_t port_uart_lost(void) {
  const uint8_t count = lost;
  lost = 0;
  return count;
}

void port_uart_wipe(void) {
  memset(in.bytes, 0, in.from);
}
