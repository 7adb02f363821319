/* UART 0 on a pty; bytes reach the board no faster than 250,000 baud brings them. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>
#include <simavr/avr_uart.h>

#include "board.h"

#define CYCLES_A_BYTE 640

static int fd;
static avr_irq_t *input;
static bool room = true;
static uint8_t in[4096], out[4096];
static size_t in_from, in_to, out_to;
static bool feeding;

static void take_byte(struct avr_irq_t *irq, uint32_t value, void *param) {
  (void)irq;
  (void)param;
  if (out_to < sizeof out) out[out_to++] = (uint8_t)value;
}

static void more_room(struct avr_irq_t *irq, uint32_t value, void *param) {
  (void)irq;
  (void)value;
  (void)param;
  room = true;
}

static void no_room(struct avr_irq_t *irq, uint32_t value, void *param) {
  (void)irq;
  (void)param;
  room = value == 0;
}

static avr_cycle_count_t feed(avr_t *of, avr_cycle_count_t when, void *param) {
  (void)of;
  (void)param;
  if (in_from == in_to) {
    feeding = false;
    return 0;
  }
  if (room) avr_raise_irq(input, in[in_from++]);
  return when + CYCLES_A_BYTE;
}

void line_begin(void) {
  fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
  if (fd < 0 || grantpt(fd) != 0 || unlockpt(fd) != 0) {
    perror("pty");
    exit(1);
  }
  const char *const path = ptsname(fd);
  // an open end of our own keeps the pty when the host closes its
  const int slave = open(path, O_RDWR | O_NOCTTY);
  struct termios mode;
  tcgetattr(slave, &mode);
  cfmakeraw(&mode);
  tcsetattr(slave, TCSANOW, &mode);
  printf("PTY %s\n", path);
  uint32_t flags = 0;
  avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &flags);
  input = avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_INPUT);
  avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT), take_byte, 0);
  avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUT_XON), more_room, 0);
  avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUT_XOFF), no_room, 0);
}

int line_fd(void) {
  return fd;
}

void line_take_in(void) {
  if (in_from == in_to) in_from = in_to = 0;
  const ssize_t count = read(fd, in + in_to, sizeof in - in_to);
  if (count > 0) in_to += (size_t)count;
  if (in_from == in_to || feeding) return;
  feeding = true;
  avr_cycle_timer_register(avr, CYCLES_A_BYTE, feed, 0);
}

void line_flush(void) {
  if (out_to > 0 && write(fd, out, out_to) < 0) perror("line");
  out_to = 0;
}
